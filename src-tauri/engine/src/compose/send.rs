//! One try: a mail is handed over, and what came of it is noted.

use super::outbox::{Outbox, OutboxNotice};
use super::queue::letter;
use super::rules::{self, Next};
use crate::mail::build::build;
use crate::model::{
    Account, Address, Attachment, Cause, CopyState, Envelope, Failure, OutgoingId, OutgoingState, Timestamp,
};
use crate::net::{Counters, Terms};
use crate::secrets::{Credentials, Prompt};
use crate::smtp::{self, Follow, Mail, NotSent, Receipt};
use crate::store::outgoing::{self, File, Role, Written};
use crate::store::raw::{self, Packed};
use crate::store::sending::{self, Ended, Taken};
use crate::store::{Store, StoreError, accounts, meta};
use crate::sync::{WrittenHere, facts, prepare_written, retry, take_in_written};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Progress is told at most so often.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// A larger mail is read for its message without its files.
const READ_WHOLE: u64 = 1024 * 1024;

/// Follows one mail: makes durable that its dot goes out, and tells how far it is.
struct Following<'o> {
    outbox: &'o Outbox,
    id: OutgoingId,
    total: u64,
    limit: Option<u64>,
    told: Instant,
}

impl Follow for Following<'_> {
    fn sent(&mut self, bytes: u64) {
        if bytes >= self.total || self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            self.outbox.set_progress(self.id, bytes, self.total);
        }
    }

    fn limit(&mut self, bytes: u64) {
        self.limit = Some(bytes);
    }

    async fn before_dot(&mut self) -> Result<(), Failure> {
        let id = self.id;
        self.outbox.store().write(move |tx| sending::hand_over(tx, id)).await.map_err(|error| error.failure())
    }
}

/// What a try works with.
struct Gathered {
    written: Written,
    account: Option<Account>,
    packed: Option<Packed>,
    terms: Option<Terms>,
    /// The account must not sign in by itself.
    barred: Option<Failure>,
}

fn gather(connection: &rusqlite::Connection, id: OutgoingId, now: Timestamp) -> Result<Gathered, StoreError> {
    let written = outgoing::get(connection, id)?;
    let packed = sending::content(connection, id)?;
    let Some(account) = written.account else {
        return Ok(Gathered { written, account: None, packed, terms: None, barred: None });
    };
    let account = accounts::get(connection, account)?;
    let proxy = meta::proxy(connection)?;
    let terms = account.outgoing.as_ref().map(|server| Terms::of(&account, &server.host, proxy));
    Ok(Gathered {
        barred: barred(connection, &account, now)?,
        written,
        account: Some(account),
        packed,
        terms,
    })
}

/// Why the account's secret must not be sent by itself: a server has refused it, the outgoing or the incoming one.
pub(super) fn barred(
    connection: &rusqlite::Connection,
    account: &Account,
    now: Timestamp,
) -> Result<Option<Failure>, StoreError> {
    if let Some(failure) = accounts::sending_failure(connection, account.id)?
        && retry::secret_was_refused(failure.cause)
    {
        return Ok(Some(failure));
    }
    let standing = facts::standing(connection, account, 0, now)?;
    Ok(standing.counts.filter(|_| standing.secret_refused))
}

impl Outbox {
    /// Hands one queued mail over and notes what came of it. Nothing happens when it is not queued any more. The caller
    /// holds the outbox's lock and the account's turn.
    pub(super) async fn attempt(&self, id: OutgoingId) -> Result<(), StoreError> {
        let now = self.now();
        let _own = self.own(id);
        if !self.store().write(move |tx| sending::claim(tx, id, now)).await? {
            return Ok(());
        }
        self.tell(OutboxNotice::Outbox);
        let gathered = self.store().read(move |db| gather(db, id, now)).await?;
        let attempts = gathered.written.attempts;
        let account = gathered.account.clone();
        match self.hand_over(&gathered).await {
            Ok(receipt) => self.note_sent(gathered, receipt).await?,
            Err(not_sent) => self.note_not_sent(id, account.as_ref(), attempts, not_sent).await?,
        }
        self.tell(OutboxNotice::Outbox);
        Ok(())
    }

    async fn hand_over(&self, gathered: &Gathered) -> Result<Receipt, NotSent> {
        let refused = |failure| NotSent::Refused { failure, recipients: Vec::new() };
        let (Some(account), Some(terms)) = (&gathered.account, &gathered.terms) else {
            return Err(refused(Failure::said(Cause::SendingOff, "This account has no outgoing server.")));
        };
        if let Some(failure) = &gathered.barred {
            return Err(refused(failure.clone()));
        }
        let auth = &self.context().auth;
        let credentials = auth.credentials(account, Prompt::Never).await.map_err(refused)?;
        match self.hand_over_with(gathered, account, terms, &credentials).await {
            // A token that the server refuses before its time is renewed and tried once more; a password never is.
            Err(NotSent::Refused { failure, recipients }) if failure.cause == Cause::SignInExpired => {
                match auth.after_refusal(account, &credentials, Prompt::Never).await.map_err(refused)? {
                    Some(renewed) => self.hand_over_with(gathered, account, terms, &renewed).await,
                    None => Err(NotSent::Refused { failure, recipients }),
                }
            }
            other => other,
        }
    }

