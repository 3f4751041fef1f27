//! The way of a mail from the outbox to the server: each step of its state, durable.

use super::outgoing::{Role, replace_recipients};
use super::raw::Packed;
use super::{Result, text};
use crate::model::{
    AccountId, Address, CopyState, Failure, Mailbox, MessageId, OutgoingId, OutgoingState, Refusal, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, params};

/// A mail that was built, ready to be queued.
#[derive(Clone, Debug)]
pub struct Queued {
    /// The draft as it was when it was built: one that changed since is refused.
    pub changed_at: Timestamp,
    /// Recipients with comparable addresses.
    pub recipients: Vec<(Role, Mailbox)>,
    /// Message-ID, without brackets.
    pub message_id: String,
    /// Its header is UTF-8.
    pub needs_utf8: bool,
    /// Bytes.
    pub size: u64,
    /// The bytes.
    pub packed: Packed,
    /// When that was.
    pub now: Timestamp,
    /// Its Date.
    pub date: Timestamp,
    /// Not before this moment.
    pub send_at: Timestamp,
    /// The person chose that moment.
    pub later: bool,
}

/// Puts a draft into the outbox.
pub fn queue(connection: &Connection, id: OutgoingId, queued: &Queued) -> Result<()> {
    let (bytes, hash) = match &queued.packed {
        Packed::Inline(bytes) => (Some(bytes), None),
        Packed::File(hash) => (None, Some(hash)),
    };
    let changed = connection
        .prepare_cached(
            "UPDATE outgoing SET state = 'queued', message_id = ?2, needs_utf8 = ?3, size = ?4, bytes = ?5, raw_hash = ?6, \
             queued_at = ?11, send_at = ?8, later = ?9, attempts = 0, next_try = NULL, handed_over = 0, cause = NULL, \
             server_said = NULL, copy = 'none', copy_tries = 0, \
             looks_failed = 0, changed_at = max(?7, changed_at) \
             WHERE id = ?1 AND state = 'draft' AND changed_at = ?10",
        )?
        .execute(params![
            id.0,
            queued.message_id,
            queued.needs_utf8,
            queued.size.cast_signed(),
            bytes,
            hash,
            queued.now.0,
            queued.send_at.0,
            queued.later,
            queued.changed_at.0,
            queued.date.0
        ])?;
    if changed == 0 {
        super::outgoing::must_be_draft(connection, id)?;
        return Err(
            Refusal::new("changed", "The mail changed while it was being sent. Send it once more.").into()
        );
    }
    replace_recipients(connection, id, &queued.recipients)
}

/// The bytes of a built mail.
pub fn content(connection: &Connection, id: OutgoingId) -> Result<Option<Packed>> {
    Ok(connection
        .prepare_cached("SELECT bytes, raw_hash FROM outgoing WHERE id = ?1")?
        .query_row([id.0], |row| {
            let inline: Option<Vec<u8>> = row.get(0)?;
            let hash: Option<Vec<u8>> = row.get(1)?;
            Ok(inline.map(Packed::Inline).or(hash.map(Packed::File)))
        })
        .optional()?
        .flatten())
}

/// What there is to do, with the account that it is to be done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Hand it to the server.
    Send(OutgoingId),
    /// Look whether it had arrived.
    Look(OutgoingId),
    /// See to its copy in Sent.
    Copy(OutgoingId),
}

