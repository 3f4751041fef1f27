//! From a draft to a mail in the outbox: checked, built once, durable.

use super::check;
use crate::mail::build::{Built, Enclosed, Letter, build, message_id};
use crate::model::{Account, Address, Mailbox, OutgoingId, OutgoingState, Refusal, Timestamp};
use crate::store::outgoing::{self, File, Role, Written};
use crate::store::raw::{self, Packer};
use crate::store::sending::{self, Queued};
use crate::store::{Store, StoreError, accounts};
use std::path::Path;

/// When a mail goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Now: its Date.
    pub now: Timestamp,
    /// Not before this moment.
    pub send_at: Timestamp,
    /// The person chose that moment.
    pub later: bool,
}

impl When {
    /// After the time to take it back, or at a chosen moment; one that has passed is now.
    pub fn of(now: Timestamp, undo_seconds: u32, at: Option<Timestamp>) -> Self {
        let soon = now.plus(i64::from(undo_seconds) * 1000);
        match at {
            Some(at) if at > soon => Self { now, send_at: at, later: true },
            Some(_) | None => Self { now, send_at: soon, later: false },
        }
    }
}

/// The letter that a mail is built from. `files`: enclosed, or left out where only its text is wanted.
pub fn letter(written: &Written, name: &str, files: &[File], dir: &Path) -> Letter {
    Letter {
        from: Mailbox { name: name.to_owned(), address: written.from.clone() },
        to: written.mailboxes(Role::To),
        cc: written.mailboxes(Role::Cc),
        subject: written.subject.clone(),
        html: written.html.clone(),
        message_id: written.message_id.clone(),
        in_reply_to: Some(written.in_reply_to.clone()).filter(|id| !id.is_empty()),
        references: written.refers_to.clone(),
        date: written.queued_at.unwrap_or(written.changed_at),
        token: written.token.clone(),
        files: files
            .iter()
            .map(|file| Enclosed {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                path: raw::path(dir, &file.hash),
                size: file.size,
            })
            .collect(),
    }
}

struct Checked {
    written: Written,
    files: Vec<File>,
    name: String,
    limit: Option<u64>,
    from: Address,
    recipients: Vec<(Role, Mailbox)>,
}

fn check_all(connection: &rusqlite::Connection, id: OutgoingId) -> Result<Checked, StoreError> {
    let written = outgoing::get(connection, id)?;
    if written.state != OutgoingState::Draft {
        return Err(Refusal::new("not_a_draft", "This mail is on its way already.").into());
    }
    let recipients = check::recipients(&written.recipients)?;
    let account: Option<Account> = match written.account {
        Some(id) => Some(accounts::get(connection, id)?),
        None => None,
    };
    let from = check::sender(&written.from, account.as_ref())?;
    let host =
        account.as_ref().and_then(|account| account.outgoing.as_ref()).map(|server| server.host.clone());
    let limit = outgoing::size_limit(connection, &host.unwrap_or_default())?;
    let name = match written.account {
        Some(id) => accounts::sender(connection, id)?.0,
        None => String::new(),
    };
    let files = outgoing::files(connection, id)?;
    refuse_size(check::estimate(&files, &written.html), limit)?;
    Ok(Checked { written, files, name, limit, from, recipients })
}

fn refuse_size(size: u64, limit: Option<u64>) -> Result<(), StoreError> {
    match check::too_large(size, limit) {
        Some(sentence) => Err(Refusal::about("files", "message_too_large", sentence).into()),
        None => Ok(()),
    }
}

/// Puts a draft into the outbox. `random`: of its Message-ID.
pub async fn queue(store: &Store, id: OutgoingId, when: When, random: [u8; 16]) -> Result<(), StoreError> {
    let dir = store.dir().to_owned();
    let queued = store
        .read(move |db| {
            let checked = check_all(db, id)?;
            build_it(&dir, checked, when, random)
        })
        .await?;
    store.write(move |tx| sending::queue(tx, id, &queued)).await
}

fn build_it(dir: &Path, checked: Checked, when: When, random: [u8; 16]) -> Result<Queued, StoreError> {
    let Checked { mut written, files, name, limit, from, recipients } = checked;
    let changed_at = written.changed_at;
    written.message_id = message_id(from.domain(), random);
    written.queued_at = Some(when.now);
    written.from = from.to_string();
    written.recipients =
        recipients.iter().map(|(role, mailbox)| outgoing::Recipient::new(*role, mailbox.clone())).collect();
    let mut packer = Packer::new(dir);
    let Built { size, needs_utf8 } = build(&letter(&written, &name, &files, dir), &mut packer)?;
    let (packed, _) = packer.finish()?;
    refuse_size(size, limit)?;
    // An address in Bcc stands in no header, but the envelope names it.
    let needs_utf8 = needs_utf8 || recipients.iter().any(|(_, mailbox)| !mailbox.address.is_ascii());
    Ok(Queued {
        changed_at,
        recipients,
        message_id: written.message_id,
        needs_utf8,
        size,
        packed,
        now: when.now,
        send_at: when.send_at,
        later: when.later,
    })
}
