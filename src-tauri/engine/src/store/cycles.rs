//! The history of sync cycles.

use super::Result;
use crate::model::{AccountId, Cause, CycleId, Failure, Timestamp};
use rusqlite::{Connection, params};

/// Cycles of an account that are kept: more than a day of them at the shortest interval.
const KEPT: i64 = 2_000;

/// How a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still running (or the program died in it).
    Running,
    /// Signed in, every watched folder read, all committed.
    Success,
    /// Something failed.
    Failed,
    /// Stopped; changes nothing.
    Cancelled,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One pass over an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Row id.
    pub id: CycleId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// What failed, in the order it was met.
    pub failures: Vec<Failure>,
    /// Messages brought in.
    pub new_messages: u32,
    /// Headers looked at.
    pub headers_seen: u32,
    /// Bytes read from the server.
    pub bytes_in: u64,
    /// The network it ran in, as far as that could be told.
    pub network: Option<String>,
}

/// Notes that a cycle begins. Cycles that never ended were cut off with the program: they count as cancelled.
pub fn begin(
    connection: &Connection,
    account: AccountId,
    now: Timestamp,
    network: Option<&str>,
) -> Result<CycleId> {
    connection
        .prepare_cached(
            "UPDATE cycle SET outcome = 'cancelled', ended_at = started_at WHERE account_id = ?1 AND outcome = 'running'",
        )?
        .execute([account.0])?;
    connection
        .prepare_cached(
            "INSERT INTO cycle (account_id, started_at, outcome, network) VALUES (?1, ?2, 'running', ?3)",
        )?
        .execute(params![account.0, now.0, network])?;
    Ok(CycleId(connection.last_insert_rowid()))
}

/// What a cycle did.
#[derive(Clone, Debug)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// What failed.
    pub failures: Vec<Failure>,
    /// Messages brought in.
    pub new_messages: u32,
    /// Headers looked at.
    pub headers_seen: u32,
    /// Bytes read.
    pub bytes_in: u64,
}

/// Notes how a cycle ended, and drops what is too old to be shown.
pub fn end(connection: &Connection, id: CycleId, ended: &Ended) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE cycle SET ended_at = ?2, outcome = ?3, new_messages = ?4, headers_seen = ?5, bytes_in = ?6 \
             WHERE id = ?1",
        )?
        .execute(params![
            id.0,
            ended.at.0,
            ended.outcome.text(),
            ended.new_messages,
            ended.headers_seen,
            ended.bytes_in.cast_signed()
        ])?;
    for (position, failure) in ended.failures.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO cycle_failure (cycle_id, position, cause, server_said, folder) VALUES (?1,?2,?3,?4,?5)",
            )?
            .execute(params![
                id.0,
                i64::try_from(position).unwrap_or(i64::MAX),
                failure.cause.code(),
                failure.server_said,
                failure.folder
            ])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM cycle WHERE account_id = (SELECT account_id FROM cycle WHERE id = ?1) AND id <= \
             (SELECT id FROM cycle WHERE account_id = (SELECT account_id FROM cycle WHERE id = ?1) ORDER BY id DESC \
             LIMIT 1 OFFSET ?2) AND id <> coalesce((SELECT max(id) FROM cycle WHERE outcome = 'success' AND account_id = \
             (SELECT account_id FROM cycle WHERE id = ?1)), 0)",
        )?
        .execute(params![id.0, KEPT])?;
    Ok(())
}

/// The latest ended cycles of an account, newest first.
pub fn latest(connection: &Connection, account: AccountId, limit: u32) -> Result<Vec<Cycle>> {
    let mut cycles = connection
        .prepare_cached(
            "SELECT id, started_at, ended_at, outcome, new_messages, headers_seen, bytes_in, network FROM cycle \
             WHERE account_id = ?1 AND outcome <> 'running' ORDER BY id DESC LIMIT ?2",
        )?
        .query_map(params![account.0, limit], |row| {
            Ok(Cycle {
                id: CycleId(row.get(0)?),
                started_at: Timestamp(row.get(1)?),
                ended_at: Timestamp(row.get(2)?),
                outcome: match row.get::<_, String>(3)?.as_str() {
                    "success" => Outcome::Success,
                    "failed" => Outcome::Failed,
                    _ => Outcome::Cancelled,
                },
                failures: Vec::new(),
                new_messages: row.get(4)?,
                headers_seen: row.get(5)?,
                bytes_in: row.get::<_, i64>(6)?.cast_unsigned(),
                network: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for cycle in &mut cycles {
        if cycle.outcome == Outcome::Failed {
            cycle.failures = failures(connection, cycle.id)?;
        }
    }
    Ok(cycles)
}

fn failures(connection: &Connection, id: CycleId) -> Result<Vec<Failure>> {
    Ok(connection
        .prepare_cached(
            "SELECT cause, server_said, folder FROM cycle_failure WHERE cycle_id = ?1 ORDER BY position",
        )?
        .query_map([id.0], |row| {
            Ok(Failure {
                cause: Cause::from_code(&row.get::<_, String>(0)?).unwrap_or(Cause::Unknown),
                server_said: row.get(1)?,
                folder: row.get(2)?,
                certificate: None,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Cycles after the last success that met one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// When the first and the last of them began; `None`: there was none.
    pub span: Option<(Timestamp, Timestamp)>,
    /// The networks they ran in, as far as those are known.
    pub networks: Vec<String>,
}

/// Looks for the cycles after the last success that met a cause.
pub fn met_since_success(connection: &Connection, account: AccountId, cause: Cause) -> Result<Met> {
    let met = connection
        .prepare_cached(
            "SELECT c.started_at, c.network FROM cycle c WHERE c.account_id = ?1 AND c.id > \
             coalesce((SELECT max(id) FROM cycle WHERE account_id = ?1 AND outcome = 'success'), 0) AND EXISTS \
             (SELECT 1 FROM cycle_failure f WHERE f.cycle_id = c.id AND f.cause = ?2) ORDER BY c.id",
        )?
        .query_map(params![account.0, cause.code()], |row| {
            Ok((Timestamp(row.get(0)?), row.get::<_, Option<String>>(1)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let span = met.first().zip(met.last()).map(|(first, last)| (first.0, last.0));
    let mut networks: Vec<String> = met.into_iter().filter_map(|(_, network)| network).collect();
    networks.dedup();
    Ok(Met { span, networks })
}

/// The last success, whatever failed since.
pub fn last_success(connection: &Connection, account: AccountId) -> Result<Option<Timestamp>> {
    Ok(connection
        .prepare_cached("SELECT max(ended_at) FROM cycle WHERE account_id = ?1 AND outcome = 'success'")?
        .query_row([account.0], |row| row.get::<_, Option<i64>>(0))?
        .map(Timestamp))
}

/// Headers looked at and messages copied since a moment (today's start).
pub fn figures_since(connection: &Connection, account: AccountId, since: Timestamp) -> Result<(u32, u32)> {
    Ok(connection
        .prepare_cached(
            "SELECT coalesce(sum(headers_seen), 0), coalesce(sum(new_messages), 0) FROM cycle \
             WHERE account_id = ?1 AND started_at >= ?2",
        )?
        .query_row(params![account.0, since.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
