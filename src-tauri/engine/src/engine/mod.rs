//! The one handle that shell, command line and tests hold.

mod accounts;
mod advanced;
mod browser;
mod compose;
#[cfg(test)]
mod compose_tests;
mod connect;
#[cfg(test)]
mod connect_tests;
mod events;
mod mail;
mod messages;
mod outbox;
mod people;
mod projects;
mod settings;
mod testmail;
mod testmail_follow;
#[cfg(test)]
mod testmail_post;
#[cfg(test)]
mod testmail_tests;
mod typed;

pub use advanced::{Advanced, IssuerClient};
pub use connect::Found;
pub use events::{Event, Topic};
pub use mail::{MailPage, Opened};
pub use people::{ContactInput, EmailCount};
pub use projects::ProjectInput;
pub use settings::{Settings, Theme};
pub use typed::{ConnectRequest, GivenSignIn, Outgoing, ReconnectRequest, Servers};

use crate::auth::Auth;
use crate::compose::{Knock, Outbox, OutboxNotice, Pace};
use crate::connect::providers::Table;
use crate::model::{Refusal, Timestamp};
use crate::net::Deadlines;
use crate::secrets::SecretStore;
use crate::store::{Store, StoreError, accounts as stored};
use crate::sync::Context;
use crate::sync::schedule::{Notice, Scheduler};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// The app's identifier, and the name of its data folder.
pub const IDENTIFIER: &str = "app.hatstand.Hatstand";
/// Overrides the data folder.
pub const DATA_DIR_ENV: &str = "HATSTAND_DATA_DIR";
/// A message larger than this is stored in part.
const SIZE_LIMIT: u32 = 50 * 1024 * 1024;
/// Events that a slow listener may fall behind; then it reads everything again.
const EVENTS: usize = 256;

/// The data folder of this user: the same for app and command line.
pub fn data_dir() -> Option<PathBuf> {
    match std::env::var_os(DATA_DIR_ENV) {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => dirs::data_dir().map(|dir| dir.join(IDENTIFIER)),
    }
}

/// The whole program without a window. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    scheduler: Arc<Scheduler>,
    outbox: Arc<Outbox>,
    events: broadcast::Sender<Event>,
    table: Arc<Table>,
    checks: std::sync::Mutex<std::collections::HashMap<String, CancellationToken>>,
    sign_ins: browser::SignIns,
    /// Passwords refused in a row, by host and user name.
    refusals: std::sync::Mutex<std::collections::HashMap<(String, String), u32>>,
    end: CancellationToken,
}

/// An engine that is not kept alive by this.
#[derive(Clone)]
pub struct WeakEngine(std::sync::Weak<Inner>);

impl WeakEngine {
    /// The engine, while somebody else holds it.
    pub fn upgrade(&self) -> Option<Engine> {
        self.0.upgrade().map(|inner| Engine { inner })
    }
}

impl Engine {
    /// A handle that does not keep the engine alive.
    pub fn downgrade(&self) -> WeakEngine {
        WeakEngine(Arc::downgrade(&self.inner))
    }

