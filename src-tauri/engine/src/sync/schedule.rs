//! When cycles run: at the start, at intervals, when something was asked for. Accounts side by side, one cycle an
//! account at a time.

use super::cycle::{Context, run};
use super::facts::standing;
use super::lock::{CycleGuard, CycleLock};
use super::report::{CycleReport, Progress, ProgressNow};
use crate::model::{AccountId, AccountState, Cause, Failure, Refusal, Timestamp};
use crate::net::network::NetworkId;
use crate::secrets::Prompt;
use crate::store::cycles::{self, Ended, Outcome};
use crate::store::{accounts, meta, test_runs};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The scheduler looks at least so often: at clocks, network and what is due.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// The wall clock ran so much further (or less far) than the monotonic one: the machine slept, or the clock jumped.
const SLEPT_MS: i64 = 60_000;

/// While a test email waits for its reply, its account is looked at so often.
const TEST_INTERVAL_MS: i64 = 30_000;
/// For so long after a test began; it ends then.
const TEST_LASTS_MS: i64 = 45 * 60 * 1000;

/// Milliseconds between the cycles of an account: as the user set it, or shorter while a test email waits there that
/// began at one of these moments.
pub fn interval_ms(usual: i64, tests: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> i64 {
    let waits = tests.into_iter().any(|began| now.since(began) < TEST_LASTS_MS);
    if waits { usual.min(TEST_INTERVAL_MS) } else { usual }
}

/// What others should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An account's row looks different now.
    Account,
    /// Messages came in or changed.
    Messages,
    /// An account needs reconnecting now, and did not before.
    TurnedRed(AccountId),
    /// Another network, or awake again: what failed for want of one may work now.
    Anew,
}

struct Running {
    cancel: CancellationToken,
    progress: Progress,
}

