//! What the engine announces: what changed, never the data itself.

use crate::connect::CheckStep;
use crate::model::AccountId;
use serde::{Deserialize, Serialize};

/// What changed. A screen reads again what it shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Accounts, their states, their cycles.
    Accounts,
    /// Contacts.
    Contacts,
    /// Projects.
    Projects,
    /// Messages: which there are, where they lie, whether they are read.
    Messages,
    /// Settings.
    Settings,
    /// Drafts, and what waits to be sent or was sent; progress of sending too.
    Outbox,
    /// Test emails and their steps.
    TestRuns,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 7] = [
        Self::Accounts,
        Self::Contacts,
        Self::Projects,
        Self::Messages,
        Self::Settings,
        Self::Outbox,
        Self::TestRuns,
    ];
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A topic changed.
    Changed(Topic),
    /// An account needs reconnecting now, and did not before.
    TurnedRed(AccountId),
    /// A checklist moved on.
    Checklist {
        /// The run that its caller named.
        run: String,
        /// Every step as it stands.
        steps: Vec<CheckStep>,
    },
}
