//! One row a message in a profile: identity, storing, what the filing rules see of it, moving.

use super::raw::Packed;
use super::{Result, from_text, text, threads};
use crate::model::{
    Address, Attachment, ContactFacts, ContactId, Direction, FilingFacts, Mailbox, MessageId, ProjectId,
    Refusal, ThreadId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, params};

/// A message as it comes in, read from its bytes.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Message-ID without brackets, or empty.
    pub message_id: String,
    /// What makes it the same mail; see product.md.
    pub fingerprint: [u8; 32],
    /// Which way.
    pub direction: Direction,
    /// Author.
    pub from: Mailbox,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// First words.
    pub preview: String,
    /// Text for reading.
    pub text: String,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// Date header, else INTERNALDATE.
    pub date: Timestamp,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// \Seen.
    pub seen: bool,
    /// It arrives as read, whatever the server says.
    pub opened: bool,
    /// It needs no reply from the start (old mail that was backfilled).
    pub done: bool,
    /// Automatic mail.
    pub automatic: bool,
    /// Only a part is stored.
    pub partial: bool,
    /// Shown as text with a note.
    pub unparsable: bool,
    /// Bytes.
    pub size: u64,
    /// Readable addresses: role (`from`, `to`, `cc`, `bcc`) and address.
    pub participants: Vec<(&'static str, Address)>,
    /// Message-ID, In-Reply-To and References: the ids by which it belongs to a thread.
    pub thread_ids: Vec<String>,
    /// Search columns: from, to, subject, body, attachments, normalised.
    pub search: [String; 5],
    /// Original bytes.
    pub packed: Packed,
}

/// The same mail, if it is here: by Message-ID and fingerprint, without Message-ID by the fingerprint alone.
pub fn find_same(
    connection: &Connection,
    message_id: &str,
    fingerprint: &[u8; 32],
) -> Result<Option<MessageId>> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM message WHERE message_id = ?1 AND fingerprint = ?2 ORDER BY id LIMIT 1",
        )?
        .query_row(params![message_id, fingerprint.as_slice()], |row| row.get(0).map(MessageId))
        .optional()?)
}

/// Stores a new message, unfiled, in a thread.
pub fn insert(connection: &Connection, new: &NewMessage, thread: ThreadId) -> Result<MessageId> {
    connection
        .prepare_cached(
            "INSERT INTO message (message_id, fingerprint, thread_id, direction, from_name, from_address, to_json, \
             cc_json, subject, preview, attachments, date, received, reason, seen, opened, done, automatic, partial, \
             unparsable, size) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,'',?14,?15,?16,?17,?18,?19,?20)",
        )?
        .execute(params![
            new.message_id,
            new.fingerprint.as_slice(),
            thread.0,
            text(&new.direction),
            new.from.name,
            new.from.address,
            serde_json::to_string(&new.to)?,
            serde_json::to_string(&new.cc)?,
            new.subject,
            new.preview,
            serde_json::to_string(&new.attachments)?,
            new.date.0,
            new.received.0,
            new.seen,
            new.opened.then_some(true),
            new.done,
            new.automatic,
            new.partial,
            new.unparsable,
            new.size.cast_signed()
        ])?;
    let id = MessageId(connection.last_insert_rowid());
    super::raw::insert(connection, id, &new.packed)?;
    connection
        .prepare_cached("INSERT INTO body (message_id, text) VALUES (?1, ?2)")?
        .execute(params![id.0, new.text])?;
    let mut participant = connection.prepare_cached(
        "INSERT INTO participant (message_id, role, position, address) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, (role, address)) in new.participants.iter().enumerate() {
        participant.execute(params![
            id.0,
            role,
            i64::try_from(position).unwrap_or(i64::MAX),
            address.as_str()
        ])?;
    }
    let mut reference =
        connection.prepare_cached("INSERT OR IGNORE INTO message_ref (message_id, id) VALUES (?1, ?2)")?;
    for thread_id in &new.thread_ids {
        reference.execute(params![id.0, thread_id])?;
    }
    let [from, to, subject, body, attachments] = &new.search;
    connection
        .prepare_cached(
            "INSERT INTO message_fts (rowid, \"from\", \"to\", subject, body, attachments) VALUES (?1,?2,?3,?4,?5,?6)",
        )?
        .execute(params![id.0, from, to, subject, body, attachments])?;
    Ok(id)
}

