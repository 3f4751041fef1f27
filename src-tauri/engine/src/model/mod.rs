//! Plain types without I/O: what the program speaks of.

mod account;
mod address;
mod cause;
mod certificate;
mod contact;
mod filing;
mod ids;
mod message;
mod project;
mod proxy;
mod refusal;
mod time;

pub use account::{
    Account, AccountState, Endpoint, Folder, FolderRole, Security, SignIn, TrustedCertificate,
};
pub use address::{Address, AddressError};
pub use cause::{Cause, Failure, FailureView, LeadsTo, PageLink};
pub use certificate::{Certificate, Fingerprint};
pub use contact::{Backfill, Contact, ContactAddress, ContactKind};
pub use filing::{ContactFacts, FilingFacts, ProjectFacts, ThreadFacts};
pub use ids::{AccountId, AddressId, ContactId, CycleId, FolderId, MessageId, ProjectId, ThreadId};
pub use message::{Attachment, Direction, Location, Mailbox, Message};
pub use project::{Project, ProjectStatus};
pub use proxy::Proxy;
pub use refusal::Refusal;
pub use time::Timestamp;
