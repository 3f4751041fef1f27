//! What is answered, what needs a reply, and who is waited for.
//!
//! A message is answered when one that went the other way refers to it, wherever that was sent from: from here, a
//! phone, webmail. Automatic mail answers nothing, needs no reply and waits for nobody.

use super::Result;
use super::lists::{COLUMNS, query};
use crate::model::{Message, MessageId};
use rusqlite::{Connection, params};

/// No message of the other way refers to it. Its own id stands among the ids of a message too, and refers to nothing.
const UNANSWERED: &str = "NOT EXISTS (SELECT 1 FROM message_ref r JOIN message o ON o.id = r.message_id \
     WHERE r.id = m.message_id AND r.id <> '' AND o.message_id <> r.id AND o.direction <> m.direction AND o.automatic = 0)";

/// Filed incoming mail that is the newest of its thread, not automatic, not done, not answered.
const NEEDS_REPLY: &str = "FROM message m INDEXED BY message_needs_reply \
     WHERE m.newest = 1 AND m.direction = 'in' AND m.done = 0 AND m.project_id IS NOT NULL";

/// A recipient `p` of a message that nothing says did not get it: neither the outgoing server nor a delivery report.
macro_rules! reached {
    () => {
        "p.role IN ('to', 'cc', 'bcc') AND NOT EXISTS (SELECT 1 FROM undelivered u \
         WHERE u.message_id = p.message_id AND u.address = p.address) \
         AND NOT EXISTS (SELECT 1 FROM outgoing s JOIN outgoing_recipient r ON r.outgoing_id = s.id \
         WHERE s.sent_message = p.message_id AND r.address = p.address AND r.state = 'refused')"
    };
}

/// Filed outgoing mail that is the newest of its thread, not automatic, not done, and reached a contact.
const WAITING: &str = concat!(
    "FROM message m INDEXED BY message_waiting \
     WHERE m.newest = 1 AND m.direction = 'out' AND m.done = 0 AND m.project_id IS NOT NULL \
     AND EXISTS (SELECT 1 FROM participant p JOIN contact_address a ON a.address = p.address \
     WHERE p.message_id = m.id AND ",
    reached!(),
    ")"
);

fn count(connection: &Connection, open: &str) -> Result<u32> {
    Ok(connection
        .prepare_cached(&format!("SELECT count(*) {open} AND {UNANSWERED}"))?
        .query_row([], |row| row.get(0))?)
}

/// What needs a reply, newest first.
pub fn needs_reply(connection: &Connection, limit: u32) -> Result<Vec<Message>> {
    query(
        connection,
        &format!("SELECT {COLUMNS} {NEEDS_REPLY} AND {UNANSWERED} ORDER BY m.date DESC, m.id DESC LIMIT ?1"),
        [limit],
    )
}

/// How much needs a reply.
pub fn count_needs_reply(connection: &Connection) -> Result<u32> {
    count(connection, NEEDS_REPLY)
}

/// What clients have left unanswered, the longest first.
pub fn waiting(connection: &Connection, limit: u32) -> Result<Vec<Message>> {
    query(
        connection,
        &format!("SELECT {COLUMNS} {WAITING} AND {UNANSWERED} ORDER BY m.date, m.id LIMIT ?1"),
        [limit],
    )
}

/// How much clients have left unanswered.
pub fn count_waiting(connection: &Connection) -> Result<u32> {
    count(connection, WAITING)
}

/// Whether a message of the other way, that is not automatic, refers to it.
pub fn is_answered(connection: &Connection, id: MessageId) -> Result<bool> {
    Ok(!connection
        .prepare_cached(&format!("SELECT 1 FROM message m WHERE m.id = ?1 AND {UNANSWERED}"))?
        .exists([id.0])?)
}

/// Names of the contacts that a message reached, as they stand in its header, each once.
pub fn recipients(connection: &Connection, id: MessageId) -> Result<Vec<String>> {
    let mut names: Vec<(i64, String)> = Vec::new();
    let mut found = connection.prepare_cached(concat!(
        "SELECT c.id, c.name FROM participant p JOIN contact_address a ON a.address = p.address \
         JOIN contact c ON c.id = a.contact_id WHERE p.message_id = ?1 AND ",
        reached!(),
        " ORDER BY p.position"
    ))?;
    for row in found.query_map(params![id.0], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (contact, name): (i64, String) = row?;
        if names.iter().all(|(known, _)| *known != contact) {
            names.push((contact, name));
        }
    }
    Ok(names.into_iter().map(|(_, name)| name).collect())
}
