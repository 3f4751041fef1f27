//! Mail that is written here: drafts with their recipients and files, and how each stands.

use super::{Result, from_json, from_text, text};
use crate::model::{
    AccountId, Address, Cause, CopyState, Failure, Mailbox, MessageId, OutgoingFileId, OutgoingId,
    OutgoingState, ProjectId, Refusal, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Where a recipient stands in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To.
    To,
    /// Cc.
    Cc,
    /// Bcc: in the envelope alone.
    Bcc,
}

/// A recipient, and what the server said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Where it stands.
    pub role: Role,
    /// Name and address, as typed; the address is comparable from queueing on.
    pub mailbox: Mailbox,
    /// The server took the mail for it.
    pub accepted: bool,
    /// Why it did not.
    pub refused: Option<Failure>,
}

impl Recipient {
    /// One that no server was asked about yet.
    pub const fn new(role: Role, mailbox: Mailbox) -> Self {
        Self { role, mailbox, accepted: false, refused: None }
    }
}

/// An attached file. Its bytes lie beside the database, by their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Row id.
    pub id: OutgoingFileId,
    /// Its name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub hash: Vec<u8>,
}

/// One mail that was written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Row id.
    pub id: OutgoingId,
    /// How far it is.
    pub state: OutgoingState,
    /// The account that sends it; `None`: none was chosen, or it is gone.
    pub account: Option<AccountId>,
    /// From, in comparable form; empty without an account.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// Cleaned HTML.
    pub html: String,
    /// The project it goes to.
    pub project: Option<ProjectId>,
    /// The message it answers.
    pub answers: Option<MessageId>,
    /// Message-ID of that, without brackets; may be empty.
    pub in_reply_to: String,
    /// References, without brackets.
    pub refers_to: Vec<String>,
    /// A test email's token.
    pub token: Option<String>,
    /// Message-ID, without brackets; empty while it is a draft.
    pub message_id: String,
    /// Its header is UTF-8.
    pub needs_utf8: bool,
    /// Bytes, once it is built.
    pub size: u64,
    /// Its Date.
    pub queued_at: Option<Timestamp>,
    /// Not before this moment.
    pub send_at: Option<Timestamp>,
    /// The person chose that moment.
    pub later: bool,
    /// How often a server was tried.
    pub attempts: u32,
    /// Not before this moment either; of a sent mail: when its copy is looked for again.
    pub next_try: Option<Timestamp>,
    /// From here on only the server knows.
    pub handed_over: bool,
    /// The last failure.
    pub failure: Option<Failure>,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
    /// Its copy in Sent.
    pub copy: CopyState,
    /// How often Sent was looked into for it.
    pub copy_tries: u32,
    /// How often since then it could not be.
    pub looks_failed: u32,
    /// The message it became.
    pub sent_message: Option<MessageId>,
    /// Last change.
    pub changed_at: Timestamp,
    /// Recipients, in order.
    pub recipients: Vec<Recipient>,
}

impl Written {
    /// The mailboxes of one role.
    pub fn mailboxes(&self, role: Role) -> Vec<Mailbox> {
        self.recipients.iter().filter(|r| r.role == role).map(|r| r.mailbox.clone()).collect()
    }

    /// Whom the envelope names, each once.
    pub fn envelope_to(&self) -> Vec<Address> {
        let mut all = Vec::new();
        for recipient in &self.recipients {
            if let Ok(address) = Address::parse(&recipient.mailbox.address)
                && !all.contains(&address)
            {
                all.push(address);
            }
        }
        all
    }
}

const COLUMNS: &str = "o.id, o.state, o.account_id, o.from_address, o.subject, o.html, o.project_id, o.answers, \
     o.in_reply_to, o.refers_to, o.token, o.message_id, o.needs_utf8, o.size, o.queued_at, o.send_at, o.later, \
     o.attempts, o.next_try, o.handed_over, o.cause, o.server_said, o.sent_at, o.copy, o.copy_tries, o.sent_message, \
     o.changed_at, o.looks_failed";

