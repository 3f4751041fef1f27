//! Networks that change, and what stands in them between a mailbox and its server. Time and networks come in as values.

use super::cycle::Context;
use super::facts::standing;
use super::schedule::{Notice, Scheduler};
use super::tests::{NOW, an_account};
use crate::auth::Auth;
use crate::model::{AccountId, AccountState, Cause, Failure, Timestamp};
use crate::net::network::NetworkId;
use crate::net::scripted::SHORT;
use crate::secrets::{Prompt, Secret, SecretStore, SecretsError};
use crate::store::cycles::{self, Ended, Outcome};
use crate::store::{Store, accounts};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A keychain that is locked: every cycle ends at it, without a dial.
struct Locked;

impl SecretStore for Locked {
    fn get(&self, _: &str, _: Prompt) -> Result<Secret, SecretsError> {
        Err(SecretsError::Locked)
    }
    fn set(&self, _: &str, _: &Secret, _: Prompt) -> Result<(), SecretsError> {
        Err(SecretsError::Locked)
    }
    fn delete(&self, _: &str, _: Prompt) -> Result<(), SecretsError> {
        Err(SecretsError::Locked)
    }
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A cycle of the account that ended so: at, in which network, with which cause.
fn ended(db: &rusqlite::Connection, id: AccountId, at: Timestamp, network: &str, cause: Option<Cause>) {
    let cycle = cycles::begin(db, id, at, Some(network)).unwrap();
    let ended = Ended {
        at,
        outcome: if cause.is_some() { Outcome::Failed } else { Outcome::Success },
        failures: cause.map(Failure::of).into_iter().collect(),
        new_messages: 0,
        headers_seen: 0,
        bytes_in: 0,
    };
    cycles::end(db, cycle, &ended).unwrap();
}

const HOTEL: &str = "192.168.1.1 aa:aa:aa:aa:aa:aa wlan0";
const HOTEL_FORGOTTEN: &str = "192.168.1.1 - wlan0";
const CAFE: &str = "192.168.1.1 bb:bb:bb:bb:bb:bb wlan0";

#[tokio::test]
async fn something_in_between_is_red_after_a_day_or_in_a_second_network_only() {
    use Cause::{Offline, StandsInBetween, TimedOut};
    let red = AccountState::NeedsReconnecting;
    let grey = AccountState::Unreachable;
    for (what, met, now, state) in [
        ("a moment ago", &[(0, HOTEL, StandsInBetween)][..], MINUTE, grey),
        (
            "for a day less a minute",
            &[(0, HOTEL, StandsInBetween), (24 * HOUR - MINUTE, HOTEL, StandsInBetween)],
            24 * HOUR,
            grey,
        ),
        ("for a day", &[(0, HOTEL, StandsInBetween), (24 * HOUR, HOTEL, StandsInBetween)], 24 * HOUR, red),
        ("once, and the computer was off since", &[(0, HOTEL, StandsInBetween)], 72 * HOUR, grey),
        ("in two networks", &[(0, HOTEL, StandsInBetween), (HOUR, CAFE, StandsInBetween)], 2 * HOUR, red),
        (
            "in one whose gateway's address was forgotten for a while",
            &[(0, HOTEL, StandsInBetween), (HOUR, HOTEL_FORGOTTEN, StandsInBetween)],
            2 * HOUR,
            grey,
        ),
        (
            "then without a network",
            &[(0, HOTEL, StandsInBetween), (HOUR, CAFE, StandsInBetween), (2 * HOUR, HOTEL, Offline)],
            3 * HOUR,
            grey,
        ),
        ("something else", &[(0, HOTEL, TimedOut), (HOUR, CAFE, TimedOut)], 25 * HOUR, grey),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let met = met.to_vec();
        let found = store
            .write(move |tx| {
                let id = accounts::insert(tx, &an_account(143), NOW)?;
                ended(tx, id, NOW, HOTEL, None);
                for (after, network, cause) in met {
                    ended(tx, id, NOW.plus(after), network, Some(cause));
                }
                standing(tx, &accounts::get(tx, id)?, 10 * MINUTE, NOW.plus(now))
            })
            .await
            .unwrap();
        assert_eq!(found.state, state, "{what}");
        assert!(found.next_try.is_some(), "{what}: it is tried again by itself");
    }
}

struct Case {
    scheduler: Arc<Scheduler>,
    network: Arc<Mutex<Option<NetworkId>>>,
    notices: mpsc::UnboundedReceiver<Notice>,
    id: AccountId,
    _dir: tempfile::TempDir,
}

async fn case() -> Case {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = store.write(|tx| accounts::insert(tx, &an_account(143), NOW)).await.unwrap();
    let network = Arc::new(Mutex::new(Some(NetworkId::from_text(HOTEL))));
    let look = Arc::clone(&network);
    let context = Context {
        auth: Arc::new(Auth::new(store.clone(), Arc::new(Locked), Vec::new(), || NOW)),
        store,
        now: || NOW,
        network: Arc::new(move || look.lock().unwrap().clone()),
        deadlines: SHORT,
        size_limit: 1,
    };
    let (tell, notices) = mpsc::unbounded_channel();
    let scheduler = Arc::new(Scheduler::new(context, Box::new(move |notice| _ = tell.send(notice))));
    Case { scheduler, network, notices, id, _dir: dir }
}

impl Case {
    async fn cycles(&self) -> Vec<cycles::Cycle> {
        let id = self.id;
        self.scheduler.context().store.read(move |db| cycles::latest(db, id, 9)).await.unwrap()
    }
}

/// A cycle begins without anybody's asking when the way out is another one, and notes in which network it ran.
#[tokio::test]
async fn another_network_is_tried_at_once() {
    let mut case = case().await;
    let end = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&case.scheduler).run_until(|| 30 * MINUTE, end.clone()));
    // The clock stands still, so after the first cycle nothing is due by itself.
    while case.cycles().await.is_empty() {
        case.notices.recv().await.unwrap();
    }
    *case.network.lock().unwrap() = Some(NetworkId::from_text(CAFE));
    case.scheduler.poke();
    while case.cycles().await.len() < 2 {
        case.notices.recv().await.unwrap();
    }
    let networks: Vec<_> = case.cycles().await.into_iter().map(|cycle| cycle.network).collect();
    assert_eq!(networks, [Some(CAFE.to_owned()), Some(HOTEL.to_owned())]);
    end.cancel();
    running.await.unwrap();
}