/// What is due, oldest first. Mail goes before looks and copies.
pub fn due(connection: &Connection, now: Timestamp) -> Result<Vec<(Option<AccountId>, Task)>> {
    let mut tasks = Vec::new();
    let mut find = |sql: &str, task: fn(OutgoingId) -> Task| -> Result<()> {
        let found = connection
            .prepare_cached(sql)?
            .query_map([now.0], |row| {
                Ok((row.get::<_, Option<i64>>(0)?.map(AccountId), task(OutgoingId(row.get(1)?))))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        tasks.extend(found);
        Ok(())
    };
    find(
        "SELECT account_id, id FROM outgoing WHERE state = 'queued' AND max(coalesce(send_at, 0), coalesce(next_try, 0)) \
         <= ?1 ORDER BY changed_at, id",
        Task::Send,
    )?;
    find(
        "SELECT account_id, id FROM outgoing WHERE state = 'uncertain' AND next_try <= ?1 ORDER BY changed_at, id",
        Task::Look,
    )?;
    find(
        "SELECT account_id, id FROM outgoing WHERE copy = 'wanted' AND next_try <= ?1 ORDER BY next_try, id",
        Task::Copy,
    )?;
    Ok(tasks)
}

/// When something is due next.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>> {
    let mut next: Option<i64> = None;
    for sql in [
        "SELECT min(max(coalesce(send_at, 0), coalesce(next_try, 0))) FROM outgoing WHERE state = 'queued'",
        "SELECT min(next_try) FROM outgoing WHERE state = 'uncertain'",
        "SELECT min(next_try) FROM outgoing WHERE copy = 'wanted'",
    ] {
        let found: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        next = match (next, found) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Ok(next.map(Timestamp))
}

/// Whether a mail is marked as being sent: now, or by a program that has died since.
pub fn any_sending(connection: &Connection) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM outgoing WHERE state = 'sending' LIMIT 1")?.exists([])?)
}

/// Takes a queued mail to be sent. `false`: it was taken back, its moment is another now, or another has it.
pub fn claim(connection: &Connection, id: OutgoingId, now: Timestamp) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "UPDATE outgoing SET state = 'sending', handed_over = 0, attempts = attempts + 1, changed_at = max(?2, changed_at) \
             WHERE id = ?1 AND state = 'queued' \
             AND max(coalesce(send_at, 0), coalesce(next_try, 0)) <= ?2",
        )?
        .execute(params![id.0, now.0])?
        == 1)
}

/// Committed before the final dot goes out.
pub fn hand_over(connection: &Connection, id: OutgoingId) -> Result<()> {
    let changed = connection
        .prepare_cached("UPDATE outgoing SET handed_over = 1 WHERE id = ?1 AND state = 'sending'")?
        .execute([id.0])?;
    if changed == 1 { Ok(()) } else { Err(Refusal::not_found("mail").into()) }
}

/// A program died while it sent these, those of `own` excepted: what had been handed over is uncertain, the rest goes
/// again, each time a minute later: it may be the mail that the program dies of. Only for a holder of the outbox's lock.
pub fn recover(connection: &Connection, own: &[OutgoingId], now: Timestamp) -> Result<usize> {
    let sending: Vec<i64> = connection
        .prepare_cached("SELECT id FROM outgoing WHERE state = 'sending'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut recovered = 0;
    for id in sending.into_iter().filter(|id| !own.contains(&OutgoingId(*id))) {
        recovered += connection
            .prepare_cached(
                "UPDATE outgoing SET state = CASE WHEN handed_over THEN 'uncertain' ELSE 'queued' END, \
                 next_try = ?2 + CASE WHEN handed_over THEN 0 ELSE min(max(attempts - 1, 0), 60) * 60000 END, \
                 copy_tries = 0, looks_failed = 0, changed_at = max(?2, changed_at) WHERE id = ?1",
            )?
            .execute(params![id, now.0])?;
    }
    Ok(recovered)
}

/// How a try ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// It is tried again at that moment.
    Again(Timestamp),
    /// It is not.
    Failed,
    /// Nobody knows; from that moment on it is looked for in Sent.
    Uncertain(Timestamp),
}

