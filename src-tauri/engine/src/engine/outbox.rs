//! The outbox: what waits, what failed, what nobody knows.

use super::Engine;
use crate::compose::queue::When;
use crate::model::{OutgoingId, OutgoingState, ProjectId, Refusal};
use crate::store::outgoing::{self, Written};
use crate::store::{StoreError, accounts, projects, sending};
use crate::sync::{facts, retry};
use crate::view::{Outbox, OutgoingRow, outgoing_row};
use rusqlite::Connection;
use std::sync::Arc;

/// Rows of the outbox page.
const SHOWN: u32 = 200;

impl Engine {
    /// Rows of what `find` reads.
    async fn outgoing_rows(
        &self,
        find: impl FnOnce(&Connection) -> Result<Vec<Written>, StoreError> + Send + 'static,
    ) -> Result<Vec<OutgoingRow>, Refusal> {
        let (outbox, table) = (Arc::clone(self.mail_outbox()), Arc::clone(self.table()));
        let now = self.now();
        self.read(move |db| {
            find(db)?
                .into_iter()
                .map(|written| {
                    let progress = outbox.progress(written.id);
                    outgoing_row(db, written, progress, &table, now)
                })
                .collect()
        })
        .await
    }

    /// The outbox page.
    pub async fn outbox(&self) -> Result<Outbox, Refusal> {
        Ok(Outbox {
            waiting: self.outgoing_rows(|db| outgoing::open(db, SHOWN)).await?,
            drafts: self.outgoing_rows(|db| outgoing::drafts(db, SHOWN)).await?,
        })
    }

    /// Mail of a project that has not become a message of it: drafts, and what waits, failed or is
    /// uncertain, and what was sent but not to everybody; newest first.
    pub async fn outgoing_of_project(&self, project_id: ProjectId) -> Result<Vec<OutgoingRow>, Refusal> {
        self.outgoing_rows(move |db| {
            projects::get(db, project_id)?;
            outgoing::of_project(db, project_id)
        })
        .await
    }

    /// One outgoing mail.
    pub async fn outgoing(&self, id: OutgoingId) -> Result<OutgoingRow, Refusal> {
        let mut rows = self.outgoing_rows(move |db| Ok(vec![outgoing::get(db, id)?])).await?;
        rows.pop().ok_or_else(|| Refusal::not_found("mail"))
    }

    /// Refuses to send where a secret was refused: it is typed or signed in again, not sent once more by a click.
    async fn may_send(&self, id: OutgoingId) -> Result<(), Refusal> {
        let now = self.now();
        self.read(move |db| {
            let Some(account) = outgoing::get(db, id)?.account else {
                let sentence =
                    "Its mailbox is no longer connected. Edit the mail and choose another address.";
                return Err(Refusal::new("no_account", sentence).into());
            };
            let account = accounts::get(db, account)?;
            let standing = facts::standing(db, &account, 0, now)?;
            let refused = accounts::sending_failure(db, account.id)?
                .filter(|failure| retry::secret_was_refused(failure.cause))
                .or(standing.counts.filter(|_| standing.secret_refused));
            match refused {
                Some(failure) => {
                    let mut refusal = Refusal::from(failure);
                    refusal.sentence.push_str(" Reconnect the mailbox, then send again.");
                    Err(refusal.into())
                }
                None => Ok(()),
            }
        })
        .await
    }

    async fn go_now(&self, id: OutgoingId, from: &'static [OutgoingState]) -> Result<(), Refusal> {
        self.may_send(id).await?;
        let now = self.now();
        let went = self
            .write(move |tx| {
                for state in from {
                    if sending::go_now(tx, id, *state, now)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await?;
        if !went {
            return Err(Refusal::new("too_late", "This mail is on its way, or was sent already."));
        }
        self.mail_outbox().poke();
        self.tell(super::Topic::Outbox);
        Ok(())
    }

    /// Sends what waits, is planned for later, or failed, now.
    pub async fn send_now(&self, id: OutgoingId) -> Result<(), Refusal> {
        let planned = self
            .read(move |db| {
                let written = outgoing::get(db, id)?;
                Ok(written.later && written.state == OutgoingState::Queued)
            })
            .await?;
        if planned {
            // It bears the date of its moment: it is built anew.
            self.may_send(id).await?;
            self.undo_send(id).await?;
            self.queue_mail(id, When::of(self.now(), 0, None)).await?;
            return Ok(());
        }
        self.go_now(id, &[OutgoingState::Queued, OutgoingState::Failed]).await
    }

    /// The person says that an uncertain mail arrived.
    pub async fn confirm_arrived(&self, id: OutgoingId) -> Result<(), Refusal> {
        self.mail_outbox().confirm_arrived(id).await
    }

    /// The person wants an uncertain mail sent once more.
    pub async fn send_again(&self, id: OutgoingId) -> Result<(), Refusal> {
        self.go_now(id, &[OutgoingState::Uncertain]).await
    }

    /// Takes a mail that failed, or of which nobody knows, back into a draft.
    pub async fn edit_again(&self, id: OutgoingId) -> Result<(), Refusal> {
        let now = self.now();
        self.write(move |tx| sending::edit_again(tx, id, now)).await?;
        self.tell(super::Topic::Outbox);
        Ok(())
    }

    /// Takes a sent mail off the outbox page, or throws a failed one away.
    pub async fn dismiss_outgoing(&self, id: OutgoingId) -> Result<(), Refusal> {
        self.write(move |tx| match outgoing::get(tx, id)?.state {
            OutgoingState::Sent => sending::dismiss(tx, id),
            OutgoingState::Failed => outgoing::delete(tx, id),
            OutgoingState::Draft => {
                Err(Refusal::new("is_a_draft", "This mail is a draft. Discard it instead.").into())
            }
            OutgoingState::Queued | OutgoingState::Sending => {
                Err(Refusal::new("too_late", "This mail is on its way.").into())
            }
            OutgoingState::Uncertain => {
                let sentence = "Say first whether this mail arrived, or send it again.";
                Err(Refusal::new("uncertain", sentence).into())
            }
        })
        .await?;
        self.tell(super::Topic::Outbox);
        Ok(())
    }

    /// Sends one queued mail now, without the time to take it back, and waits for what comes of it. Its copy in Sent is
    /// seen to afterwards, by the app's outbox or by [`Engine::copy_one`].
    pub async fn send_one(&self, id: OutgoingId) -> Result<OutgoingRow, Refusal> {
        self.mail_outbox().send_one(id).await?;
        self.outgoing(id).await
    }

    /// Sees to a sent mail's copy in Sent now, and waits for it.
    pub async fn copy_one(&self, id: OutgoingId) -> Result<OutgoingRow, Refusal> {
        self.mail_outbox().copy_one(id).await?;
        self.outgoing(id).await
    }
}
