//! What lists show: narrow rows, by keyset, at most 100 at a time.

use super::{Result, from_json, from_text};
use crate::model::{ContactId, Mailbox, Message, MessageId, ProjectId, Refusal, ThreadId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(super) const COLUMNS: &str = "m.id, m.message_id, m.thread_id, m.direction, m.from_name, m.from_address, m.to_json, m.cc_json, \
     m.subject, m.preview, m.date, m.project_id, m.reason, m.seen, m.opened, m.automatic, m.partial, m.unparsable, \
     m.size, m.attachments";

/// A place in a list that is sorted by date and id, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// Date of the last row that was shown.
    pub date: Timestamp,
    /// Its id.
    pub id: MessageId,
}

impl After {
    /// Before everything.
    pub const START: Self = Self { date: Timestamp(i64::MAX), id: MessageId(i64::MAX) };

    /// As an opaque text.
    pub fn token(self) -> String {
        format!("{}.{}", self.date.0, self.id.0)
    }

    /// From its text; anything else is the start.
    pub fn from_token(token: Option<&str>) -> Self {
        token
            .and_then(|text| text.split_once('.'))
            .and_then(|(date, id)| {
                Some(Self { date: Timestamp(date.parse().ok()?), id: MessageId(id.parse().ok()?) })
            })
            .unwrap_or(Self::START)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
    let seen: bool = row.get(13)?;
    Ok(Message {
        id: MessageId(row.get(0)?),
        message_id: row.get(1)?,
        thread_id: ThreadId(row.get(2)?),
        direction: from_text(row.get(3)?)?,
        from: Mailbox { name: row.get(4)?, address: row.get(5)? },
        to: from_json(&row.get::<_, String>(6)?)?,
        cc: from_json(&row.get::<_, String>(7)?)?,
        subject: row.get(8)?,
        preview: row.get(9)?,
        date: Timestamp(row.get(10)?),
        project_id: row.get::<_, Option<i64>>(11)?.map(ProjectId),
        filed_because: row.get(12)?,
        // Opened or marked unread here outweighs what the server says.
        read: row.get::<_, Option<bool>>(14)?.unwrap_or(seen),
        automatic: row.get(15)?,
        partial: row.get(16)?,
        unparsable: row.get(17)?,
        size: row.get::<_, i64>(18)?.cast_unsigned(),
        attachments: from_json(&row.get::<_, String>(19)?)?,
        locations: Vec::new(),
    })
}

pub(super) fn query(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Message>> {
    Ok(connection.prepare_cached(sql)?.query_map(params, read)?.collect::<rusqlite::Result<_>>()?)
}

/// One message with its places, or a refusal when it is gone.
pub fn message(connection: &Connection, id: MessageId) -> Result<Message> {
    let message = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1"))?
        .query_row([id.0], read)
        .optional()?
        .ok_or_else(|| Refusal::not_found("message"))?;
    Ok(Message { locations: super::locations::of_message(connection, id)?, ..message })
}

/// Messages of a project, newest first.
pub fn of_project(
    connection: &Connection,
    project: ProjectId,
    after: After,
    limit: u32,
) -> Result<Vec<Message>> {
    query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.project_id = ?1 AND (m.date, m.id) < (?2, ?3) \
             ORDER BY m.date DESC, m.id DESC LIMIT ?4"
        ),
        params![project.0, after.date.0, after.id.0, limit],
    )
}

/// Messages to sort, newest first.
pub fn to_sort(connection: &Connection, after: After, limit: u32) -> Result<Vec<Message>> {
    query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.project_id IS NULL AND (m.date, m.id) < (?1, ?2) \
             ORDER BY m.date DESC, m.id DESC LIMIT ?3"
        ),
        params![after.date.0, after.id.0, limit],
    )
}

/// Every message, newest first.
pub fn recent(connection: &Connection, after: After, limit: u32) -> Result<Vec<Message>> {
    query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE (m.date, m.id) < (?1, ?2) ORDER BY m.date DESC, m.id DESC LIMIT ?3"
        ),
        params![after.date.0, after.id.0, limit],
    )
}

/// Messages with a contact's addresses in them, newest first.
pub fn of_contact(
    connection: &Connection,
    contact: ContactId,
    after: After,
    limit: u32,
) -> Result<Vec<Message>> {
    query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.id IN (SELECT p.message_id FROM contact_address a \
             JOIN participant p ON p.address = a.address WHERE a.contact_id = ?1) AND (m.date, m.id) < (?2, ?3) \
             ORDER BY m.date DESC, m.id DESC LIMIT ?4"
        ),
        params![contact.0, after.date.0, after.id.0, limit],
    )
}