/// Runs the cycles of one profile.
pub struct Scheduler {
    context: Context,
    lock: CycleLock,
    running: Mutex<HashMap<AccountId, Running>>,
    turns: Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
    asked: Mutex<HashSet<AccountId>>,
    /// Begun by the scheduler and not yet running, or running.
    begun: Mutex<HashSet<AccountId>>,
    wake: Notify,
    notify: Box<dyn Fn(Notice) + Send + Sync>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scheduler {
    /// For a profile; `notify` must not block.
    pub fn new(context: Context, notify: Box<dyn Fn(Notice) + Send + Sync>) -> Self {
        let lock = CycleLock::new(context.store.dir());
        Self {
            context,
            lock,
            running: Mutex::default(),
            turns: Mutex::default(),
            asked: Mutex::default(),
            begun: Mutex::default(),
            wake: Notify::new(),
            notify,
        }
    }

    /// What cycles run with.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Progress of an account's running cycle.
    pub fn progress(&self, account: AccountId) -> Option<ProgressNow> {
        locked(&self.running).get(&account).map(|running| running.progress.now())
    }

    /// Asks for a cycle as soon as may be.
    pub fn ask(&self, account: AccountId) {
        locked(&self.asked).insert(account);
        self.wake.notify_one();
    }

    /// Looks again: accounts or settings changed.
    pub fn poke(&self) {
        self.wake.notify_one();
    }

    /// Ends an account's running cycle.
    pub fn stop(&self, account: AccountId) {
        locked(&self.asked).remove(&account);
        if let Some(running) = locked(&self.running).get(&account) {
            running.cancel.cancel();
        }
    }

    /// The lock that cycles, and changes of accounts, run under.
    pub async fn cycle_guard(&self) -> Result<CycleGuard, Refusal> {
        match self.lock.take().await {
            Ok(Some(guard)) => Ok(guard),
            Ok(None) => Err(Refusal::new("busy", "Hatstand is open and syncing. Try again in a moment.")),
            Err(error) => Err(crate::store::StoreError::Io(error).refusal()),
        }
    }

    /// Waits for the account's running cycle to end, and keeps others from beginning.
    pub async fn turn(&self, account: AccountId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = Arc::clone(locked(&self.turns).entry(account).or_default());
        turn.lock_owned().await
    }

    /// Runs one cycle now. A secret that was refused is not sent again, unless `forced` by a new one: the stored
    /// failure stands, and `None` comes back.
    pub async fn sync(
        self: &Arc<Self>,
        id: AccountId,
        prompt: Prompt,
        forced: bool,
    ) -> Result<Option<CycleReport>, Refusal> {
        let _turn = self.turn(id).await;
        let _guard = self.cycle_guard().await?;
        let now = (self.context.now)();
        let (account, standing) = self
            .context
            .store
            .read(move |db| {
                let account = accounts::get(db, id)?;
                let standing = standing(db, &account, 0, now)?;
                Ok((account, standing))
            })
            .await
            .map_err(crate::store::StoreError::refusal)?;
        if account.paused || (standing.secret_refused && !forced) {
            return Ok(None);
        }
        let (cancel, progress) = (CancellationToken::new(), Progress::default());
        locked(&self.running).insert(id, Running { cancel: cancel.clone(), progress: progress.clone() });
        (self.notify)(Notice::Account);
        let this = Arc::clone(self);
        let watched = progress.clone();
        let task = tokio::spawn(async move {
            let cycle = run(&this.context, &account, prompt, &watched, &cancel);
            tokio::pin!(cycle);
            let mut done = 0;
            loop {
                tokio::select! {
                    report = &mut cycle => break report,
                    () = watched.changed() => {
                        (this.notify)(Notice::Account);
                        let now = watched.now().done;
                        if now != done {
                            done = now;
                            (this.notify)(Notice::Messages);
                        }
                    }
                }
            }
        });
        let result = task.await;
        locked(&self.running).remove(&id);
        let report = match result {
            Ok(report) => report.map_err(crate::store::StoreError::refusal),
            // Reported as a failure, and its account tried again like any other.
            Err(panic) => self.note_failure(id, Failure::said(Cause::Unknown, panic.to_string())).await,
        };
        (self.notify)(Notice::Account);
        (self.notify)(Notice::Messages);
        self.notice_red(id, standing.state).await;
        report.map(Some)
    }

    /// Says so once when an account turned red.
    async fn notice_red(&self, id: AccountId, before: AccountState) {
        let now = (self.context.now)();
        let after =
            self.context.store.read(move |db| Ok(standing(db, &accounts::get(db, id)?, 0, now)?.state)).await;
        if before != AccountState::NeedsReconnecting && matches!(after, Ok(AccountState::NeedsReconnecting)) {
            (self.notify)(Notice::TurnedRed(id));
        }
    }

    /// Notes a failure that was met outside a cycle as a cycle of its own, so that it counts: a secret that was refused
    /// is not sent again by itself, wherever it was refused.
    pub async fn note_failure(&self, id: AccountId, failure: Failure) -> Result<CycleReport, Refusal> {
        let now = (self.context.now)();
        let failures = vec![failure];
        let ended = Ended {
            at: now,
            outcome: Outcome::Failed,
            failures: failures.clone(),
            new_messages: 0,
            headers_seen: 0,
            bytes_in: 0,
        };
        self.context
            .store
            .write(move |tx| {
                let cycle = cycles::begin(tx, id, now, None)?;
                cycles::end(tx, cycle, &ended)
            })
            .await
            .map_err(crate::store::StoreError::refusal)?;
        Ok(CycleReport {
            outcome: Outcome::Failed,
            failures,
            new_messages: 0,
            filed: 0,
            to_sort: 0,
            headers_seen: 0,
            bytes_in: 0,
            round_trips: 0,
            took: Duration::ZERO,
        })
    }

    /// Runs cycles until `end`: the app's background work.
    pub async fn run_until(
        self: Arc<Self>,
        interval_ms: impl Fn() -> i64 + Send + Sync,
        end: CancellationToken,
    ) {
        let mut clocks = ((self.context.now)(), Instant::now());
        let mut network = self.context.network().await;
        loop {
            let now = (self.context.now)();
            self.keep_time(&mut clocks, now).await;
            self.keep_network(&mut network).await;
            let pause = self.begin_due(interval_ms(), now).await;
            tokio::select! {
                () = end.cancelled() => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let running: Vec<AccountId> = locked(&self.running).keys().copied().collect();
        for account in running {
            self.stop(account);
            let _ended = self.turn(account).await;
        }
    }

    /// Moves the awake clock on; after a sleep or a clock that jumped, drops the sockets and asks for every account.
    async fn keep_time(&self, clocks: &mut (Timestamp, Instant), now: Timestamp) {
        let wall = now.since(clocks.0);
        let awake = i64::try_from(clocks.1.elapsed().as_millis()).unwrap_or(i64::MAX);
        *clocks = (now, Instant::now());
        // What could not be written is only a little less lateness.
        let _ = self.context.store.write_batch(move |tx| meta::add_awake_ms(tx, awake)).await;
        if (wall - awake).abs() > SLEPT_MS {
            self.begin_anew().await;
        }
    }

    /// In another network the sockets of the last one lead nowhere, and what failed there may work here.
    async fn keep_network(&self, last: &mut Option<NetworkId>) {
        // None at all is noticed by what fails; nothing can be tried in it.
        let Some(now) = self.context.network().await else {
            *last = None;
            return;
        };
        let another = last.as_ref().is_none_or(|last| now.differs_from(last));
        *last = Some(now);
        if another {
            self.begin_anew().await;
        }
    }

    /// Drops the sockets and asks for every account.
    async fn begin_anew(&self) {
        (self.notify)(Notice::Anew);
        for account in self.context.store.read(accounts::all).await.unwrap_or_default() {
            self.stop(account.id);
            self.ask(account.id);
        }
    }

    /// Begins what is due. Returns how long nothing else is.
    async fn begin_due(self: &Arc<Self>, interval_ms: i64, now: Timestamp) -> Duration {
        let standings = self
            .context
            .store
            .read(move |db| {
                let waiting = test_runs::waited_for(db)?;
                accounts::all(db)?
                    .into_iter()
                    .map(|account| {
                        let tests =
                            waiting.iter().filter(|(id, _)| *id == account.id).map(|(_, began)| *began);
                        let interval = self::interval_ms(interval_ms, tests, now);
                        Ok((account.id, standing(db, &account, interval, now)?))
                    })
                    .collect::<crate::store::Result<Vec<_>>>()
            })
            .await
            .unwrap_or_default();
        let mut pause = LOOK_EVERY;
        for (id, standing) in standings {
            if locked(&self.running).contains_key(&id) || locked(&self.begun).contains(&id) {
                continue;
            }
            let asked = locked(&self.asked).remove(&id) && !standing.secret_refused;
            let due = standing.next_try.is_some_and(|at| at <= now);
            if asked || due {
                let this = Arc::clone(self);
                locked(&self.begun).insert(id);
                tokio::spawn(async move {
                    // A refusal here is the other program's cycle; it looks again in a while.
                    if this.sync(id, Prompt::Never, false).await.is_err() && asked {
                        locked(&this.asked).insert(id);
                    }
                    locked(&this.begun).remove(&id);
                    this.wake.notify_one();
                });
            } else if let Some(at) = standing.next_try {
                let wait = Duration::from_millis(at.since(now).max(0).unsigned_abs());
                pause = pause.min(wait.max(Duration::from_millis(50)));
            }
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_a_test_waits_its_account_is_looked_at_every_half_minute() {
        let (usual, began) = (10 * 60_000, Timestamp(1_000_000));
        let after = |ms: i64| interval_ms(usual, [began], began.plus(ms));
        assert_eq!(interval_ms(usual, [], began), usual);
        assert_eq!((after(0), after(TEST_LASTS_MS - 1)), (30_000, 30_000));
        assert_eq!(after(TEST_LASTS_MS), usual, "it is over");
        let younger = began.plus(TEST_LASTS_MS);
        assert_eq!(interval_ms(usual, [began, younger], younger), 30_000, "another waits");
    }
}
