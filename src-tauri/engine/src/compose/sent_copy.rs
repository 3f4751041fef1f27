//! The copy in Sent: looked for first, stored only when the provider did not put one there.

use super::outbox::{Outbox, OutboxNotice};
use super::{rules, send};
use crate::imap::{Search, SentFolder, Session, UidSet};
use crate::mail::{self, FromField};
use crate::model::{
    Account, Address, CopyState, Failure, Folder, FolderId, FolderRole, OutgoingId, OutgoingState, Timestamp,
};
use crate::net::Counters;
use crate::secrets::Prompt;
use crate::store::outgoing::{self, Written};
use crate::store::raw;
use crate::store::{StoreError, accounts, folders, sending};
use crate::sync::{retry, sign_in, watched};
use std::io::Read;
use std::sync::Arc;

/// Providers that save what is sent through them, after a moment.
const SAVE_BY_THEMSELVES: &[&str] = &["gmail", "outlook", "microsoft365"];
/// Microsoft's servers, whoever's address it is.
const MICROSOFT: &[&str] = &[".office365.com", ".outlook.com"];
/// So many of the newest mails in Sent are compared.
const COMPARED: usize = 200;

/// What is to be found out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Whether it is there.
    Look,
    /// That it is there.
    Copy,
}

/// Nothing was found out, or nothing stored.
struct Missed {
    failure: Failure,
    /// Sent was looked into, and it was not there.
    reached: bool,
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self { failure, reached: false }
    }
}

impl Outbox {
    /// Sees to the copy of a sent mail.
    pub(super) async fn copy(&self, id: OutgoingId) -> Result<(), StoreError> {
        let (written, account) = self.of(id).await?;
        if written.copy != CopyState::Wanted {
            return Ok(());
        }
        let Some(account) = account else {
            return self.store().write(move |tx| sending::set_copy(tx, id, CopyState::NoFolder)).await;
        };
        let result = match self.barred(&account).await? {
            Some(failure) => Err(Missed::from(failure)),
            None => self.see_to(&account, &written, Wish::Copy).await,
        };
        match result {
            Ok(copy) => self.store().write(move |tx| sending::set_copy(tx, id, copy)).await?,
            Err(Missed { failure, reached }) => {
                tracing::info!("the copy in Sent has to wait: {}", failure.cause.code());
                self.note_refused(&account, &failure).await;
                let next = self.next_look(&written, reached);
                self.store()
                    .write(move |tx| {
                        sending::looked(tx, id, reached, next)?;
                        if next.is_none() { sending::set_copy(tx, id, CopyState::Failed) } else { Ok(()) }
                    })
                    .await?;
            }
        }
        self.tell(OutboxNotice::Outbox);
        Ok(())
    }

    /// Looks whether a mail of which nobody knows lies in Sent: then it was sent.
    pub(super) async fn look(&self, id: OutgoingId) -> Result<(), StoreError> {
        let (written, account) = self.of(id).await?;
        if written.state != OutgoingState::Uncertain {
            return Ok(());
        }
        if self.turned_up(&written).await? {
            return Ok(());
        }
        let (reached, next) = match account {
            // Nobody can look.
            None => (false, None),
            Some(account) => {
                let seen = match self.barred(&account).await? {
                    Some(failure) => Err(Missed::from(failure)),
                    None => self.see_to(&account, &written, Wish::Look).await,
                };
                match seen {
                    Ok(CopyState::Found) => {
                        let (from, copy) = (OutgoingState::Uncertain, CopyState::Found);
                        self.became_message(id, from, None, copy).await?;
                        return Ok(());
                    }
                    Ok(CopyState::NoFolder) => (false, None),
                    Ok(_) => (true, self.next_look(&written, true)),
                    Err(missed) => {
                        tracing::info!("the look at Sent has to wait: {}", missed.failure.cause.code());
                        self.note_refused(&account, &missed.failure).await;
                        (false, self.next_look(&written, false))
                    }
                }
            }
        };
        self.store().write(move |tx| sending::looked(tx, id, reached, next)).await?;
        self.tell(OutboxNotice::Outbox);
        Ok(())
    }

    /// A cycle may have brought the mail in already: then it was sent.
    async fn turned_up(&self, written: &Written) -> Result<bool, StoreError> {
        let (id, message_id, now) = (written.id, written.message_id.clone(), self.now());
        let turned_up = self
            .store()
            .write(move |tx| match sending::own_message(tx, &message_id)? {
                Some(message) => sending::turned_up(tx, id, message, now),
                None => Ok(false),
            })
            .await?;
        if turned_up {
            self.tell(OutboxNotice::Outbox);
        }
        Ok(turned_up)
    }

    /// A look that reached Sent is one of a few; any other is made up for.
    fn next_look(&self, written: &Written, reached: bool) -> Option<Timestamp> {
        if reached {
            rules::look_again(written.copy_tries + 1, written.id, self.now())
        } else {
            Some(rules::look_later(written.looks_failed + 1, written.id, self.now()))
        }
    }

    async fn of(&self, id: OutgoingId) -> Result<(Written, Option<Account>), StoreError> {
        self.store()
            .read(move |db| {
                let written = outgoing::get(db, id)?;
                let account = match written.account {
                    Some(account) => Some(accounts::get(db, account)?),
                    None => None,
                };
                Ok((written, account))
            })
            .await
    }