fn failure(cause: Option<String>, server_said: Option<String>) -> Option<Failure> {
    let cause = Cause::from_code(&cause?).unwrap_or(Cause::Unknown);
    Some(Failure { server_said, ..Failure::of(cause) })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Written> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|ms| ms.map(Timestamp));
    Ok(Written {
        id: OutgoingId(row.get(0)?),
        state: from_text(row.get(1)?)?,
        account: row.get::<_, Option<i64>>(2)?.map(AccountId),
        from: row.get(3)?,
        subject: row.get(4)?,
        html: row.get(5)?,
        project: row.get::<_, Option<i64>>(6)?.map(ProjectId),
        answers: row.get::<_, Option<i64>>(7)?.map(MessageId),
        in_reply_to: row.get(8)?,
        refers_to: from_json(&row.get::<_, String>(9)?)?,
        token: row.get(10)?,
        message_id: row.get(11)?,
        needs_utf8: row.get(12)?,
        size: row.get::<_, i64>(13)?.cast_unsigned(),
        queued_at: time(14)?,
        send_at: time(15)?,
        later: row.get(16)?,
        attempts: row.get(17)?,
        next_try: time(18)?,
        handed_over: row.get(19)?,
        failure: failure(row.get(20)?, row.get(21)?),
        sent_at: time(22)?,
        copy: from_text::<CopyState>(row.get(23)?)?,
        copy_tries: row.get(24)?,
        sent_message: row.get::<_, Option<i64>>(25)?.map(MessageId),
        changed_at: Timestamp(row.get(26)?),
        looks_failed: row.get(27)?,
        recipients: Vec::new(),
    })
}

