//! Guided test emails, their steps, and what is known of their mails.

use super::{Result, from_json, from_text, text};
use crate::model::{
    AccountId, Address, Check, ContactId, CopyState, Diagnosis, FoundReply, MessageId, OutgoingId,
    OutgoingState, ProjectId, Refusal, RunState, TestRunId, TestStep, TestStepName, ThreadId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What a run begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// 8 characters of base32.
    pub token: String,
    /// The account that is tested.
    pub account: AccountId,
    /// Its address.
    pub account_email: Address,
    /// Who replies.
    pub contact: ContactId,
    /// From which address.
    pub address: Address,
    /// Where the reply should go.
    pub project: ProjectId,
    /// The contact was made for it.
    pub made_contact: bool,
    /// The project was made for it.
    pub made_project: bool,
    /// The account does not send.
    pub by_hand: bool,
    /// Now.
    pub started_at: Timestamp,
}

/// A run as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Which.
    pub id: TestRunId,
    /// 8 characters of base32.
    pub token: String,
    /// The account, while it is there.
    pub account: Option<AccountId>,
    /// Its address.
    pub account_email: String,
    /// The contact, while there is one.
    pub contact: Option<ContactId>,
    /// Whose reply is waited for.
    pub address: Address,
    /// The project, while there is one.
    pub project: Option<ProjectId>,
    /// The contact was made for it.
    pub made_contact: bool,
    /// The project was made for it.
    pub made_project: bool,
    /// The account does not send.
    pub by_hand: bool,
    /// Its mail, while it is in the outbox.
    pub outgoing: Option<OutgoingId>,
    /// Message-ID of its mail; empty when there is none.
    pub message_id: String,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it came to nothing, or what holds it up.
    pub diagnosis: Option<Diagnosis>,
    /// The troubleshooter's checks.
    pub checks: Vec<Check>,
    /// The reply that counts.
    pub reply: Option<MessageId>,
    /// A reply that cannot count as it is.
    pub found: Option<FoundReply>,
    /// When a look into every folder of its account's server last succeeded.
    pub looked_at: Option<Timestamp>,
    /// What was made for it has been removed.
    pub cleaned: bool,
    /// Its steps in their order.
    pub steps: Vec<TestStep>,
}

const COLUMNS: &str = "id, token, account_id, account_email, contact_id, address, project_id, made_contact, \
                       made_project, by_hand, outgoing_id, message_id, state, started_at, ended_at, diagnosis, checks, \
                       reply, found, cleaned, looked_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let json = |text: Option<String>| text.map(|text| from_json(&text)).transpose();
    let found = row.get::<_, Option<String>>(18)?.map(|text| from_json(&text)).transpose()?;
    Ok(Run {
        id: TestRunId(row.get(0)?),
        token: row.get(1)?,
        account: row.get::<_, Option<i64>>(2)?.map(AccountId),
        account_email: row.get(3)?,
        contact: row.get::<_, Option<i64>>(4)?.map(ContactId),
        address: Address::unchecked(&row.get::<_, String>(5)?),
        project: row.get::<_, Option<i64>>(6)?.map(ProjectId),
        made_contact: row.get(7)?,
        made_project: row.get(8)?,
        by_hand: row.get(9)?,
        outgoing: row.get::<_, Option<i64>>(10)?.map(OutgoingId),
        message_id: row.get(11)?,
        state: from_text(row.get(12)?)?,
        started_at: Timestamp(row.get(13)?),
        ended_at: row.get::<_, Option<i64>>(14)?.map(Timestamp),
        diagnosis: json(row.get(15)?)?,
        checks: from_json(&row.get::<_, String>(16)?)?,
        reply: row.get::<_, Option<i64>>(17)?.map(MessageId),
        found,
        cleaned: row.get(19)?,
        looked_at: row.get::<_, Option<i64>>(20)?.map(Timestamp),
        steps: Vec::new(),
    })
}

fn complete(connection: &Connection, runs: Vec<Run>) -> Result<Vec<Run>> {
    runs.into_iter().map(|run| Ok(Run { steps: steps(connection, run.id)?, ..run })).collect()
}

/// One run, or a refusal when there is none.
pub fn get(connection: &Connection, id: TestRunId) -> Result<Run> {
    let run = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM test_run WHERE id = ?1"))?
        .query_row([id.0], read)
        .optional()?
        .ok_or_else(|| Refusal::not_found("test"))?;
    Ok(Run { steps: steps(connection, id)?, ..run })
}