/// A thread, oldest first (of a very long one the newest 500); only what lies in the project when one is given.
pub fn of_thread(
    connection: &Connection,
    thread: ThreadId,
    project: Option<ProjectId>,
) -> Result<Vec<Message>> {
    let mut messages = query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.thread_id = ?1 AND (?2 IS NULL OR m.project_id = ?2) \
             ORDER BY m.date DESC, m.id DESC LIMIT 500"
        ),
        params![thread.0, project.map(|p| p.0)],
    )?;
    messages.reverse();
    Ok(messages)
}

/// A thread in a project: its newest message there, how many there are, how many are unread.
#[derive(Clone, Debug)]
pub struct ThreadInProject {
    /// The newest message.
    pub newest: Message,
    /// Messages of the thread in this project.
    pub messages: u32,
    /// Of them unread.
    pub unread: u32,
}

/// A project's mail by thread, the thread with the newest message first.
pub fn threads_of_project(
    connection: &Connection,
    project: ProjectId,
    after: After,
    limit: u32,
) -> Result<Vec<ThreadInProject>> {
    let newest = query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM message m WHERE m.project_id = ?1 AND (m.date, m.id) < (?2, ?3) \
             AND NOT EXISTS (SELECT 1 FROM message n WHERE n.thread_id = m.thread_id AND n.project_id = ?1 \
             AND (n.date, n.id) > (m.date, m.id)) ORDER BY m.date DESC, m.id DESC LIMIT ?4"
        ),
        params![project.0, after.date.0, after.id.0, limit],
    )?;
    newest
        .into_iter()
        .map(|newest| {
            let (messages, unread) = connection
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(coalesce(opened, seen) = 0 AND direction = 'in'), 0) FROM message \
                     WHERE thread_id = ?1 AND project_id = ?2",
                )?
                .query_row(params![newest.thread_id.0, project.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(ThreadInProject { newest, messages, unread })
        })
        .collect()
}

/// How much is to sort.
pub fn count_to_sort(connection: &Connection) -> Result<u32> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM message WHERE project_id IS NULL")?
        .query_row([], |row| row.get(0))?)
}

/// What a project, a contact or an address holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: u32,
    /// Incoming and unread.
    pub unread: u32,
    /// Date of the newest.
    pub newest: Option<Timestamp>,
}

fn counts(connection: &Connection, sql: &str, id: i64) -> Result<Counts> {
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Counts {
            messages: row.get(0)?,
            unread: row.get::<_, Option<u32>>(1)?.unwrap_or(0),
            newest: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        })
    })?)
}

/// What a project holds.
pub fn counts_of_project(connection: &Connection, project: ProjectId) -> Result<Counts> {
    counts(
        connection,
        "SELECT count(*), sum(coalesce(opened, seen) = 0 AND direction = 'in'), max(date) FROM message WHERE project_id = ?1",
        project.0,
    )
}

/// What there is of a contact.
pub fn counts_of_contact(connection: &Connection, contact: ContactId) -> Result<Counts> {
    counts(
        connection,
        "SELECT count(*), sum(coalesce(opened, seen) = 0 AND direction = 'in'), max(date) FROM message WHERE id IN \
         (SELECT p.message_id FROM contact_address a JOIN participant p ON p.address = a.address WHERE a.contact_id = ?1)",
        contact.0,
    )
}

/// How many messages an address is in.
pub fn count_of_address(connection: &Connection, address: &str) -> Result<u32> {
    Ok(connection
        .prepare_cached("SELECT count(DISTINCT message_id) FROM participant WHERE address = ?1")?
        .query_row([address], |row| row.get(0))?)
}

/// Ids of a contact's messages in which no other contact has a part: what "delete the mail too" means.
pub fn only_of_contact(connection: &Connection, contact: ContactId) -> Result<Vec<MessageId>> {
    Ok(connection
        .prepare_cached(
            "SELECT DISTINCT p.message_id FROM contact_address a JOIN participant p ON p.address = a.address \
             WHERE a.contact_id = ?1 AND NOT EXISTS (SELECT 1 FROM participant q JOIN contact_address b \
             ON b.address = q.address WHERE q.message_id = p.message_id AND b.contact_id <> ?1)",
        )?
        .query_map([contact.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Ids of a project's messages.
pub fn ids_of_project(connection: &Connection, project: ProjectId) -> Result<Vec<MessageId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM message WHERE project_id = ?1")?
        .query_map([project.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?)
}