/// Notes that a mail that was being sent was not, or that nobody knows.
pub fn not_sent(
    connection: &Connection,
    id: OutgoingId,
    ended: &Ended,
    failure: &Failure,
    refused: &[(Address, Failure)],
    now: Timestamp,
) -> Result<()> {
    let (state, next_try) = match ended {
        Ended::Again(at) => (OutgoingState::Queued, Some(at.0)),
        Ended::Failed => (OutgoingState::Failed, None),
        Ended::Uncertain(at) => (OutgoingState::Uncertain, Some(at.0)),
    };
    let changed = connection
        .prepare_cached(
            "UPDATE outgoing SET state = ?2, next_try = ?3, cause = ?4, server_said = ?5, copy_tries = 0, looks_failed = 0, \
             handed_over = CASE WHEN ?2 = 'uncertain' THEN 1 ELSE 0 END, changed_at = max(?6, changed_at) \
             WHERE id = ?1 AND state = 'sending'",
        )?
        .execute(params![id.0, text(&state), next_try, failure.cause.code(), failure.server_said, now.0])?;
    if changed == 1 { set_recipients(connection, id, &[], refused) } else { Ok(()) }
}

fn set_recipients(
    connection: &Connection,
    id: OutgoingId,
    accepted: &[Address],
    refused: &[(Address, Failure)],
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outgoing_recipient SET state = '', cause = NULL, server_said = NULL WHERE outgoing_id = ?1",
        )?
        .execute([id.0])?;
    for address in accepted {
        connection
            .prepare_cached(
                "UPDATE outgoing_recipient SET state = 'accepted' WHERE outgoing_id = ?1 AND address = ?2",
            )?
            .execute(params![id.0, address.as_str()])?;
    }
    for (address, failure) in refused {
        connection
            .prepare_cached(
                "UPDATE outgoing_recipient SET state = 'refused', cause = ?3, server_said = ?4 \
                 WHERE outgoing_id = ?1 AND address = ?2",
            )?
            .execute(params![id.0, address.as_str(), failure.cause.code(), failure.server_said])?;
    }
    Ok(())
}

/// What a server that took a mail said.
#[derive(Clone, Debug)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// For whom.
    pub accepted: Vec<Address>,
    /// For whom not.
    pub refused: Vec<(Address, Failure)>,
    /// The message that it is now.
    pub message: MessageId,
    /// Its copy: still wanted, or found already.
    pub copy: CopyState,
}

/// Notes that a server took it. `false`: it is in another state than `from` by now, and stays so.
pub fn sent(connection: &Connection, id: OutgoingId, from: OutgoingState, taken: &Taken) -> Result<bool> {
    let next = (taken.copy == CopyState::Wanted).then_some(taken.at.0);
    let changed = connection
        .prepare_cached(
            "UPDATE outgoing SET state = 'sent', sent_at = ?2, sent_message = ?3, copy = ?4, copy_tries = 0, \
             looks_failed = 0, next_try = ?5, cause = NULL, server_said = NULL, changed_at = max(?2, changed_at) \
             WHERE id = ?1 AND state = ?6",
        )?
        .execute(params![id.0, taken.at.0, taken.message.0, text(&taken.copy), next, text(&from)])?;
    if changed == 0 {
        return Ok(false);
    }
    set_recipients(connection, id, &taken.accepted, &taken.refused)?;
    settle(connection, id)?;
    Ok(true)
}

/// The mail in doubt with this Message-ID.
pub fn in_doubt(connection: &Connection, message_id: &str) -> Result<Option<OutgoingId>> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM outgoing WHERE message_id = ?1 AND message_id <> '' AND state = 'uncertain' LIMIT 1",
        )?
        .query_row([message_id], |row| row.get(0).map(OutgoingId))
        .optional()?)
}

/// The message of the user's own with this Message-ID.
pub fn own_message(connection: &Connection, message_id: &str) -> Result<Option<MessageId>> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM message WHERE message_id = ?1 AND message_id <> '' AND direction = 'out' ORDER BY id LIMIT 1",
        )?
        .query_row([message_id], |row| row.get(0).map(MessageId))
        .optional()?)
}