/// Every run, newest first; of very many the newest 200.
pub fn all(connection: &Connection) -> Result<Vec<Run>> {
    let runs = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM test_run ORDER BY id DESC LIMIT 200"))?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    complete(connection, runs)
}

/// The runs that wait, oldest first.
pub fn waiting(connection: &Connection) -> Result<Vec<Run>> {
    let runs = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM test_run WHERE state = 'waiting' ORDER BY id"))?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    complete(connection, runs)
}

/// Whose accounts runs wait for, and since when.
pub fn waited_for(connection: &Connection) -> Result<Vec<(AccountId, Timestamp)>> {
    Ok(connection
        .prepare_cached(
            "SELECT account_id, started_at FROM test_run WHERE state = 'waiting' AND account_id IS NOT NULL \
             ORDER BY id",
        )?
        .query_map([], |row| Ok((AccountId(row.get(0)?), Timestamp(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?)
}

fn steps(connection: &Connection, id: TestRunId) -> Result<Vec<TestStep>> {
    let mut steps = connection
        .prepare_cached("SELECT name, state, at, took_ms, detail FROM test_step WHERE run_id = ?1")?
        .query_map([id.0], |row| {
            Ok(TestStep {
                name: from_text::<TestStepName>(row.get(0)?)?,
                state: from_text(row.get(1)?)?,
                at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                took_ms: row.get(3)?,
                detail: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    steps.sort_by_key(|step| step.name);
    Ok(steps)
}

/// Stores a run that waits, without steps.
pub fn insert(connection: &Connection, new: &NewRun) -> Result<TestRunId> {
    connection
        .prepare_cached(
            "INSERT INTO test_run (token, account_id, account_email, contact_id, address, project_id, made_contact, \
             made_project, by_hand, state, started_at) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,'waiting',?10)",
        )?
        .execute(params![
            new.token,
            new.account.0,
            new.account_email.as_str(),
            new.contact.0,
            new.address.as_str(),
            new.project.0,
            new.made_contact,
            new.made_project,
            new.by_hand,
            new.started_at.0
        ])?;
    Ok(TestRunId(connection.last_insert_rowid()))
}

/// The mail of a run.
pub fn set_mail(
    connection: &Connection,
    id: TestRunId,
    outgoing: OutgoingId,
    message_id: &str,
) -> Result<()> {
    connection
        .prepare_cached("UPDATE test_run SET outgoing_id = ?2, message_id = ?3 WHERE id = ?1")?
        .execute(params![id.0, outgoing.0, message_id])?;
    Ok(())
}

/// What was found out of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// How it stands.
    pub state: RunState,
    /// Its steps.
    pub steps: Vec<TestStep>,
    /// Why it came to nothing, or what holds it up.
    pub diagnosis: Option<Diagnosis>,
    /// The reply that counts.
    pub reply: Option<MessageId>,
}

/// Stores what was found out of a run that waits. `false`: it had ended meanwhile, and nothing was changed.
pub fn note(
    connection: &Connection,
    id: TestRunId,
    findings: &Findings,
    checks: &[Check],
    now: Timestamp,
) -> Result<bool> {
    let ended = (findings.state != RunState::Waiting).then_some(now.0);
    let diagnosis = findings.diagnosis.as_ref().map(serde_json::to_string).transpose()?;
    let changed = connection
        .prepare_cached(
            "UPDATE test_run SET state = ?2, ended_at = ?3, diagnosis = ?4, reply = ?5, checks = ?6 \
             WHERE id = ?1 AND state = 'waiting'",
        )?
        .execute(params![
            id.0,
            text(&findings.state),
            ended,
            diagnosis,
            findings.reply.map(|reply| reply.0),
            serde_json::to_string(checks)?
        ])?;
    if changed == 0 {
        return Ok(false);
    }
    for step in &findings.steps {
        connection
            .prepare_cached(
                "INSERT INTO test_step (run_id, name, state, at, took_ms, detail) VALUES (?1,?2,?3,?4,?5,?6) \
                 ON CONFLICT (run_id, name) DO UPDATE SET state = ?3, at = ?4, took_ms = ?5, detail = ?6",
            )?
            .execute(params![
                id.0,
                text(&step.name),
                text(&step.state),
                step.at.map(|at| at.0),
                step.took_ms,
                step.detail
            ])?;
    }
    Ok(true)
}

/// The person ended a run that waits. `false`: it had ended.
pub fn stop(connection: &Connection, id: TestRunId, now: Timestamp) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE test_run SET state = 'stopped', ended_at = ?2, diagnosis = NULL WHERE id = ?1 AND state = 'waiting'",
        )?
        .execute(params![id.0, now.0])?;
    Ok(changed > 0)
}

/// A run that came to nothing waits again: what it lacked has been mended.
pub fn reopen(connection: &Connection, id: TestRunId) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE test_run SET state = 'waiting', ended_at = NULL WHERE id = ?1 AND state = 'failed'",
        )?
        .execute([id.0])?;
    Ok(())
}

/// What a look at the server found, or that there is nothing. `at`: when, where every folder could be looked into.
pub fn set_found(
    connection: &Connection,
    id: TestRunId,
    found: Option<&FoundReply>,
    at: Option<Timestamp>,
) -> Result<()> {
    let json = found.map(serde_json::to_string).transpose()?;
    connection
        .prepare_cached("UPDATE test_run SET found = ?2, looked_at = ?3 WHERE id = ?1")?
        .execute(params![id.0, json, at.map(|at| at.0)])?;
    Ok(())
}

/// What was made for a run has been removed.
pub fn set_cleaned(connection: &Connection, id: TestRunId) -> Result<()> {
    connection.prepare_cached("UPDATE test_run SET cleaned = 1 WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// Addresses that tests went to, the latest first.
pub fn addresses(connection: &Connection) -> Result<Vec<Address>> {
    Ok(connection
        .prepare_cached(
            "SELECT address FROM test_run INDEXED BY test_run_address GROUP BY address ORDER BY max(id) DESC",
        )?
        .query_map([], |row| Ok(Address::unchecked(&row.get::<_, String>(0)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Runs with this contact: whether one made it, and how many wait.
pub fn of_contact(connection: &Connection, contact: ContactId) -> Result<(bool, u32)> {
    made_and_waiting(connection, "SELECT made_contact, state FROM test_run WHERE contact_id = ?1", contact.0)
}

/// Runs with this project: whether one made it, and how many wait.
pub fn of_project(connection: &Connection, project: ProjectId) -> Result<(bool, u32)> {
    made_and_waiting(connection, "SELECT made_project, state FROM test_run WHERE project_id = ?1", project.0)
}

fn made_and_waiting(connection: &Connection, sql: &str, id: i64) -> Result<(bool, u32)> {
    let rows = connection
        .prepare_cached(sql)?
        .query_map([id], |row| Ok((row.get::<_, bool>(0)?, from_text::<RunState>(row.get(1)?)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let waiting = rows.iter().filter(|(_, state)| *state == RunState::Waiting).count();
    Ok((rows.iter().any(|(made, _)| *made), u32::try_from(waiting).unwrap_or(u32::MAX)))
}

/// How the mail of a run is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnItsWay {
    /// Message-ID; empty until it is built.
    pub message_id: String,
    /// How far it is.
    pub state: OutgoingState,
    /// How often it was tried.
    pub attempts: u32,
    /// Everything but the final dot has left.
    pub handed_over: bool,
    /// Code of the last failure's cause.
    pub cause: Option<String>,
    /// The server's words to it.
    pub server_said: Option<String>,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
    /// The copy in Sent.
    pub copy: CopyState,
}

/// How a mail is on its way; `None`: there is no such mail any more.
pub fn on_its_way(connection: &Connection, id: OutgoingId) -> Result<Option<OnItsWay>> {
    Ok(connection
        .prepare_cached(
            "SELECT o.message_id, o.state, o.attempts, o.handed_over, coalesce(r.cause, o.cause), \
             coalesce(r.server_said, o.server_said), o.sent_at, o.copy FROM outgoing o \
             LEFT JOIN outgoing_recipient r ON r.outgoing_id = o.id AND r.position = 0 WHERE o.id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(OnItsWay {
                message_id: row.get(0)?,
                state: from_text(row.get(1)?)?,
                attempts: row.get(2)?,
                handed_over: row.get(3)?,
                cause: row.get(4)?,
                server_said: row.get(5)?,
                sent_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
                copy: from_text(row.get(7)?)?,
            })
        })
        .optional()?)
}

/// Takes a test's mail out of the outbox, when it has surely not left: without its row no dot goes out either.
pub fn withdraw(connection: &Connection, id: OutgoingId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM outgoing WHERE id = ?1 AND handed_over = 0 AND state IN ('draft', 'queued', 'sending', 'failed')")?
        .execute([id.0])?;
    Ok(())
}

/// Removes what the outbox remembers of a test's mail, unless it is on its way at this moment.
pub fn forget_mail(connection: &Connection, id: OutgoingId) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM outgoing WHERE id = ?1 AND state <> 'sending'")?
        .execute([id.0])?;
    Ok(())
}

/// Whether anything else than this mail is being written in a project, or waits there.
pub fn others_written(connection: &Connection, project: ProjectId, mail: Option<OutgoingId>) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM outgoing WHERE project_id = ?1 AND state <> 'sent' AND id <> ?2 LIMIT 1",
        )?
        .exists(params![project.0, mail.map_or(0, |id| id.0)])?)
}

/// In how many places of an account's sent mail a message lies.
pub fn copies(connection: &Connection, message_id: &str, account: AccountId) -> Result<u32> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM message m JOIN location l ON l.message_id = m.id JOIN folder f ON f.id = l.folder_id \
             WHERE m.message_id = ?1 AND l.outgoing = 1 AND f.account_id = ?2",
        )?
        .query_row(params![message_id, account.0], |row| row.get(0))?)
}

/// A delivery report about a message: the address, and the server's words.
pub fn bounce(connection: &Connection, message_id: &str) -> Result<Option<(String, String)>> {
    if message_id.is_empty() {
        return Ok(None);
    }
    Ok(connection
        .prepare_cached(
            "SELECT u.address, u.server_said FROM message m JOIN undelivered u ON u.message_id = m.id \
             WHERE m.message_id = ?1 ORDER BY u.id LIMIT 1",
        )?
        .query_row([message_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// A message that may be the reply to a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Which.
    pub id: MessageId,
    /// Its own Message-ID.
    pub message_id: String,
    /// It was received, not sent from here.
    pub incoming: bool,
    /// Its author, as it is stored.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// Automatic mail.
    pub automatic: bool,
    /// Where it is filed.
    pub project: Option<ProjectId>,
    /// Its thread.
    pub thread: ThreadId,
    /// It refers to the test's Message-ID.
    pub refers: bool,
}

/// Messages here that refer to the test's Message-ID, or have its token among the words of their subject. The words
/// are those of the search; who needs it exactly looks at the subject.
pub fn mentions(connection: &Connection, message_id: &str, token: &str) -> Result<Vec<Mention>> {
    let mut ids: Vec<(i64, bool)> = connection
        .prepare_cached(
            "SELECT m.id FROM thread_node n JOIN message m ON m.thread_id = n.thread_id \
             JOIN message_ref r ON r.message_id = m.id AND r.id = ?1 \
             WHERE n.id = ?1 AND ?1 <> '' AND m.message_id <> ?1",
        )?
        .query_map([message_id], |row| Ok((row.get(0)?, true)))?
        .collect::<rusqlite::Result<_>>()?;
    let by_token: Vec<i64> = connection
        .prepare_cached("SELECT rowid FROM message_fts WHERE message_fts MATCH ?1 ORDER BY rowid")?
        .query_map([format!("subject : \"{}\"", crate::mail::normalise(token))], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in by_token {
        if !ids.iter().any(|(known, _)| *known == id) {
            ids.push((id, false));
        }
    }
    ids.sort_unstable();
    let mut statement = connection.prepare_cached(
        "SELECT message_id, direction = 'in', from_address, subject, received, automatic, project_id, thread_id \
         FROM message WHERE id = ?1",
    )?;
    let mut found = Vec::new();
    for (id, refers) in ids {
        found.push(statement.query_row([id], |row| {
            Ok(Mention {
                id: MessageId(id),
                message_id: row.get(0)?,
                incoming: row.get(1)?,
                from: row.get(2)?,
                subject: row.get(3)?,
                received: Timestamp(row.get(4)?),
                automatic: row.get(5)?,
                project: row.get::<_, Option<i64>>(6)?.map(ProjectId),
                thread: ThreadId(row.get(7)?),
                refers,
            })
        })?);
    }
    Ok(found)
}