/// What the filing rules see of a message that touches these threads.
pub fn filing_facts(connection: &Connection, id: MessageId, touched: &[ThreadId]) -> Result<FilingFacts> {
    let (direction, date) =
        connection
            .prepare_cached("SELECT direction, date FROM message WHERE id = ?1")?
            .query_row([id.0], |row| Ok((from_text::<Direction>(row.get(0)?)?, Timestamp(row.get(1)?))))?;
    let known: Vec<(String, ContactId)> = connection
        .prepare_cached(
            "SELECT p.role, a.contact_id FROM participant p JOIN contact_address a ON a.address = p.address \
             WHERE p.message_id = ?1 ORDER BY p.position",
        )?
        .query_map([id.0], |row| Ok((row.get(0)?, ContactId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    let sender = match direction {
        Direction::In => known.iter().find(|(role, _)| role == "from"),
        Direction::Out => {
            ["to", "cc", "bcc"].iter().find_map(|wanted| known.iter().find(|(role, _)| role == wanted))
        }
    }
    .map(|(_, contact)| *contact);
    let mut contacts: Vec<ContactFacts> = Vec::new();
    for (role, contact) in &known {
        // A known person in Bcc counts as the recipient of an outgoing mail, not as somebody it is with.
        let counts = role != "bcc" || Some(*contact) == sender;
        if !counts || contacts.iter().any(|facts| facts.id == *contact) {
            continue;
        }
        let default_project = connection
            .prepare_cached("SELECT default_project_id FROM contact WHERE id = ?1")?
            .query_row([contact.0], |row| row.get::<_, Option<i64>>(0))?
            .map(ProjectId);
        contacts.push(ContactFacts {
            id: *contact,
            projects: super::projects::of_contact(connection, *contact)?,
            default_project,
        });
    }
    let threads = touched.iter().map(|thread| threads::facts(connection, *thread)).collect::<Result<_>>()?;
    Ok(FilingFacts { direction, date, threads, contacts, sender })
}

/// The ids by which a message belongs to threads: its own, and those it refers to.
pub fn thread_ids(connection: &Connection, id: MessageId) -> Result<Vec<String>> {
    Ok(connection
        .prepare_cached("SELECT id FROM message_ref WHERE message_id = ?1")?
        .query_map([id.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Whether a message of this Message-ID is here.
pub fn is_known(connection: &Connection, message_id: &str) -> Result<bool> {
    Ok(!message_id.is_empty()
        && connection
            .prepare_cached("SELECT 1 FROM message WHERE message_id = ?1 LIMIT 1")?
            .exists([message_id])?)
}

/// The messages of this Message-ID; none when it is empty.
pub fn with_message_id(connection: &Connection, message_id: &str) -> Result<Vec<MessageId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM message WHERE message_id = ?1 AND message_id <> '' ORDER BY id")?
        .query_map([message_id], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The thread of a message.
pub fn thread_of(connection: &Connection, id: MessageId) -> Result<ThreadId> {
    Ok(connection
        .prepare_cached("SELECT thread_id FROM message WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0).map(ThreadId))
        .optional()?
        .ok_or_else(|| Refusal::not_found("message"))?)
}

/// Where a message lies now, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filed {
    /// Project, or to sort.
    pub project: Option<ProjectId>,
    /// `filing::Reason` by its code.
    pub reason: String,
    /// The user put it there by itself.
    pub moved_by_user: bool,
}

/// Reads where a message lies.
pub fn filed(connection: &Connection, id: MessageId) -> Result<Filed> {
    Ok(connection
        .prepare_cached("SELECT project_id, reason, moved_by_user FROM message WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(Filed {
                project: row.get::<_, Option<i64>>(0)?.map(ProjectId),
                reason: row.get(1)?,
                moved_by_user: row.get(2)?,
            })
        })
        .optional()?
        .ok_or_else(|| Refusal::not_found("message"))?)
}

/// Puts a message somewhere.
pub fn file(connection: &Connection, id: MessageId, filed: &Filed) -> Result<()> {
    connection
        .prepare_cached("UPDATE message SET project_id = ?2, reason = ?3, moved_by_user = ?4 WHERE id = ?1")?
        .execute(params![id.0, filed.project.map(|p| p.0), filed.reason, filed.moved_by_user])?;
    Ok(())
}

/// Messages that wait to be sorted, oldest first: they are asked again when contacts, projects or rules change.
pub fn to_sort(connection: &Connection) -> Result<Vec<(MessageId, ThreadId)>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, thread_id FROM message WHERE project_id IS NULL AND moved_by_user = 0 ORDER BY date, id",
        )?
        .query_map([], |row| Ok((MessageId(row.get(0)?), ThreadId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Messages of a thread from a date on, oldest first.
pub fn of_thread_from(connection: &Connection, thread: ThreadId, from: Timestamp) -> Result<Vec<MessageId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM message WHERE thread_id = ?1 AND date >= ?2 ORDER BY date, id")?
        .query_map(params![thread.0, from.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Opened here, or marked unread here.
pub fn set_opened(connection: &Connection, id: MessageId, opened: bool) -> Result<()> {
    connection
        .prepare_cached("UPDATE message SET opened = ?2 WHERE id = ?1")?
        .execute(params![id.0, opened])?;
    Ok(())
}

/// Takes a message off "Needs a reply", or puts it back.
pub fn set_done(connection: &Connection, id: MessageId, done: bool) -> Result<()> {
    connection.prepare_cached("UPDATE message SET done = ?2 WHERE id = ?1")?.execute(params![id.0, done])?;
    Ok(())
}

/// Removes messages with all that belongs to them; files of theirs are swept at the next start.
pub fn delete(connection: &Connection, ids: &[MessageId]) -> Result<()> {
    for id in ids {
        connection.prepare_cached("DELETE FROM message_fts WHERE rowid = ?1")?.execute([id.0])?;
        connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id.0])?;
    }
    Ok(())
}

/// The text of a message for reading.
pub fn body(connection: &Connection, id: MessageId) -> Result<String> {
    Ok(connection
        .prepare_cached("SELECT text FROM body WHERE message_id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}
