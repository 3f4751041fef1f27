//! The outbox: hands over what is due, one mail at a time an account, accounts side by side.

use crate::model::{AccountId, OutgoingId, OutgoingState, Refusal, Timestamp};
use crate::store::sending::{self, Task};
use crate::store::{Store, StoreError, outgoing};
use crate::sync::Context;
use crate::sync::lock::{CycleGuard, CycleLock};
use crate::sync::schedule::Scheduler;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The outbox looks at least so often.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// While something is due that another holds up.
const SOON: Duration = Duration::from_secs(1);
/// After another program kept the lock, or the database would not answer.
const LATER: Duration = Duration::from_secs(5);

/// What others should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxNotice {
    /// A mail moved on.
    Outbox,
    /// A message is there that was not.
    Messages,
    /// An account's row looks different.
    Account,
}

/// Pauses before the looks at Sent, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Where nothing is known to save by itself.
    pub short_look: Vec<Duration>,
    /// Where the provider saves by itself, and for a mail of which nobody knows.
    pub long_look: Vec<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = |all: &[u64]| all.iter().copied().map(Duration::from_secs).collect();
        Self { short_look: seconds(&[0, 3]), long_look: seconds(&[0, 3, 5, 12]) }
    }
}

/// Wakes the outbox.
#[derive(Debug, Default)]
pub struct Knock {
    wake: Notify,
    anew: AtomicBool,
}

impl Knock {
    /// Looks again: something was queued or changed.
    pub fn poke(&self) {
        self.wake.notify_one();
    }

    /// Another network, or awake again: what waits for its next try is tried now.
    pub fn anew(&self) {
        self.anew.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

/// Sending or looking: each has its lane, so that a long look at Sent holds no mail up.
type Lane = (Option<AccountId>, bool);

/// The outbox of one profile.
pub struct Outbox {
    scheduler: Arc<Scheduler>,
    lock: CycleLock,
    pace: Pace,
    knock: Arc<Knock>,
    /// What this program hands over right now, and how far each is: bytes sent, of so many.
    own: Mutex<HashMap<OutgoingId, (u64, u64)>>,
    busy: Mutex<HashSet<Lane>>,
    turns: Mutex<HashMap<Lane, Arc<tokio::sync::Mutex<()>>>>,
    notify: Box<dyn Fn(OutboxNotice) + Send + Sync>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes something out of a set when dropped, however the work ended.
pub(super) struct Leave<'o>(Box<dyn Fn() + Send + Sync + 'o>);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Outbox {
    /// For a profile; `notify` must not block.
    pub fn new(
        scheduler: Arc<Scheduler>,
        knock: Arc<Knock>,
        pace: Pace,
        notify: Box<dyn Fn(OutboxNotice) + Send + Sync>,
    ) -> Self {
        let lock = CycleLock::of_outbox(scheduler.context().store.dir());
        Self {
            scheduler,
            lock,
            pace,
            knock,
            own: Mutex::default(),
            busy: Mutex::default(),
            turns: Mutex::default(),
            notify,
        }
    }

    pub(super) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    pub(super) fn context(&self) -> &Context {
        self.scheduler.context()
    }

    pub(super) fn store(&self) -> &Store {
        &self.context().store
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.context().now)()
    }

    pub(super) const fn pace(&self) -> &Pace {
        &self.pace
    }

    pub(super) fn tell(&self, notice: OutboxNotice) {
        (self.notify)(notice);
    }

    /// Bytes of a mail that have left, of so many, while it is on its way.
    pub fn progress(&self, id: OutgoingId) -> Option<(u64, u64)> {
        locked(&self.own).get(&id).copied()
    }

    pub(super) fn set_progress(&self, id: OutgoingId, sent: u64, total: u64) {
        locked(&self.own).insert(id, (sent, total));
        self.tell(OutboxNotice::Outbox);
    }

    /// This program hands the mail over until the answer is dropped.
    pub(super) fn own(&self, id: OutgoingId) -> Leave<'_> {
        locked(&self.own).insert(id, (0, 0));
        Leave(Box::new(move || {
            locked(&self.own).remove(&id);
        }))
    }

    /// Looks again.
    pub fn poke(&self) {
        self.knock.poke();
    }

