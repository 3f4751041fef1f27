//! From fetched bytes to a stored, filed message.

use super::file::file_by_rule;
use super::undelivered::{self, Report};
use crate::model::{
    Address, Attachment, Direction, Failure, FolderId, MessageId, ProjectId, ThreadId, Timestamp,
};
use crate::store::coverage::Wanted;
use crate::store::locations::{self, Place};
use crate::store::messages::{self, Filed, NewMessage};
use crate::store::raw::{self, Packed};
use crate::store::{self, StoreError, accounts, contacts, coverage, folders, outgoing, sending, threads};
use crate::{filing, mail};
use rusqlite::Connection;
use std::path::Path;

/// Old mail that was backfilled needs no reply any more.
const REPLY_WITHIN_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// A Date later than its arrival is a wrong clock.
const CLOCK_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;
/// A copy in Sent this much younger than the sending may carry a Message-ID of the server's.
const RENAMED_WITHIN_MS: i64 = 24 * 60 * 60 * 1000;

/// A message as it came over the wire.
pub(super) struct Fetched {
    pub wanted: Wanted,
    pub bytes: Vec<u8>,
    /// Only its beginning.
    pub partial: bool,
}

/// A message ready to be stored.
pub(super) struct Ready {
    wanted: Wanted,
    new: NewMessage,
    /// An address that it was written and delivered to: perhaps one of the user's own.
    delivered_to: Option<Address>,
    /// It is a delivery report.
    report: Option<Report>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was here already, or is not wanted any more.
    Known,
    /// New, in a project.
    Filed,
    /// New, to sort.
    ToSort,
}

/// Parses and packs. Blocks: keep it off the runtime.
pub(super) fn prepare(dir: &Path, fetched: Fetched, now: Timestamp) -> Result<Ready, Failure> {
    let Fetched { wanted, bytes, partial } = fetched;
    let parsed = mail::parse(&bytes);
    let search = mail::SearchText::from(&parsed);
    let header = &parsed.deciding;
    let (thread_ids, participants) = (thread_ids(header), participants(header));
    let date = parsed
        .date
        .filter(|date| date.since(wanted.internal_date) <= CLOCK_AHEAD_MS)
        .unwrap_or(wanted.internal_date);
    let delivered_to = parsed
        .delivered_to
        .filter(|address| !wanted.outgoing && (header.to.contains(address) || header.cc.contains(address)));
    let report = if parsed.automatic && !wanted.outgoing {
        undelivered::report(&bytes, wanted.internal_date)
    } else {
        None
    };
    let packed = raw::pack(dir, &bytes).map_err(|error| error.failure())?;
    let new = NewMessage {
        message_id: header.message_id.clone().unwrap_or_default(),
        fingerprint: parsed.fingerprint,
        direction: if wanted.outgoing { Direction::Out } else { Direction::In },
        from: parsed.from,
        to: parsed.to,
        cc: parsed.cc,
        subject: parsed.subject,
        preview: parsed.preview,
        text: parsed.text,
        attachments: parsed.attachments,
        date,
        received: wanted.internal_date,
        seen: wanted.seen,
        opened: wanted.backfilled,
        done: wanted.backfilled && now.since(date) > REPLY_WITHIN_MS,
        automatic: parsed.automatic,
        partial,
        unparsable: parsed.unparsable,
        size: u64::from(wanted.size).max(bytes.len() as u64),
        participants,
        thread_ids,
        search: [search.from, search.to, search.subject, search.body, search.attachments],
        packed,
    };
    Ok(Ready { wanted, new, delivered_to, report })
}

/// Its own id and those that it refers to.
fn thread_ids(header: &mail::Deciding) -> Vec<String> {
    let mut ids: Vec<String> = header.message_id.iter().cloned().collect();
    ids.extend(header.in_reply_to.iter().chain(&header.references).cloned());
    ids.dedup();
    ids
}

fn participants(header: &mail::Deciding) -> Vec<(&'static str, Address)> {
    let mut participants = Vec::new();
    if let mail::FromField::One(author) = &header.from {
        participants.push(("from", author.clone()));
    }
    for (role, addresses) in [("to", &header.to), ("cc", &header.cc), ("bcc", &header.bcc)] {
        participants.extend(addresses.iter().map(|address| (role, address.clone())));
    }
    participants
}

/// A mail that was written here and has been sent.
pub struct WrittenHere<'m> {
    /// Its bytes; of a large one without its files.
    pub bytes: &'m [u8],
    /// What stands for its attachments, where the bytes lack them.
    pub attachments: Option<Vec<Attachment>>,
    /// Whom the header does not name.
    pub bcc: Vec<Address>,
    /// Whole size in bytes.
    pub size: u64,
    /// When a server took it.
    pub sent_at: Timestamp,
    /// Where its bytes lie.
    pub packed: Packed,
}

/// Makes the message of it. Blocks: keep it off the runtime.
pub fn prepare_written(written: WrittenHere<'_>) -> NewMessage {
    let parsed = mail::parse(written.bytes);
    let mut search = mail::SearchText::from(&parsed);
    let header = &parsed.deciding;
    let mut participants = participants(header);
    participants.extend(written.bcc.into_iter().map(|address| ("bcc", address)));
    let attachments = written.attachments.unwrap_or(parsed.attachments);
    let names: Vec<&str> = attachments.iter().map(|attachment| attachment.name.as_str()).collect();
    search.attachments = mail::normalise(&names.join(" "));
    NewMessage {
        message_id: header.message_id.clone().unwrap_or_default(),
        thread_ids: thread_ids(header),
        fingerprint: parsed.fingerprint,
        direction: Direction::Out,
        from: parsed.from,
        to: parsed.to,
        cc: parsed.cc,
        subject: parsed.subject,
        preview: parsed.preview,
        text: parsed.text,
        attachments,
        date: parsed.date.unwrap_or(written.sent_at),
        received: written.sent_at,
        seen: true,
        opened: true,
        done: false,
        automatic: parsed.automatic,
        partial: false,
        unparsable: parsed.unparsable,
        size: written.size,
        participants,
        search: [search.from, search.to, search.subject, search.body, search.attachments],
        packed: written.packed,
    }
}

