//! Guided test emails.

use crate::connect::StepState;
use crate::model::{
    AccountId, AccountState, Check, ContactId, Diagnosis, ProjectId, RunState, TestRunId, TestStepName,
    ThreadId, Timestamp,
};
use serde::{Deserialize, Serialize};

/// An account that can be tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TestAccount {
    /// Which.
    pub id: AccountId,
    /// Its address.
    pub email: String,
    /// How it stands.
    pub state: AccountState,
    /// It has an outgoing server; without one, a mail written by hand over there is waited for.
    pub sends: bool,
}

/// A contact's address that a test may go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TestAddress {
    /// Who.
    pub contact_id: ContactId,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
}

/// What the wizard begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TestChoices {
    /// Accounts, in the order of Email settings.
    pub accounts: Vec<TestAccount>,
    /// Addresses of the person's own that earlier tests went to, newest first: still a contact's.
    pub used: Vec<TestAddress>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TestStepView {
    /// Which.
    pub name: TestStepName,
    /// In words, as it stands now: "Sent by nora@noralind.studio", "Waiting for your reply".
    pub title: String,
    /// How it stands.
    pub state: StepState,
    /// The fact behind it: "Accepted by smtp.example", "Found once", "In Inbox".
    pub detail: Option<String>,
    /// The same fact by its stable name: `automatic reply`, `junk`. For scripts alone.
    #[serde(skip)]
    pub fact: Option<String>,
    /// When it was done.
    pub at: Option<Timestamp>,
    /// How long it took, where that was measured.
    pub milliseconds: Option<u32>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TestRun {
    /// Which.
    pub id: TestRunId,
    /// 8 characters of base32.
    pub token: String,
    /// Subject of the test's mail; what a mail written by hand must carry.
    pub subject: String,
    /// The account, while it is there.
    pub account_id: Option<AccountId>,
    /// Its address.
    pub account: String,
    /// The contact, while there is one.
    pub contact_id: Option<ContactId>,
    /// Its name.
    pub contact: String,
    /// Whose reply is waited for.
    pub address: String,
    /// The project.
    pub project_id: Option<ProjectId>,
    /// Its title.
    pub project: String,
    /// The reply's thread, once it is here.
    pub thread_id: Option<ThreadId>,
    /// How it stands.
    pub state: RunState,
    /// The account does not send: a mail written by hand is waited for.
    pub by_hand: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The seven steps in their order.
    pub steps: Vec<TestStepView>,
    /// Why it came to nothing, or what holds it up.
    pub diagnosis: Option<Diagnosis>,
    /// The troubleshooter's checks, once it ran.
    pub checks: Vec<Check>,
    /// What was made for it may be removed: the contact, the project, the mails.
    pub can_clean: bool,
}