    /// Runs until `end`. A mail that is being handed over then is left as it stands, and judged anew.
    pub async fn run_until(self: Arc<Self>, end: CancellationToken) {
        let mut tasks = JoinSet::new();
        loop {
            if self.knock.anew.swap(false, Ordering::AcqRel) {
                // At worst each waits for its own moment.
                let _ = self.store().write(|tx| sending::forget_waits(tx)).await;
            }
            let pause = self.pass(&mut tasks).await.unwrap_or_else(|error| {
                tracing::warn!("the outbox could not look: {error}");
                LATER
            });
            while tasks.try_join_next().is_some() {}
            tokio::select! {
                () = end.cancelled() => break,
                () = self.knock.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        tasks.shutdown().await;
        if let Ok(Some(_guard)) = self.lock.take().await {
            let now = self.now();
            // What could not be written is done at the next start.
            let _ = self.store().write(move |tx| sending::recover(tx, &[], now)).await;
        }
    }

    /// Begins what is due. Returns how long nothing else is.
    async fn pass(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> Result<Duration, StoreError> {
        let now = self.now();
        let (mut due, mut next, sending) = self.look_at(now).await?;
        let own: Vec<OutgoingId> = locked(&self.own).keys().copied().collect();
        if due.is_empty() && (!sending || !own.is_empty()) {
            return Ok(pause(next, now));
        }
        let Some(guard) = self.lock.take().await? else { return Ok(LATER) };
        if sending && self.recover().await? > 0 {
            self.tell(OutboxNotice::Outbox);
            (due, next, _) = self.look_at(now).await?;
        }
        let mut lanes: Vec<(Lane, Vec<Task>)> = Vec::new();
        for (account, task) in due {
            let lane = (account, matches!(task, Task::Send(_)));
            match lanes.iter_mut().find(|(known, _)| *known == lane) {
                Some((_, list)) => list.push(task),
                None => lanes.push((lane, vec![task])),
            }
        }
        for (lane, list) in lanes {
            if locked(&self.busy).insert(lane) {
                let (this, guard) = (Arc::clone(self), guard.clone());
                tasks.spawn(async move { this.work(lane, list, guard).await });
            }
        }
        Ok(pause(next, now))
    }

    async fn look_at(
        &self,
        now: Timestamp,
    ) -> Result<(Vec<(Option<AccountId>, Task)>, Option<Timestamp>, bool), StoreError> {
        self.store()
            .read(move |db| Ok((sending::due(db, now)?, sending::next_due(db)?, sending::any_sending(db)?)))
            .await
    }

    /// Judges what a program that died was sending. The caller holds the lock.
    async fn recover(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let own: Vec<OutgoingId> = locked(&self.own).keys().copied().collect();
        self.store().write(move |tx| sending::recover(tx, &own, now)).await
    }

    async fn work(&self, lane: Lane, list: Vec<Task>, _guard: CycleGuard) {
        let _busy = Leave(Box::new(|| {
            locked(&self.busy).remove(&lane);
            self.knock.poke();
        }));
        let _turn = self.turn(lane).await;
        for task in list {
            let result = match task {
                Task::Send(id) => self.attempt(id).await,
                Task::Look(id) => self.look(id).await,
                Task::Copy(id) => self.copy(id).await,
            };
            if let Err(error) = result {
                tracing::warn!("the outbox could not go on with a mail: {error}");
                tokio::time::sleep(LATER).await;
            }
        }
    }

    async fn turn(&self, lane: Lane) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = Arc::clone(locked(&self.turns).entry(lane).or_default());
        turn.lock_owned().await
    }

    async fn guard(&self) -> Result<CycleGuard, Refusal> {
        match self.lock.take().await {
            Ok(Some(guard)) => Ok(guard),
            Ok(None) => {
                Err(Refusal::new("busy", "Hatstand is open and sending another mail. Try again in a moment."))
            }
            Err(error) => Err(StoreError::Io(error).refusal()),
        }
    }

    /// Sends one queued mail now, without the time to take it back, and waits for what comes of it.
    pub async fn send_one(&self, id: OutgoingId) -> Result<(), Refusal> {
        let guard = self.guard().await?;
        self.recover().await.map_err(StoreError::refusal)?;
        let now = self.now();
        let account = self
            .store()
            .write(move |tx| {
                sending::go_now(tx, id, OutgoingState::Queued, now)?;
                Ok(outgoing::get(tx, id)?.account)
            })
            .await
            .map_err(StoreError::refusal)?;
        let _turn = self.turn((account, true)).await;
        self.attempt(id).await.map_err(StoreError::refusal)?;
        drop(guard);
        self.knock.poke();
        Ok(())
    }

    /// Sees to the copy of one sent mail now, and waits for it.
    pub async fn copy_one(&self, id: OutgoingId) -> Result<(), Refusal> {
        let _guard = self.guard().await?;
        let account = self
            .store()
            .read(move |db| Ok(outgoing::get(db, id)?.account))
            .await
            .map_err(StoreError::refusal)?;
        let _turn = self.turn((account, false)).await;
        self.copy(id).await.map_err(StoreError::refusal)
    }

    /// The person says that an uncertain mail arrived.
    pub async fn confirm_arrived(&self, id: OutgoingId) -> Result<(), Refusal> {
        let state = self
            .store()
            .read(move |db| Ok(outgoing::get(db, id)?.state))
            .await
            .map_err(StoreError::refusal)?;
        if state != OutgoingState::Uncertain {
            return Err(not_uncertain());
        }
        let copy = crate::model::CopyState::Wanted;
        let became = self.became_message(id, OutgoingState::Uncertain, None, copy).await;
        if !became.map_err(StoreError::refusal)? {
            return Err(not_uncertain());
        }
        self.knock.poke();
        Ok(())
    }
}

fn not_uncertain() -> Refusal {
    Refusal::new("not_uncertain", "This mail is not in doubt any more.")
}

fn pause(next: Option<Timestamp>, now: Timestamp) -> Duration {
    match next.map(|at| at.since(now)) {
        None => LOOK_EVERY,
        Some(wait) if wait <= 0 => SOON,
        Some(wait) => Duration::from_millis(wait.unsigned_abs()).min(LOOK_EVERY),
    }
}
