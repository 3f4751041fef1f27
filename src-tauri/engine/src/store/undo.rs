//! What can be taken back.

use super::messages::{self, Filed};
use super::{Result, from_json, threads};
use crate::model::{MessageId, ProjectId, Refusal, ThreadId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// Undone things that are remembered.
const KEPT: i64 = 100;

/// One thing to put back as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A message lay there.
    Filed(MessageId, Filed),
    /// A thread was bound so.
    Bound(ThreadId, Option<(ProjectId, Timestamp)>),
    /// A message was (not) done.
    Done(MessageId, bool),
}

/// Remembers how to take something back.
pub fn remember(connection: &Connection, now: Timestamp, sentence: &str, steps: &[Step]) -> Result<i64> {
    connection
        .prepare_cached("INSERT INTO undo (made_at, sentence, steps) VALUES (?1, ?2, ?3)")?
        .execute(params![now.0, sentence, serde_json::to_string(steps)?])?;
    let id = connection.last_insert_rowid();
    connection.prepare_cached("DELETE FROM undo WHERE id <= ?1")?.execute([id - KEPT])?;
    Ok(id)
}

/// Takes it back, once. What has gone meanwhile is passed over.
pub fn take_back(connection: &Connection, id: i64) -> Result<()> {
    let steps: String = connection
        .prepare_cached("DELETE FROM undo WHERE id = ?1 RETURNING steps")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Refusal::new("not_found", "That was taken back already."))?;
    for step in from_json::<Vec<Step>>(&steps)? {
        match step {
            Step::Filed(message, filed) => {
                let project_is_there = match filed.project {
                    Some(project) => super::projects::get(connection, project).is_ok(),
                    None => true,
                };
                if project_is_there {
                    messages::file(connection, message, &filed)?;
                }
            }
            Step::Bound(thread, bound) => {
                let bound = bound.filter(|(project, _)| super::projects::get(connection, *project).is_ok());
                threads::bind(connection, thread, bound)?;
            }
            Step::Done(message, done) => messages::set_done(connection, message, done)?,
        }
    }
    Ok(())
}