    async fn barred(&self, account: &Account) -> Result<Option<Failure>, StoreError> {
        send::is_barred(self.store(), account, self.now()).await
    }

    /// The incoming server refused the secret: that counts as if a cycle had met it, and is not tried again.
    async fn note_refused(&self, account: &Account, failure: &Failure) {
        if retry::secret_was_refused(failure.cause)
            && self.barred(account).await.is_ok_and(|known| known.is_none())
        {
            let _ = self.scheduler().note_failure(account.id, failure.clone()).await;
            self.tell(OutboxNotice::Account);
        }
    }

    /// `Found`, `Stored` (only when it was to be copied), `NoFolder`, or `Wanted`: it is not there.
    async fn see_to(&self, account: &Account, written: &Written, wish: Wish) -> Result<CopyState, Missed> {
        let context = self.context();
        let mut session = sign_in(context, account, Prompt::Never, &Arc::new(Counters::default())).await?;
        let Some(folder) = self.sent_folder(account, &mut session).await? else {
            session.logout().await;
            return Ok(CopyState::NoFolder);
        };
        let saves = SAVE_BY_THEMSELVES.contains(&account.provider.as_str())
            || MICROSOFT.iter().any(|domain| account.incoming.host.ends_with(domain))
            || session.capabilities().gmail();
        let pace = self.pace();
        let looks = if saves || wish == Wish::Look { &pace.long_look } else { &pace.short_look };
        for pause in looks {
            tokio::time::sleep(*pause).await;
            session.examine(&folder.raw_name).await?;
            if !session.find_by_message_id(&written.message_id).await?.is_empty()
                || (saves && lies_renamed(&mut session, written).await?)
            {
                session.logout().await;
                return Ok(CopyState::Found);
            }
        }
        if wish == Wish::Look {
            session.logout().await;
            return Ok(CopyState::Wanted);
        }
        let Some(sent) = SentFolder::of(&folder) else { return Ok(CopyState::NoFolder) };
        let bytes = self.bytes(written.id).await.map_err(|error| error.failure())?;
        let date = written.queued_at.unwrap_or(written.changed_at);
        let stored = session.append_sent(&sent, bytes, written.size, date).await;
        stored.map_err(|failure| Missed { failure, reached: true })?;
        session.logout().await;
        Ok(CopyState::Stored)
    }

    async fn bytes(&self, id: OutgoingId) -> Result<Box<dyn Read + Send>, StoreError> {
        let dir = self.store().dir().to_owned();
        self.store()
            .read(move |db| {
                let packed =
                    sending::content(db, id)?.ok_or_else(|| crate::model::Refusal::not_found("mail"))?;
                raw::open_stream(&dir, &packed)
            })
            .await
    }

    /// The account's Sent folder: of several the one that the server marks as such, else the first.
    async fn sent_folder(&self, account: &Account, session: &mut Session) -> Result<Option<Folder>, Failure> {
        let listed = session.list(false).await?;
        let marked: Vec<String> = listed
            .iter()
            .filter(|folder| folder.selectable && folder.special_use == Some(FolderRole::Sent))
            .map(|folder| folder.raw_name.clone())
            .collect();
        let id = account.id;
        let known = self
            .store()
            .read(move |db| folders::all(db, id))
            .await
            .map_err(|error| error.failure())?
            .into_iter()
            .map(|known| known.folder);
        let there = |folder: &Folder| listed.iter().any(|l| l.selectable && l.raw_name == folder.raw_name);
        let mut sent: Vec<Folder> =
            known.filter(|folder| folder.role == FolderRole::Sent && there(folder)).collect();
        if sent.is_empty() {
            // It was never synced, or the folder is new.
            let (all, _) = watched::folders(&listed, session.capabilities().gmail());
            sent = all
                .into_iter()
                .filter(|folder| folder.role == FolderRole::Sent)
                .map(|folder| Folder {
                    id: FolderId(0),
                    account_id: id,
                    raw_name: folder.raw_name,
                    name: folder.name,
                    role: folder.role,
                    watched: folder.watched,
                })
                .collect();
        }
        let best = sent.iter().position(|folder| marked.contains(&folder.raw_name)).unwrap_or(0);
        Ok((best < sent.len()).then(|| sent.swap_remove(best)))
    }
}

/// Whether the examined folder holds the mail under another Message-ID: some servers give what they send one of their
/// own. It is known by its author, its Date and its subject.
async fn lies_renamed(session: &mut Session, written: &Written) -> Result<bool, Failure> {
    let (Some(date), Ok(from)) = (written.queued_at, Address::parse(&written.from)) else { return Ok(false) };
    let hits = session.search(&Search { since: Some(date), ..Search::default() }).await?;
    let newest: UidSet = hits.into_iter().rev().take(COMPARED).collect();
    if newest.is_empty() {
        return Ok(false);
    }
    let words = |subject: &str| subject.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut found = false;
    let mut headers = session.fetch_headers(&newest, &["From", "Date", "Subject"], false)?;
    // To the end: the answer is read whole before the next command.
    while let Some(item) = headers.next().await? {
        let read = mail::parse(&item.header);
        found |= read.deciding.from == FromField::One(from.clone())
            && read.date.is_some_and(|other| other.seconds() == date.seconds())
            && words(&read.subject) == words(&written.subject);
    }
    Ok(found)
}