fn recipients(connection: &Connection, id: OutgoingId) -> Result<Vec<Recipient>> {
    Ok(connection
        .prepare_cached(
            "SELECT role, name, address, state, cause, server_said FROM outgoing_recipient WHERE outgoing_id = ?1 \
             ORDER BY position",
        )?
        .query_map([id.0], |row| {
            let state: String = row.get(3)?;
            Ok(Recipient {
                role: from_text(row.get(0)?)?,
                mailbox: Mailbox { name: row.get(1)?, address: row.get(2)? },
                accepted: state == "accepted",
                refused: if state == "refused" { failure(row.get(4)?, row.get(5)?) } else { None },
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

fn query(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Written>> {
    let mut found =
        connection.prepare_cached(sql)?.query_map(params, read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    for written in &mut found {
        written.recipients = recipients(connection, written.id)?;
    }
    Ok(found)
}

/// One mail, or a refusal when it is gone.
pub fn get(connection: &Connection, id: OutgoingId) -> Result<Written> {
    query(connection, &format!("SELECT {COLUMNS} FROM outgoing o WHERE o.id = ?1"), [id.0])?
        .pop()
        .ok_or_else(|| Refusal::not_found("mail").into())
}

/// Drafts, newest first.
pub fn drafts(connection: &Connection, limit: u32) -> Result<Vec<Written>> {
    query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM outgoing o WHERE o.state = 'draft' ORDER BY o.changed_at DESC, o.id DESC LIMIT ?1"
        ),
        [limit],
    )
}

/// What waits, is on its way, failed or is uncertain, and of what was sent that of which a recipient was refused;
/// newest first.
pub fn open(connection: &Connection, limit: u32) -> Result<Vec<Written>> {
    let mut all = Vec::new();
    for state in ["queued", "sending", "failed", "uncertain"] {
        all.extend(query(
            connection,
            &format!(
                "SELECT {COLUMNS} FROM outgoing o WHERE o.state = ?1 ORDER BY o.changed_at DESC, o.id DESC LIMIT ?2"
            ),
            params![state, limit],
        )?);
    }
    all.extend(query(
        connection,
        &format!("SELECT {COLUMNS} FROM outgoing o WHERE {NOT_TO_ALL} ORDER BY o.id DESC LIMIT ?1"),
        [limit],
    )?);
    all.sort_by_key(|written| std::cmp::Reverse((written.changed_at, written.id)));
    Ok(all)
}

/// Sent, but not to everybody: the person has not taken note of it yet.
const NOT_TO_ALL: &str = "o.id IN (SELECT outgoing_id FROM outgoing_recipient WHERE state = 'refused') \
     AND o.state = 'sent' AND o.dismissed = 0";

/// Mail of a project that is no message yet, newest first, and what was sent there but not to everybody.
pub fn of_project(connection: &Connection, project: ProjectId) -> Result<Vec<Written>> {
    let mut all = query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM outgoing o WHERE o.project_id = ?1 AND o.state IN \
             ('draft', 'queued', 'sending', 'failed', 'uncertain') ORDER BY o.changed_at DESC, o.id DESC LIMIT 100"
        ),
        [project.0],
    )?;
    all.extend(query(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM outgoing o WHERE {NOT_TO_ALL} AND +o.project_id = ?1 ORDER BY o.id DESC LIMIT 100"
        ),
        [project.0],
    )?);
    all.sort_by_key(|written| std::cmp::Reverse((written.changed_at, written.id)));
    Ok(all)
}

/// How many are drafts, how many wait or are on their way, and how many need the person.
pub fn counts(connection: &Connection) -> Result<(u32, u32, u32)> {
    let mut of_state = connection.prepare_cached("SELECT count(*) FROM outgoing WHERE state = ?1")?;
    let mut count = |state: &str| of_state.query_row([state], |row| row.get::<_, u32>(0));
    let (drafts, waiting) = (count("draft")?, count("queued")? + count("sending")?);
    let not_to_all: u32 = connection
        .prepare_cached(&format!("SELECT count(*) FROM outgoing o WHERE {NOT_TO_ALL}"))?
        .query_row([], |row| row.get(0))?;
    Ok((drafts, waiting, count("failed")? + count("uncertain")? + not_to_all))
}

/// What a new draft begins with.
#[derive(Clone, Debug, Default)]
pub struct NewDraft {
    /// The account that sends it.
    pub account: Option<AccountId>,
    /// From, comparable.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// Cleaned HTML.
    pub html: String,
    /// Project.
    pub project: Option<ProjectId>,
    /// The message it answers.
    pub answers: Option<MessageId>,
    /// Its Message-ID.
    pub in_reply_to: String,
    /// References.
    pub refers_to: Vec<String>,
    /// A test email's token.
    pub token: Option<String>,
    /// Recipients.
    pub recipients: Vec<(Role, Mailbox)>,
}

/// Stores a new draft.
pub fn insert(connection: &Connection, new: &NewDraft, now: Timestamp) -> Result<OutgoingId> {
    connection
        .prepare_cached(
            "INSERT INTO outgoing (state, account_id, from_address, subject, html, project_id, answers, in_reply_to, \
             refers_to, token, created_at, changed_at) VALUES ('draft',?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?10)",
        )?
        .execute(params![
            new.account.map(|id| id.0),
            new.from,
            new.subject,
            new.html,
            new.project.map(|id| id.0),
            new.answers.map(|id| id.0),
            new.in_reply_to,
            serde_json::to_string(&new.refers_to)?,
            new.token,
            now.0
        ])?;
    let id = OutgoingId(connection.last_insert_rowid());
    replace_recipients(connection, id, &new.recipients)?;
    Ok(id)
}

/// What was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The account that sends it.
    pub account: Option<AccountId>,
    /// From, comparable.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// Cleaned HTML.
    pub html: String,
    /// Recipients.
    pub recipients: Vec<(Role, Mailbox)>,
}

/// Refuses what is no draft any more.
pub fn must_be_draft(connection: &Connection, id: OutgoingId) -> Result<()> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM outgoing WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    match state.as_deref() {
        Some("draft") => Ok(()),
        Some(_) => Err(Refusal::new("not_a_draft", "This mail is no draft any more.").into()),
        None => Err(Refusal::not_found("draft").into()),
    }
}

/// Stores what was typed into a draft.
pub fn save(connection: &Connection, id: OutgoingId, typed: &Typed, now: Timestamp) -> Result<()> {
    must_be_draft(connection, id)?;
    connection
        .prepare_cached(
            "UPDATE outgoing SET account_id = ?2, from_address = ?3, subject = ?4, html = ?5, \
             changed_at = max(?6, changed_at + 1) WHERE id = ?1",
        )?
        .execute(params![id.0, typed.account.map(|id| id.0), typed.from, typed.subject, typed.html, now.0])?;
    replace_recipients(connection, id, &typed.recipients)
}

pub(super) fn replace_recipients(
    connection: &Connection,
    id: OutgoingId,
    recipients: &[(Role, Mailbox)],
) -> Result<()> {
    connection.prepare_cached("DELETE FROM outgoing_recipient WHERE outgoing_id = ?1")?.execute([id.0])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO outgoing_recipient (outgoing_id, position, role, name, address) VALUES (?1,?2,?3,?4,?5)",
    )?;
    for (position, (role, mailbox)) in recipients.iter().enumerate() {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        insert.execute(params![id.0, position, text(role), mailbox.name, mailbox.address])?;
    }
    Ok(())
}

