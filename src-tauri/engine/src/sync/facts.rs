//! Gathers what state and next try of an account are derived from.

use super::{retry, state};
use crate::model::{Account, AccountState, Cause, Failure, Timestamp};
use crate::net::network::NetworkId;
use crate::store::cycles::{self, Cycle, Outcome};
use crate::store::{Result, accounts, meta};
use rusqlite::Connection;

/// Cycles that are looked at; more failures in a row than this wait no longer.
const LOOK_BACK: u32 = 40;

/// How an account stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its state.
    pub state: AccountState,
    /// The failure that the state comes from.
    pub failure: Option<Failure>,
    /// A failure that leads to no state: sending.
    pub sending: Option<Failure>,
    /// The last success.
    pub last_success: Option<Timestamp>,
    /// The first failed cycle since the last success.
    pub failing_since: Option<Timestamp>,
    /// When it is tried again by itself.
    pub next_try: Option<Timestamp>,
    /// The failure that counts, also of an account that is paused.
    pub counts: Option<Failure>,
    /// A secret was refused: only reconnecting helps.
    pub secret_refused: bool,
    /// Its latest cycles, newest first.
    pub cycles: Vec<Cycle>,
}

/// For how long, from the first meeting to the last, and in how many networks something stood in between since the
/// last success; nothing when the latest cycle did not meet it. (Time in which nothing was tried proves nothing.)
fn between(connection: &Connection, account: &Account, latest: &[Failure]) -> Result<state::Between> {
    if latest.iter().all(|failure| failure.cause != Cause::StandsInBetween) {
        return Ok(state::Between::default());
    }
    let cycles::Met { span, networks } =
        cycles::met_since_success(connection, account.id, Cause::StandsInBetween)?;
    let for_ms = span.map_or(0, |(first, last)| last.since(first));
    Ok(state::Between { for_ms, networks: different(networks) })
}

/// How many of these are surely different networks.
fn different(networks: Vec<String>) -> usize {
    let mut known: Vec<NetworkId> = Vec::new();
    for network in networks.into_iter().map(NetworkId::from_text) {
        if known.iter().all(|known| network.differs_from(known)) {
            known.push(network);
        }
    }
    known.len()
}

/// Reads an account's facts and derives how it stands.
pub fn standing(
    connection: &Connection,
    account: &Account,
    interval_ms: i64,
    now: Timestamp,
) -> Result<Standing> {
    let cycles = cycles::latest(connection, account.id, LOOK_BACK)?;
    let last_success = cycles::last_success(connection, account.id)?;
    let proven = accounts::proven_cycle(connection, account.id)?;
    // Cancelled cycles change nothing.
    let failed: Vec<&Cycle> = cycles
        .iter()
        .filter(|cycle| cycle.outcome != Outcome::Cancelled)
        .take_while(|cycle| cycle.outcome == Outcome::Failed && cycle.id.0 > proven)
        .collect();
    let failures = failed.first().map(|cycle| cycle.failures.clone()).unwrap_or_default();
    let awake = meta::awake_ms(connection)? - accounts::figures(connection, account.id)?.awake_at_success;
    let between = between(connection, account, &failures)?;
    let facts = state::Facts {
        paused: account.paused,
        last_success,
        failures: failures.clone(),
        awake_since_success: awake,
        between,
    };
    let (state, failure) = state::derive(&facts);
    let counts = state::worst(&failures, between).map(|(_, failure)| failure.clone());
    // Given anew and not tried since: it is due.
    let latest = cycles.first().filter(|cycle| cycle.id.0 > proven);
    let next_try = retry::next_try(
        &retry::Facts {
            paused: account.paused,
            last_ended: latest.map(|cycle| cycle.ended_at),
            failure: counts.clone(),
            failed_in_a_row: u32::try_from(failed.len()).unwrap_or(u32::MAX),
            interval_ms,
            seed: latest.map_or(0, |cycle| cycle.id.0.cast_unsigned()),
        },
        now,
    );
    Ok(Standing {
        state,
        failure: failure.cloned(),
        sending: match failures.iter().find(|failure| failure.cause.state().is_none()) {
            Some(failure) => Some(failure.clone()),
            None => accounts::sending_failure(connection, account.id)?,
        },
        last_success,
        failing_since: failed.last().map(|cycle| cycle.ended_at),
        next_try,
        secret_refused: counts.as_ref().is_some_and(|failure| retry::secret_was_refused(failure.cause)),
        counts,
        cycles,
    })
}
