//! What screens show, made from what the store holds. The window's TypeScript types are generated from these.

mod accounts;
mod answers;
mod common;
mod mail;
mod outgoing;
mod people;
mod test_run;

pub use accounts::{
    AccountDetail, AccountRow, Button, CycleOutcome, CycleView, FolderRow, account_detail, account_row,
};
pub use accounts::{AliasSeen, SignInKind, UnknownAlias};
pub use answers::{undelivered_rows, waiting_rows};
pub use common::{DeleteFacts, Page, Undo, initials};
pub use mail::{
    Dashboard, Health, HealthKind, MessageDetail, MessageRow, Place, Sidebar, SidebarProject, Suggestion,
    ThreadRow, ToSortRow, message_row, message_rows, to_sort_row,
};
pub use outgoing::{
    Answered, BeginMail, Draft, DraftInput, Files, FilledTemplate, FromChoice, Outbox, OutgoingFile,
    OutgoingRow, OutgoingShown, RecipientView, SendingNow, Template, TemplateInput, UndeliveredRow,
    WaitingRow, draft_view, from_choices, outgoing_row,
};
pub use people::{
    ContactAddressView, ContactDetail, ContactRow, PersonName, ProjectDetail, ProjectRow, StrangerView,
    contact_detail, contact_row, project_detail, project_row,
};
pub use test_run::{TestAccount, TestAddress, TestChoices, TestRun, TestStepView};