/// Removes a mail with its recipients and files; the bytes of the files are swept at a later start.
pub fn delete(connection: &Connection, id: OutgoingId) -> Result<()> {
    connection.prepare_cached("DELETE FROM outgoing WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// The files of a mail, as they were attached.
pub fn files(connection: &Connection, id: OutgoingId) -> Result<Vec<File>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, name, media_type, size, hash FROM outgoing_file WHERE outgoing_id = ?1 ORDER BY id",
        )?
        .query_map([id.0], |row| {
            Ok(File {
                id: OutgoingFileId(row.get(0)?),
                name: row.get(1)?,
                media_type: row.get(2)?,
                size: row.get::<_, i64>(3)?.cast_unsigned(),
                hash: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Attaches a file to a draft; its `id` is not looked at.
pub fn add_file(connection: &Connection, id: OutgoingId, file: &File, now: Timestamp) -> Result<()> {
    must_be_draft(connection, id)?;
    connection
        .prepare_cached(
            "INSERT INTO outgoing_file (outgoing_id, name, media_type, size, hash) VALUES (?1,?2,?3,?4,?5)",
        )?
        .execute(params![id.0, file.name, file.media_type, file.size.cast_signed(), file.hash])?;
    touch(connection, id, now)
}

/// Takes a file off a draft.
pub fn remove_file(
    connection: &Connection,
    id: OutgoingId,
    file: OutgoingFileId,
    now: Timestamp,
) -> Result<()> {
    must_be_draft(connection, id)?;
    connection
        .prepare_cached("DELETE FROM outgoing_file WHERE id = ?2 AND outgoing_id = ?1")?
        .execute([id.0, file.0])?;
    touch(connection, id, now)
}

fn touch(connection: &Connection, id: OutgoingId, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached("UPDATE outgoing SET changed_at = max(?2, changed_at + 1) WHERE id = ?1")?
        .execute(params![id.0, now.0])?;
    Ok(())
}

/// The largest mail that a host said it takes.
pub fn size_limit(connection: &Connection, host: &str) -> Result<Option<u64>> {
    Ok(connection
        .prepare_cached("SELECT bytes FROM size_limit WHERE host = ?1")?
        .query_row([host], |row| row.get::<_, i64>(0))
        .optional()?
        .map(i64::cast_unsigned))
}

/// Notes what a host said.
pub fn set_size_limit(connection: &Connection, host: &str, bytes: u64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO size_limit (host, bytes) VALUES (?1, ?2) ON CONFLICT (host) DO UPDATE SET bytes = ?2",
        )?
        .execute(params![host, bytes.cast_signed()])?;
    Ok(())
}