/// Stores a mail that was written here, in the thread of what it answers, and files it: into its project, else by rule.
/// One that a cycle has brought in already stays where it is.
pub fn take_in_written(
    connection: &Connection,
    new: &NewMessage,
    answers: Option<MessageId>,
    project: Option<ProjectId>,
) -> Result<MessageId, StoreError> {
    let written_here = |project| Filed {
        project: Some(project),
        reason: filing::Reason::WrittenHere.code().into(),
        moved_by_user: false,
    };
    if let Some(known) = messages::find_same(connection, &new.message_id, &new.fingerprint)? {
        if let Some(project) = project
            && messages::filed(connection, known)?.project.is_none()
        {
            messages::file(connection, known, &written_here(project))?;
        }
        return Ok(known);
    }
    let mut touched = threads::touched(connection, &new.thread_ids)?;
    if let Some(answered) = answers {
        let thread = messages::thread_of(connection, answered)?;
        touched.retain(|other| *other != thread);
        touched.insert(0, thread);
    }
    let thread = join(connection, &touched, &new.thread_ids)?;
    let id = messages::insert(connection, new, thread)?;
    match project {
        Some(project) => messages::file(connection, id, &written_here(project))?,
        None => {
            file_by_rule(connection, id)?;
        }
    }
    Ok(id)
}

/// Stores a message, or notes one more place of it, and takes it off the list of what is wanted.
pub(super) fn take_in(connection: &Connection, ready: &Ready) -> Result<Taken, StoreError> {
    let Ready { wanted, new, delivered_to, report } = ready;
    if !coverage::settle(connection, wanted.folder, wanted.uid)? {
        // Its contact was removed while it was on the way: it is of nobody now.
        return Ok(Taken::Known);
    }
    let place = Place {
        folder: wanted.folder,
        uid_validity: wanted.uid_validity,
        uid: wanted.uid,
        seen: wanted.seen,
        outgoing: wanted.outgoing,
        gmail_id: wanted.gmail_id,
    };
    // Of a mail that was written here nobody knew whether it was taken: it lies in Sent, so it was.
    if wanted.outgoing
        && let Some(doubt) = sending::in_doubt(connection, &new.message_id)?
    {
        let written = outgoing::get(connection, doubt)?;
        let message = take_in_written(connection, new, written.answers, written.project)?;
        locations::add(connection, message, &place)?;
        sending::turned_up(connection, doubt, message, new.received)?;
        let filed = messages::filed(connection, message)?.project.is_some();
        return Ok(if filed { Taken::Filed } else { Taken::ToSort });
    }
    if let Some(known) = messages::find_same(connection, &new.message_id, &new.fingerprint)? {
        locations::add(connection, known, &place)?;
        return Ok(Taken::Known);
    }
    // A server that gives what it sends another Message-ID: its copy is the mail that was written here all the same,
    // and answers will name that id.
    if wanted.outgoing
        && let Some(known) =
            sending::sent_here(connection, &new.fingerprint, wanted.internal_date.plus(-RENAMED_WITHIN_MS))?
    {
        sending::also_known_as(connection, known, &new.message_id)?;
        locations::add(connection, known, &place)?;
        return Ok(Taken::Known);
    }
    if wanted.known_only {
        return Ok(Taken::Known);
    }
    let touched = threads::touched(connection, &new.thread_ids)?;
    let thread = join(connection, &touched, &new.thread_ids)?;
    let id = messages::insert(connection, new, thread)?;
    locations::add(connection, id, &place)?;
    if let Some(report) = report {
        undelivered::take(connection, report)?;
    }
    if let Some(address) = delivered_to {
        suggest_alias(connection, wanted.folder, address)?;
    }
    let filed = file_by_rule(connection, id)?;
    Ok(if filed { Taken::Filed } else { Taken::ToSort })
}

/// A mail that was written and delivered to an address that nobody here knows: the person is asked whether it is
/// theirs. An answer that was given stands.
fn suggest_alias(connection: &Connection, folder: FolderId, address: &Address) -> Result<(), StoreError> {
    let known = accounts::own_addresses(connection)?.contains(address)
        || contacts::owner(connection, address)?.is_some();
    if known {
        return Ok(());
    }
    let account = folders::account_of(connection, folder)?;
    accounts::set_alias(connection, account, address, "delivered")
}

/// The thread of a new message. Threads that it joins become one, unless they lie in different projects: then
/// each keeps its own, and the message stands in the first.
fn join(connection: &Connection, touched: &[ThreadId], ids: &[String]) -> Result<ThreadId, StoreError> {
    let thread = match touched {
        [] => threads::create(connection)?,
        [first, others @ ..] => {
            if !others.is_empty() && !in_different_projects(connection, touched)? {
                for other in others {
                    threads::merge(connection, *first, *other)?;
                }
            }
            *first
        }
    };
    threads::add_nodes(connection, thread, ids)?;
    Ok(thread)
}

fn in_different_projects(connection: &Connection, touched: &[ThreadId]) -> store::Result<bool> {
    let mut projects = Vec::new();
    for thread in touched {
        let facts = threads::facts(connection, *thread)?;
        projects.extend(facts.bound.map(|(project, _)| project).or(facts.project.map(|project| project.id)));
    }
    projects.dedup();
    Ok(projects.len() > 1)
}
