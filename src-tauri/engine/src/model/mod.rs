//! Plain types without I/O: what the program speaks of.

mod account;
mod address;
mod cause;
mod certificate;
mod contact;
mod filing;
mod ids;
mod message;
mod outgoing;
mod project;
mod proxy;
mod refusal;
mod test_run;
mod time;

pub use account::{
    Account, AccountState, Endpoint, Folder, FolderRole, Security, SignIn, TrustedCertificate,
};
pub use address::{Address, AddressError};
pub use cause::{Cause, Failure, FailureView, LeadsTo, PageLink};
pub use certificate::{Certificate, Fingerprint};
pub use contact::{Backfill, Contact, ContactAddress, ContactKind};
pub use filing::{ContactFacts, FilingFacts, ProjectFacts, ThreadFacts};
pub use ids::{
    AccountId, AddressId, ContactId, CycleId, FolderId, MessageId, OutgoingFileId, OutgoingId, ProjectId,
    TemplateId, TestRunId, ThreadId, UndeliveredId,
};
pub use message::{Attachment, Direction, Location, Mailbox, Message};
pub use outgoing::{CopyState, Envelope, OutgoingState};
pub use project::{Project, ProjectStatus};
pub use proxy::Proxy;
pub use refusal::Refusal;
pub use test_run::{Check, Diagnosis, FoundReply, Mend, RunState, TestStep, TestStepName, TestStepState};
pub use time::Timestamp;
