//! Mail that a delivery report names as not delivered.

use super::Result;
use crate::model::{MessageId, Refusal, Timestamp, UndeliveredId};
use rusqlite::{Connection, Row, params};

/// A recipient that was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Row id.
    pub id: UndeliveredId,
    /// The mail that was sent.
    pub message: MessageId,
    /// Who did not get it; empty when the report does not say.
    pub address: String,
    /// Status (RFC 3463), such as `5.1.1`; may be empty.
    pub status: String,
    /// The server's words; may be empty.
    pub server_said: String,
    /// When the report arrived.
    pub reported_at: Timestamp,
}

const COLUMNS: &str = "id, message_id, address, status, server_said, reported_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Undelivered> {
    Ok(Undelivered {
        id: UndeliveredId(row.get(0)?),
        message: MessageId(row.get(1)?),
        address: row.get(2)?,
        status: row.get(3)?,
        server_said: row.get(4)?,
        reported_at: Timestamp(row.get(5)?),
    })
}

/// Whether the user sent mail since then, from here or from elsewhere.
pub fn sent_since(connection: &Connection, since: Timestamp) -> Result<bool> {
    let from_here =
        connection.prepare_cached("SELECT 1 FROM outgoing WHERE sent_at >= ?1 LIMIT 1")?.exists([since.0])?;
    Ok(from_here
        || connection
            .prepare_cached("SELECT 1 FROM message WHERE date >= ?1 AND direction = 'out' LIMIT 1")?
            .exists([since.0])?)
}

/// The sent mail that a report is about: of the names that it gives the first that is of a sent message. Further names
/// are of what that mail answered, and may be the user's own too.
pub fn named(connection: &Connection, message_ids: &[String]) -> Result<Vec<MessageId>> {
    for message_id in message_ids.iter().filter(|id| !id.is_empty()) {
        // A server may have given a mail from here another id; that stands among its ids, and it does not refer to it.
        let ids = connection
            .prepare_cached(
                "SELECT id FROM message WHERE message_id = ?1 AND direction = 'out' UNION \
                 SELECT r.message_id FROM message_ref r JOIN outgoing o ON o.sent_message = r.message_id \
                 WHERE r.id = ?1 AND o.in_reply_to <> ?1 AND NOT EXISTS \
                 (SELECT 1 FROM json_each(o.refers_to) j WHERE j.value = ?1) ORDER BY 1",
            )?
            .query_map([message_id], |row| row.get(0).map(MessageId))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if !ids.is_empty() {
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}

/// Notes that a recipient was not reached. What was said first stands, and what was dismissed does not come back.
pub fn note(
    connection: &Connection,
    message: MessageId,
    address: &str,
    status: &str,
    server_said: &str,
    reported_at: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO undelivered (message_id, address, status, server_said, reported_at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![message.0, address, status, server_said, reported_at.0])?;
    Ok(())
}

/// What was not delivered and is not dismissed, newest first.
pub fn open(connection: &Connection, limit: u32) -> Result<Vec<Undelivered>> {
    Ok(connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM undelivered WHERE dismissed = 0 ORDER BY reported_at DESC, id DESC LIMIT ?1"
        ))?
        .query_map([limit], read)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Whom a message did not reach, dismissed or not.
pub fn of_message(connection: &Connection, message: MessageId) -> Result<Vec<Undelivered>> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM undelivered WHERE message_id = ?1 ORDER BY id"))?
        .query_map([message.0], read)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Takes one off the dashboard.
pub fn dismiss(connection: &Connection, id: UndeliveredId) -> Result<()> {
    let changed =
        connection.prepare_cached("UPDATE undelivered SET dismissed = 1 WHERE id = ?1")?.execute([id.0])?;
    if changed == 0 { Err(Refusal::not_found("message").into()) } else { Ok(()) }
}