/// A mail in doubt has turned up as this message: it was sent. `false`: it was in doubt no more.
pub fn turned_up(connection: &Connection, id: OutgoingId, message: MessageId, at: Timestamp) -> Result<bool> {
    let accepted = super::outgoing::get(connection, id)?.envelope_to();
    let taken = Taken { at, accepted, refused: Vec::new(), message, copy: CopyState::Found };
    sent(connection, id, OutgoingState::Uncertain, &taken)
}

/// The bytes of a sent mail are its message's; once its copy is settled they are not wanted twice.
fn settle(connection: &Connection, id: OutgoingId) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outgoing SET bytes = NULL, raw_hash = NULL WHERE id = ?1 AND state = 'sent' AND copy <> 'wanted'",
        )?
        .execute([id.0])?;
    connection
        .prepare_cached(
            "DELETE FROM outgoing_file WHERE outgoing_id = ?1 AND EXISTS (SELECT 1 FROM outgoing WHERE id = ?1 \
             AND state = 'sent' AND copy <> 'wanted')",
        )?
        .execute([id.0])?;
    Ok(())
}

/// How the copy of a sent mail ended.
pub fn set_copy(connection: &Connection, id: OutgoingId, copy: CopyState) -> Result<()> {
    connection
        .prepare_cached("UPDATE outgoing SET copy = ?2, next_try = NULL WHERE id = ?1 AND copy = 'wanted'")?
        .execute(params![id.0, text(&copy)])?;
    settle(connection, id)
}

/// A look at Sent (for a copy that is wanted, or for a mail in doubt) led nowhere: the next is at that moment, or there
/// is none. `reached`: Sent was looked into; else the look does not count.
pub fn looked(connection: &Connection, id: OutgoingId, reached: bool, next: Option<Timestamp>) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outgoing SET copy_tries = copy_tries + ?3, looks_failed = CASE WHEN ?3 THEN 0 ELSE looks_failed + 1 END, \
             next_try = ?2 WHERE id = ?1 AND (state = 'uncertain' OR copy = 'wanted')",
        )?
        .execute(params![id.0, next.map(|at| at.0), reached])?;
    Ok(())
}

/// The account was proven anew: what it looks for in Sent is looked for now.
pub fn look_anew(connection: &Connection, account: AccountId, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outgoing SET next_try = ?2 WHERE account_id = ?1 AND (state = 'uncertain' OR copy = 'wanted')",
        )?
        .execute([account.0, now.0])?;
    Ok(())
}

/// One in this state becomes a draft again.
fn made_draft(connection: &Connection, id: OutgoingId, from: OutgoingState, now: Timestamp) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE outgoing SET state = 'draft', message_id = '', bytes = NULL, raw_hash = NULL, size = 0, \
             queued_at = NULL, send_at = NULL, later = 0, attempts = 0, next_try = NULL, handed_over = 0, cause = NULL, \
             server_said = NULL, copy_tries = 0, looks_failed = 0, changed_at = max(?2, changed_at + 1) \
             WHERE id = ?1 AND state = ?3",
        )?
        .execute(params![id.0, now.0, text(&from)])?;
    if changed == 1 {
        set_recipients(connection, id, &[], &[])?;
    }
    Ok(changed == 1)
}

/// Takes a mail back into a draft: like [`to_draft`], and one in doubt too, since the person says so.
pub fn edit_again(connection: &Connection, id: OutgoingId, now: Timestamp) -> Result<()> {
    if made_draft(connection, id, OutgoingState::Uncertain, now)? {
        return Ok(());
    }
    to_draft(connection, id, now)
}

