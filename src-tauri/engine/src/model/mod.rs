//! Plain types without I/O: what the program speaks of.

mod account;
mod address;
mod cause;
mod contact;
mod ids;
mod message;
mod project;
mod time;

pub use account::{Account, AccountState, Endpoint, Folder, FolderRole, Security, SignIn};
pub use address::{Address, AddressError};
pub use cause::{Cause, Failure, LeadsTo};
pub use contact::{Backfill, Contact, ContactAddress, ContactKind};
pub use ids::{AccountId, AddressId, ContactId, CycleId, FolderId, MessageId, ProjectId, ThreadId};
pub use message::{Attachment, Direction, Location, Mailbox, Message};
pub use project::{Project, ProjectStatus};
pub use time::Timestamp;
