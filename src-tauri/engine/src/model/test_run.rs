//! A guided test email: a mail goes out, its reply comes back, and each step is seen.

use super::{AccountId, Address, Timestamp};
use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Sending, or waiting for the reply.
    Waiting,
    /// The reply came all the way.
    Done,
    /// It came to nothing; the diagnosis says why.
    Failed,
    /// The person ended it.
    Stopped,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum TestStepName {
    /// It left for the outgoing server.
    Sent,
    /// The outgoing server took it.
    Accepted,
    /// One copy lies in Sent.
    CopyInSent,
    /// The reply lies on the server.
    ReplySeen,
    /// Its sender is the contact.
    ContactMatched,
    /// It is in the project.
    Filed,
    /// It is on the dashboard, or in the project where the dashboard shows no mail.
    OnDashboard,
}

impl TestStepName {
    /// Every step in its order.
    pub const ALL: [Self; 7] = [
        Self::Sent,
        Self::Accepted,
        Self::CopyInSent,
        Self::ReplySeen,
        Self::ContactMatched,
        Self::Filed,
        Self::OnDashboard,
    ];
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestStepState {
    /// Not begun.
    Todo,
    /// At it.
    Running,
    /// Seen.
    Done,
    /// It came to nothing.
    Failed,
    /// Does not apply.
    Skipped,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    /// Which.
    pub name: TestStepName,
    /// How it stands.
    pub state: TestStepState,
    /// When it was done, or came to nothing.
    pub at: Option<Timestamp>,
    /// How long it took, where that was measured.
    pub took_ms: Option<u32>,
    /// The fact behind it. For a reply that cannot count yet: `automatic reply`, `junk`, `another address`.
    pub detail: Option<String>,
}

/// A reply that lies on the server and cannot count as it is. Nothing else of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundReply {
    /// In which account.
    pub account: AccountId,
    /// In which folder, by its name for people.
    pub folder: String,
    /// That folder is Junk.
    pub junk: bool,
    /// Its author; `None` where From does not name exactly one.
    pub from: Option<Address>,
    /// Automatic mail (RFC 3834).
    pub automatic: bool,
}

/// What a button under a diagnosis or a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// Opens the reconnect sheet of the run's account.
    Reconnect,
    /// Runs a cycle now.
    SyncNow,
    /// Ends the account's pause.
    Resume,
    /// Opens the account's settings.
    EditAccount,
    /// Brings in the reply that lies in Junk.
    BringIn,
    /// Adds the address that replied to the contact.
    AddAddress,
    /// Adds the contact.
    AddContact,
    /// Makes a project for the contact.
    CreateProject,
    /// Brings in the contact's earlier mail.
    BringInEarlier,
    /// Watches the folder that the mail lies in.
    WatchFolder,
    /// Connects the address that the mail was sent to.
    ConnectAccount,
    /// Starts the test once more.
    TestAgain,
}

/// Why a test came to nothing, or what holds it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Diagnosis {
    /// A stable name: `bounced`, `automatic_reply`, `junk`, `no_reply`, or the code of a cause.
    pub code: String,
    /// One plain sentence.
    pub sentence: String,
    /// What to do now.
    pub remedy: String,
    /// A server's own words.
    pub server_said: Option<String>,
    /// The button that mends it.
    pub mend: Option<Mend>,
}

/// One check of the troubleshooter with the fact behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Check {
    /// A stable name: `contact`, `address`, `saved_before`, `project`, `account`, `last_sync`, `folder`, …
    pub name: String,
    /// Yes, no, or not known.
    pub ok: Option<bool>,
    /// The fact in one sentence.
    pub fact: String,
    /// The button that mends it.
    pub mend: Option<Mend>,
}