/// Takes a mail back into a draft that has not left, or that failed. Never one that may be on its way.
pub fn to_draft(connection: &Connection, id: OutgoingId, now: Timestamp) -> Result<()> {
    for state in [OutgoingState::Queued, OutgoingState::Failed] {
        if made_draft(connection, id, state, now)? {
            return Ok(());
        }
    }
    let state = super::outgoing::get(connection, id)?.state;
    let sentence = match state {
        OutgoingState::Sent => "It has been sent already.",
        OutgoingState::Uncertain => "It may have arrived already, so it cannot be taken back.",
        OutgoingState::Draft => return Ok(()),
        _ => "It is on its way already.",
    };
    Err(Refusal::new("too_late", sentence).into())
}

/// Makes a mail go now that waits, failed, or (when the person says so) is uncertain.
pub fn go_now(connection: &Connection, id: OutgoingId, from: OutgoingState, now: Timestamp) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "UPDATE outgoing SET state = 'queued', send_at = ?3, later = 0, next_try = NULL, attempts = 0, handed_over = 0, \
             cause = NULL, server_said = NULL, copy_tries = 0, looks_failed = 0, changed_at = max(?3, changed_at) WHERE id = ?1 AND state = ?2",
        )?
        .execute(params![id.0, text(&from), now.0])?
        == 1)
}

/// The network is another: what waits for its next try, or for the next look at Sent, need not wait.
pub fn forget_waits(connection: &Connection) -> Result<usize> {
    let mut all = 0;
    for sql in [
        "UPDATE outgoing SET next_try = NULL WHERE state = 'queued' AND next_try IS NOT NULL",
        "UPDATE outgoing SET next_try = 0 WHERE state = 'uncertain' AND next_try IS NOT NULL",
        "UPDATE outgoing SET next_try = 0 WHERE copy = 'wanted' AND next_try IS NOT NULL",
    ] {
        all += connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(all)
}

/// Takes a sent mail off the outbox page.
pub fn dismiss(connection: &Connection, id: OutgoingId) -> Result<()> {
    connection.prepare_cached("UPDATE outgoing SET dismissed = 1 WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// How many mails of an account have not left yet: [`release`] makes drafts of them.
pub fn unsent(connection: &Connection, account: AccountId) -> Result<u32> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM outgoing WHERE account_id = ?1 AND state IN ('queued', 'failed')",
        )?
        .query_row([account.0], |row| row.get(0))?)
}

/// An account goes: what it had still to send is a draft again.
pub fn release(connection: &Connection, account: AccountId) -> Result<()> {
    let waiting: Vec<i64> = connection
        .prepare_cached(
            "SELECT id FROM outgoing WHERE account_id = ?1 AND state IN ('queued', 'failed') ORDER BY id",
        )?
        .query_map([account.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in waiting {
        to_draft(connection, OutgoingId(id), Timestamp(0))?;
    }
    connection
        .prepare_cached("UPDATE outgoing SET copy = 'no_folder', next_try = NULL WHERE account_id = ?1 AND copy = 'wanted'")?
        .execute([account.0])?;
    Ok(())
}

/// The message that was sent from here with this fingerprint, not long before `at`: a server may have given it another
/// Message-ID.
pub fn sent_here(
    connection: &Connection,
    fingerprint: &[u8; 32],
    since: Timestamp,
) -> Result<Option<MessageId>> {
    Ok(connection
        .prepare_cached(
            "SELECT m.id FROM message m JOIN outgoing o ON o.sent_message = m.id WHERE m.fingerprint = ?1 \
             AND o.sent_at >= ?2 ORDER BY m.id LIMIT 1",
        )?
        .query_row(params![fingerprint.as_slice(), since.0], |row| row.get(0).map(MessageId))
        .optional()?)
}

/// The same message is also known by this Message-ID.
pub fn also_known_as(connection: &Connection, message: MessageId, message_id: &str) -> Result<()> {
    if message_id.is_empty() {
        return Ok(());
    }
    let thread = super::messages::thread_of(connection, message)?;
    super::threads::add_nodes(connection, thread, &[message_id.to_owned()])?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO message_ref (message_id, id) VALUES (?1, ?2)")?
        .execute(params![message.0, message_id])?;
    Ok(())
}