    /// Opens the profile in `dir`.
    pub fn open(dir: &Path, secrets: Arc<dyn SecretStore>) -> Result<Self, StoreError> {
        let store = Store::open(dir)?;
        let (table, unread) = Table::load(dir);
        if let Some(why) = unread {
            tracing::warn!("{} in the data folder adds nothing: {why}", crate::connect::providers::FILE);
        }
        let auth = Auth::new(store.clone(), secrets, table.issuers().to_vec(), Timestamp::now);
        let (events, _) = broadcast::channel(EVENTS);
        let context = Context {
            store,
            auth: Arc::new(auth),
            now: Timestamp::now,
            network: Arc::new(crate::net::network::current),
            deadlines: Deadlines::default(),
            size_limit: SIZE_LIMIT,
        };
        let sender = events.clone();
        let knock = Arc::new(Knock::default());
        let at_the_outbox = Arc::clone(&knock);
        let notify = move |notice| {
            let event = match notice {
                Notice::Account => Event::Changed(Topic::Accounts),
                Notice::Messages => {
                    // One of them may be a mail of which nobody knew whether it was sent.
                    let _ = sender.send(Event::Changed(Topic::Outbox));
                    Event::Changed(Topic::Messages)
                }
                Notice::TurnedRed(account) => Event::TurnedRed(account),
                Notice::Anew => return at_the_outbox.anew(),
            };
            // Nobody listens: nobody needs to know.
            let _ = sender.send(event);
        };
        let scheduler = Arc::new(Scheduler::new(context, Box::new(notify)));
        let sender = events.clone();
        let notify = move |notice| {
            let topic = match notice {
                OutboxNotice::Outbox => Topic::Outbox,
                OutboxNotice::Messages => Topic::Messages,
                OutboxNotice::Account => Topic::Accounts,
            };
            let _ = sender.send(Event::Changed(topic));
        };
        let outbox = Outbox::new(Arc::clone(&scheduler), knock, Pace::default(), Box::new(notify));
        let inner = Inner {
            scheduler,
            outbox: Arc::new(outbox),
            events,
            table: Arc::new(table),
            checks: std::sync::Mutex::default(),
            sign_ins: browser::SignIns::default(),
            refusals: std::sync::Mutex::default(),
            end: CancellationToken::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What changes from here on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Background cycles until [`Engine::close`]; returns when they have ended.
    pub async fn run(&self) {
        // A sweep that fails leaves some files for the next start.
        if let Ok(_guard) = self.scheduler().cycle_guard().await
            && let Err(error) = self.store().sweep().await
        {
            tracing::warn!("files of nobody could not be removed: {error}");
        }
        let interval = Arc::new(std::sync::atomic::AtomicI64::new(self.interval_ms().await));
        let fresh = Arc::clone(&interval);
        let engine = self.clone();
        let follow = async move {
            let mut events = engine.events();
            loop {
                match events.recv().await {
                    Ok(Event::Changed(Topic::Settings)) => {
                        fresh.store(engine.interval_ms().await, std::sync::atomic::Ordering::Relaxed);
                        engine.scheduler().poke();
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        fresh.store(engine.interval_ms().await, std::sync::atomic::Ordering::Relaxed);
                    }
                    Ok(_) => {}
                }
            }
        };
        let scheduler = Arc::clone(&self.inner.scheduler);
        let read = move || interval.load(std::sync::atomic::Ordering::Relaxed);
        let outbox = Arc::clone(&self.inner.outbox);
        let work = async {
            tokio::join!(
                scheduler.run_until(read, self.inner.end.clone()),
                outbox.run_until(self.inner.end.clone()),
                self.follow_tests()
            )
        };
        tokio::select! {
            ((), (), ()) = work => {}
            () = follow => {}
        }
    }

    /// Tells when another program has written to the profile, so that screens read again. Runs until closed.
    pub async fn watch_for_others(&self, every: std::time::Duration) {
        let mut last = self.store().foreign_version().await.ok();
        loop {
            tokio::select! {
                () = self.inner.end.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            let now = self.store().foreign_version().await.ok();
            if now != last {
                last = now;
                for account in self.store().read(stored::all).await.unwrap_or_default() {
                    if account.paused {
                        self.scheduler().stop(account.id);
                    }
                }
                for topic in Topic::ALL {
                    self.tell(topic);
                }
                self.scheduler().poke();
                self.mail_outbox().poke();
            }
        }
    }

    /// Ends background work: cycles are cancelled, what is committed stays.
    pub fn close(&self) {
        self.inner.end.cancel();
    }

    fn scheduler(&self) -> &Arc<Scheduler> {
        &self.inner.scheduler
    }

    fn mail_outbox(&self) -> &Arc<Outbox> {
        &self.inner.outbox
    }

    fn context(&self) -> &Context {
        self.inner.scheduler.context()
    }

    fn auth(&self) -> &Arc<Auth> {
        &self.context().auth
    }

    /// The provider table of this profile.
    fn table(&self) -> &Arc<Table> {
        &self.inner.table
    }

    /// The profile's database.
    fn store(&self) -> &Store {
        &self.context().store
    }

    fn now(&self) -> Timestamp {
        (self.context().now)()
    }

    fn tell(&self, topic: Topic) {
        let _ = self.inner.events.send(Event::Changed(topic));
    }

    /// Writes for a person, and turns what cannot be into a refusal.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.store().write(work).await.map_err(StoreError::refusal)
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.store().read(work).await.map_err(StoreError::refusal)
    }
}
