//! Threads: a union over all ids, unseen ones kept as nodes.

use super::{Result, from_text};
use crate::model::{ProjectFacts, ProjectId, ThreadFacts, ThreadId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// The threads that any of the ids touches, oldest first.
pub fn touched(connection: &Connection, ids: &[String]) -> Result<Vec<ThreadId>> {
    let mut threads = Vec::new();
    for id in ids {
        let found: Option<i64> = connection
            .prepare_cached("SELECT thread_id FROM thread_node WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(thread) = found.map(ThreadId)
            && !threads.contains(&thread)
        {
            threads.push(thread);
        }
    }
    threads.sort();
    Ok(threads)
}

/// What the filing rules see of a thread.
pub fn facts(connection: &Connection, id: ThreadId) -> Result<ThreadFacts> {
    let bound = connection
        .prepare_cached("SELECT bound_project_id, bound_from FROM thread WHERE id = ?1")?
        .query_row([id.0], |row| {
            let project: Option<i64> = row.get(0)?;
            Ok(project.map(|project| (ProjectId(project), row.get(1).map_or(Timestamp(0), Timestamp))))
        })
        .optional()?
        .flatten();
    // One message that was moved by itself says nothing about its thread.
    let project = connection
        .prepare_cached(
            "SELECT p.id, p.status FROM message m JOIN project p ON p.id = m.project_id \
             WHERE m.thread_id = ?1 AND m.moved_by_user = 0 ORDER BY m.date DESC, m.id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| {
            Ok(ProjectFacts { id: ProjectId(row.get(0)?), status: from_text(row.get(1)?)? })
        })
        .optional()?;
    Ok(ThreadFacts { id, bound, project })
}

/// A new thread.
pub fn create(connection: &Connection) -> Result<ThreadId> {
    connection.prepare_cached("INSERT INTO thread DEFAULT VALUES")?.execute([])?;
    Ok(ThreadId(connection.last_insert_rowid()))
}

/// Gives the ids to a thread, those that belong to no thread yet.
pub fn add_nodes(connection: &Connection, thread: ThreadId, ids: &[String]) -> Result<()> {
    for id in ids {
        connection
            .prepare_cached("INSERT OR IGNORE INTO thread_node (id, thread_id) VALUES (?1, ?2)")?
            .execute(params![id, thread.0])?;
    }
    Ok(())
}

/// Joins `other` into `thread`; a binding of the kept one stands.
pub fn merge(connection: &Connection, thread: ThreadId, other: ThreadId) -> Result<()> {
    for sql in [
        "UPDATE thread_node SET thread_id = ?1 WHERE thread_id = ?2",
        "UPDATE message SET thread_id = ?1 WHERE thread_id = ?2",
        "UPDATE stranger SET thread_id = ?1 WHERE thread_id = ?2",
        "UPDATE thread SET (bound_project_id, bound_from) = \
         (SELECT bound_project_id, bound_from FROM thread WHERE id = ?2) WHERE id = ?1 AND bound_project_id IS NULL",
    ] {
        connection.prepare_cached(sql)?.execute(params![thread.0, other.0])?;
    }
    connection.prepare_cached("DELETE FROM thread WHERE id = ?1")?.execute([other.0])?;
    Ok(())
}

/// The user's word on a thread: from this date on it goes to the project. `None` takes the word back.
pub fn bind(connection: &Connection, thread: ThreadId, bound: Option<(ProjectId, Timestamp)>) -> Result<()> {
    connection
        .prepare_cached("UPDATE thread SET bound_project_id = ?2, bound_from = ?3 WHERE id = ?1")?
        .execute(params![thread.0, bound.map(|(project, _)| project.0), bound.map(|(_, from)| from.0)])?;
    Ok(())
}

/// Whether a thread holds a message that lies in a project.
pub fn filed_thread(connection: &Connection, ids: &[String]) -> Result<Option<ThreadId>> {
    for id in ids {
        let thread: Option<i64> = connection
            .prepare_cached(
                "SELECT thread_id FROM message WHERE message_id = ?1 AND message_id <> '' AND project_id IS NOT NULL LIMIT 1",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(thread) = thread {
            return Ok(Some(ThreadId(thread)));
        }
    }
    Ok(None)
}