    async fn hand_over_with(
        &self,
        gathered: &Gathered,
        account: &Account,
        terms: &Terms,
        credentials: &Credentials,
    ) -> Result<Receipt, NotSent> {
        let refused = |failure| NotSent::Refused { failure, recipients: Vec::new() };
        let written = &gathered.written;
        let (Some(endpoint), Some(packed), Ok(from)) =
            (&account.outgoing, gathered.packed.clone(), Address::parse(&written.from))
        else {
            return Err(refused(Failure::said(Cause::Unknown, "The mail is not stored any more.")));
        };
        let dir = self.store().dir().to_owned();
        let bytes = tokio::task::spawn_blocking(move || raw::open_stream(&dir, &packed))
            .await
            .map_err(|error| refused(Failure::said(Cause::Unknown, error.to_string())))?
            .map_err(|error| refused(error.failure()))?;
        let mail: Mail<Box<dyn Read + Send>> =
            Mail { bytes, size: written.size, needs_utf8: written.needs_utf8 };
        let envelope = Envelope { from, to: written.envelope_to() };
        let mut following = Following {
            outbox: self,
            id: written.id,
            total: written.size,
            limit: None,
            told: Instant::now(),
        };
        let deadlines = self.context().deadlines;
        let counters = Arc::new(Counters::default());
        let result = smtp::send(
            endpoint,
            terms,
            &account.username,
            credentials,
            &envelope,
            mail,
            counters,
            &deadlines,
            &mut following,
        )
        .await;
        if let Some(limit) = following.limit {
            let host = endpoint.host.clone();
            // Without it the limit is only said later.
            let _ = self.store().write(move |tx| outgoing::set_size_limit(tx, &host, limit)).await;
        }
        result
    }

    async fn note_sent(&self, gathered: Gathered, receipt: Receipt) -> Result<(), StoreError> {
        let account = gathered.written.account;
        let (id, from) = (gathered.written.id, OutgoingState::Sending);
        self.became_message(id, from, Some(receipt), CopyState::Wanted).await?;
        if let Some(account) = account {
            self.store().write(move |tx| accounts::set_sending_failure(tx, account, None)).await?;
        }
        Ok(())
    }

    /// A mail was taken (by its receipt; without one, by everybody): the message is in its project at once. `false`: it
    /// is in another state than `from` by now, and nothing happens.
    pub(super) async fn became_message(
        &self,
        id: OutgoingId,
        from: OutgoingState,
        receipt: Option<Receipt>,
        copy: CopyState,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let dir = self.store().dir().to_owned();
        let ready = self
            .store()
            .read(move |db| {
                let written = outgoing::get(db, id)?;
                if written.state != from {
                    return Ok(None);
                }
                let packed = sending::content(db, id)?;
                let files = outgoing::files(db, id)?;
                let name = match written.account {
                    Some(account) => accounts::sender(db, account)?.0,
                    None => String::new(),
                };
                let new = message_of(&dir, &written, packed, &files, &name, now)?;
                Ok(Some((written, new)))
            })
            .await?;
        let Some((written, new)) = ready else { return Ok(false) };
        let (accepted, refused) =
            receipt.map_or_else(|| (written.envelope_to(), Vec::new()), |r| (r.accepted, r.refused));
        let became = self
            .store()
            .write(move |tx| {
                if outgoing::get(tx, id)?.state != from {
                    return Ok(false);
                }
                let message = take_in_written(tx, &new, written.answers, written.project)?;
                sending::sent(tx, id, from, &Taken { at: now, accepted, refused, message, copy })
            })
            .await?;
        self.tell(OutboxNotice::Messages);
        self.tell(OutboxNotice::Outbox);
        Ok(became)
    }

    async fn note_not_sent(
        &self,
        id: OutgoingId,
        account: Option<&Account>,
        attempts: u32,
        not_sent: NotSent,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let (failure, recipients, ended) = match not_sent {
            NotSent::Uncertain(failure) => (failure, Vec::new(), Ended::Uncertain(now)),
            NotSent::Refused { failure, recipients } => {
                let ended = match rules::after(failure.cause, attempts, id, now) {
                    Next::Again(at) => Ended::Again(at),
                    Next::Fail => Ended::Failed,
                };
                (failure, recipients, ended)
            }
        };
        let sender = account.filter(|_| rules::is_of_the_account(failure.cause)).map(|account| account.id);
        self.store()
            .write(move |tx| {
                if let Some(account) = sender {
                    accounts::set_sending_failure(tx, account, Some(&failure))?;
                }
                sending::not_sent(tx, id, &ended, &failure, &recipients, now)
            })
            .await?;
        if sender.is_some() {
            self.tell(OutboxNotice::Account);
        }
        Ok(())
    }
}

/// The message that a sent mail is. Of a large one the text alone is built once more: its files stay where they are.
fn message_of(
    dir: &Path,
    written: &Written,
    packed: Option<Packed>,
    files: &[File],
    name: &str,
    sent_at: Timestamp,
) -> Result<crate::store::messages::NewMessage, StoreError> {
    let Some(packed) = packed else {
        return Err(crate::model::Refusal::not_found("mail").into());
    };
    let mut bytes = Vec::new();
    let attachments = if written.size <= READ_WHOLE {
        raw::open_stream(dir, &packed)?.read_to_end(&mut bytes)?;
        None
    } else {
        build(&letter(written, name, &[], dir), &mut bytes)?;
        let attachment = |(index, file): (u32, &File)| Attachment {
            index,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            content_id: None,
        };
        Some((0..).zip(files).map(attachment).collect())
    };
    let bcc = written.mailboxes(Role::Bcc).iter().filter_map(|m| Address::parse(&m.address).ok()).collect();
    Ok(prepare_written(WrittenHere { bytes: &bytes, attachments, bcc, size: written.size, sent_at, packed }))
}

/// For those who only have the store.
pub(super) async fn is_barred(
    store: &Store,
    account: &Account,
    now: Timestamp,
) -> Result<Option<Failure>, StoreError> {
    let account = account.clone();
    store.read(move |db| barred(db, &account, now)).await
}
