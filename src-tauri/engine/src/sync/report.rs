//! What a cycle tells while it runs and when it has ended.

use crate::model::Failure;
use crate::store::cycles::Outcome;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What a running cycle is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Connecting and signing in.
    #[default]
    SigningIn,
    /// Looking for mail of contacts.
    Looking,
    /// Fetching and storing it.
    BringingIn,
}

/// A running cycle at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename = "Progress")]
pub struct ProgressNow {
    /// Messages (or folders, while looking) that are done.
    pub done: u32,
    /// Of how many.
    pub total: u32,
    /// The folder at hand.
    pub folder: Option<String>,
    /// What it is at.
    pub phase: Phase,
}

/// A running cycle's progress. Each change wakes whoever watches.
#[derive(Clone, Default)]
pub struct Progress {
    inner: Arc<(Mutex<(ProgressNow, u64)>, Notify)>,
}

impl Progress {
    /// How it stands.
    pub fn now(&self) -> ProgressNow {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// A number that grows with every step: the watchdog looks whether it still does.
    pub fn steps(&self) -> u64 {
        self.inner.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Waits for the next change.
    pub async fn changed(&self) {
        self.inner.1.notified().await;
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut ProgressNow)) {
        let mut state = self.inner.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state.0);
        state.1 += 1;
        drop(state);
        self.inner.1.notify_waiters();
    }
}

/// What a cycle did.
#[derive(Clone, Debug)]
pub struct CycleReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What failed, in the order it was met.
    pub failures: Vec<Failure>,
    /// Messages that are new here.
    pub new_messages: u32,
    /// Of them in a project.
    pub filed: u32,
    /// Of them to sort.
    pub to_sort: u32,
    /// Headers looked at.
    pub headers_seen: u32,
    /// Bytes read from the server, as they came over the wire.
    pub bytes_in: u64,
    /// Commands that were answered.
    pub round_trips: u64,
    /// How long it took.
    pub took: Duration,
}