/// The keychain's entry is gone: the row turns red, and that is said once, not with every cycle after.
#[tokio::test]
async fn a_row_that_turns_red_is_said_once() {
    struct Empty;
    impl SecretStore for Empty {
        fn get(&self, _: &str, _: Prompt) -> Result<Secret, SecretsError> {
            Err(SecretsError::NoEntry)
        }
        fn set(&self, _: &str, _: &Secret, _: Prompt) -> Result<(), SecretsError> {
            Ok(())
        }
        fn delete(&self, _: &str, _: Prompt) -> Result<(), SecretsError> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = store.write(|tx| accounts::insert(tx, &an_account(143), NOW)).await.unwrap();
    let context = Context {
        auth: Arc::new(Auth::new(store.clone(), Arc::new(Empty), Vec::new(), || NOW)),
        store,
        now: || NOW,
        network: Arc::new(|| None),
        deadlines: SHORT,
        size_limit: 1,
    };
    let (tell, mut notices) = mpsc::unbounded_channel();
    let scheduler = Arc::new(Scheduler::new(context, Box::new(move |notice| _ = tell.send(notice))));
    for _ in 0..3 {
        scheduler.sync(id, Prompt::Never, false).await.unwrap();
    }
    drop(scheduler);
    let mut red = 0;
    while let Some(notice) = notices.recv().await {
        red += u32::from(notice == Notice::TurnedRed(id));
    }
    assert_eq!(red, 1);
}
