//! Forwards the engine's events to the window: coalesced, at most four a second per topic.

use hatstand_engine::connect::CheckStep;
use hatstand_engine::model::AccountId;
use hatstand_engine::view::AccountDetail;
use hatstand_engine::{Engine, Event, Topic, WeakEngine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use tauri::AppHandle;
use tauri_specta::Event as _;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Four times a second at the most.
const PACE: Duration = Duration::from_millis(250);

/// What changed: screens read again what they show of it.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct Changed {
    topics: Vec<Topic>,
}

/// A checklist moved on.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct Checklist {
    run: String,
    steps: Vec<CheckStep>,
}

/// An account needs reconnecting now, and did not before.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct TurnedRed {
    id: AccountId,
    email: String,
    sentence: String,
}

/// Files were dropped on the window. Their paths stay here; `attach_dropped` takes the number.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct FilesDropped {
    pub drop: u32,
    pub names: Vec<String>,
}

/// Files are being dragged over the window, or no more.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct FilesOver {
    pub over: bool,
}

/// The window should show a screen.
#[derive(Clone, Debug, Serialize, Deserialize, specta::Type, tauri_specta::Event)]
pub(crate) struct Show {
    pub screen: String,
}

/// Forwards until the engine is gone.
pub(crate) async fn forward(app: AppHandle, engine: Engine) {
    let mut events = engine.events();
    let engine = engine.downgrade();
    loop {
        let mut topics: BTreeSet<u8> = BTreeSet::new();
        match events.recv().await {
            Ok(event) => note(&app, &engine, event, &mut topics).await,
            // It fell behind: everything may have changed.
            Err(RecvError::Lagged(_)) => topics.extend(Topic::ALL.map(|topic| topic as u8)),
            Err(RecvError::Closed) => return,
        }
        loop {
            match events.try_recv() {
                Ok(event) => note(&app, &engine, event, &mut topics).await,
                Err(TryRecvError::Lagged(_)) => topics.extend(Topic::ALL.map(|topic| topic as u8)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if !topics.is_empty() {
            let topics = Topic::ALL.into_iter().filter(|topic| topics.contains(&(*topic as u8))).collect();
            let _ = Changed { topics }.emit(&app);
            tokio::time::sleep(PACE).await;
        }
    }
}

async fn note(app: &AppHandle, engine: &WeakEngine, event: Event, topics: &mut BTreeSet<u8>) {
    match event {
        Event::Changed(topic) => {
            topics.insert(topic as u8);
        }
        Event::TurnedRed(id) => {
            let Some(engine) = engine.upgrade() else { return };
            if let Ok(AccountDetail { row, .. }) = engine.account(id).await
                && let Some(failure) = row.failure
            {
                let _ = TurnedRed { id, email: row.email, sentence: failure.sentence }.emit(app);
            }
        }
        Event::Checklist { run, steps } => {
            let _ = Checklist { run, steps }.emit(app);
        }
    }
}
