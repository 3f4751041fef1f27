//! Accounts: listing, editing, pausing, deleting, syncing. Connecting is in `connect.rs`.

use super::typed::address;
use super::{Engine, Topic};
use crate::model::{AccountId, Address, Fingerprint, FolderId, Refusal};
use crate::secrets::Prompt;
use crate::store::{accounts, certificates, coverage, folders, kept, locations, messages, sending};
use crate::sync::CycleReport;
use crate::view::{AccountDetail, AccountRow, DeleteFacts, account_detail, account_row};
use std::sync::Arc;

impl Engine {
    /// Rows under "Incoming email".
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, Refusal> {
        let (interval, now) = (self.interval_ms().await, self.now());
        let (scheduler, table) = (Arc::clone(self.scheduler()), Arc::clone(self.table()));
        self.read(move |db| {
            accounts::all(db)?
                .iter()
                .map(|account| {
                    account_row(db, account, &table, interval, now, scheduler.progress(account.id))
                })
                .collect()
        })
        .await
    }

    /// An account's page.
    pub async fn account(&self, id: AccountId) -> Result<AccountDetail, Refusal> {
        let (interval, now) = (self.interval_ms().await, self.now());
        let (syncing, table) = (self.scheduler().progress(id), Arc::clone(self.table()));
        self.read(move |db| {
            let account = accounts::get(db, id)?;
            let row = account_row(db, &account, &table, interval, now, syncing)?;
            account_detail(db, account, row)
        })
        .await
    }

    /// Changes aliases, and which folders are watched or hold sent mail.
    pub async fn edit_account(
        &self,
        id: AccountId,
        aliases: Vec<String>,
        watched: Option<Vec<FolderId>>,
        sent: Option<Vec<FolderId>>,
    ) -> Result<(), Refusal> {
        let known = aliases.iter().map(|alias| address(alias, "aliases")).collect::<Result<Vec<_>, _>>()?;
        self.scheduler().stop(id);
        let _turn = self.scheduler().turn(id).await;
        let _guard = self.scheduler().cycle_guard().await?;
        self.write(move |tx| {
            let account = accounts::get(tx, id)?;
            let known: Vec<Address> = known.into_iter().filter(|alias| *alias != account.email).collect();
            accounts::replace_aliases(tx, id, &known)?;
            for folder in folders::all(tx, id)? {
                let was_sent = folder.folder.role == crate::model::FolderRole::Sent;
                let is_watched =
                    watched.as_ref().map_or(folder.folder.watched, |ids| ids.contains(&folder.folder.id));
                let is_sent = sent.as_ref().map_or(was_sent, |ids| ids.contains(&folder.folder.id));
                folders::choose(tx, folder.folder.id, is_watched, is_sent)?;
                if was_sent != is_sent {
                    // Which way its mail went has changed: it is looked at anew.
                    folders::forget_uids(tx, folder.folder.id)?;
                }
            }
            Ok(())
        })
        .await?;
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(())
    }

    /// Pauses an account; a running cycle is cancelled.
    pub async fn pause_account(&self, id: AccountId) -> Result<(), Refusal> {
        self.scheduler().stop(id);
        let _guard = self.scheduler().cycle_guard().await?;
        self.write(move |tx| accounts::set_paused(tx, id, true)).await?;
        self.scheduler().stop(id);
        self.tell(Topic::Accounts);
        Ok(())
    }

    /// Ends a pause and asks for a cycle.
    pub async fn resume_account(&self, id: AccountId) -> Result<(), Refusal> {
        let _guard = self.scheduler().cycle_guard().await?;
        self.write(move |tx| accounts::set_paused(tx, id, false)).await?;
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(())
    }

    /// What becomes of an account's mail.
    pub async fn delete_facts_of_account(&self, id: AccountId) -> Result<DeleteFacts, Refusal> {
        let (only, unsent) = self
            .read(move |db| {
                accounts::get(db, id)?;
                Ok((locations::only_in(db, id)?, sending::unsent(db, id)?))
            })
            .await?;
        let messages = u32::try_from(only.len()).unwrap_or(u32::MAX);
        let mut sentence: String = match messages {
            0 => "No mail came from this mailbox alone.".into(),
            1 => "1 message came from this mailbox. It is kept here unless you say otherwise.".into(),
            n => format!("{n} messages came from this mailbox. They are kept here unless you say otherwise."),
        };
        match unsent {
            0 => {}
            1 => sentence.push_str(" 1 mail is not sent yet; it becomes a draft."),
            n => sentence.push_str(&format!(" {n} mails are not sent yet; they become drafts.")),
        }
        Ok(DeleteFacts { messages, sentence })
    }

    /// Deletes an account with its keychain entry; the mail server is not touched.
    pub async fn delete_account(&self, id: AccountId, keep_mail: bool) -> Result<(), Refusal> {
        let account = self.read(move |db| accounts::get(db, id)).await?;
        self.scheduler().stop(id);
        let _turn = self.scheduler().turn(id).await;
        let _guard = self.scheduler().cycle_guard().await?;
        self.auth().forget(&account.uuid).await?;
        self.write(move |tx| {
            if keep_mail {
                kept::keep(tx, id, &account.email)?;
            } else {
                messages::delete(tx, &locations::only_in(tx, id)?)?;
            }
            accounts::delete(tx, id)
        })
        .await?;
        self.tell(Topic::Accounts);
        self.tell(Topic::Messages);
        self.tell(Topic::Outbox);
        Ok(())
    }

    /// Runs one cycle and waits for it. `None`: paused, or its secret was refused and is not sent again.
    pub async fn sync(&self, id: AccountId) -> Result<Option<CycleReport>, Refusal> {
        self.scheduler().sync(id, Prompt::Never, false).await
    }

    /// Asks for a cycle of one account, or of all.
    pub async fn sync_now(&self, id: Option<AccountId>) -> Result<(), Refusal> {
        let all = self.read(accounts::all).await?;
        for account in all.iter().filter(|account| id.is_none_or(|id| id == account.id)) {
            self.scheduler().ask(account.id);
        }
        Ok(())
    }

    /// Ends an account's running cycle.
    pub fn stop_sync(&self, id: AccountId) {
        self.scheduler().stop(id);
    }

    /// Lets the keychain ask the person to unlock it, then goes on with every account.
    pub async fn unlock_keychain(&self) -> Result<(), Refusal> {
        let all = self.read(accounts::all).await?;
        let Some(account) = all.first() else { return Ok(()) };
        self.auth().unlock(account).await.map_err(Refusal::from)?;
        self.sync_now(None).await
    }

    /// Trusts a certificate no longer.
    pub async fn forget_certificate(&self, id: AccountId, fingerprint: &str) -> Result<(), Refusal> {
        let fingerprint = Fingerprint::parse(fingerprint).ok_or_else(|| Refusal::not_found("certificate"))?;
        self.scheduler().stop(id);
        self.write(move |tx| certificates::forget(tx, id, fingerprint)).await?;
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(())
    }

    /// The answer to "Your mailbox seems to have been moved".
    pub async fn answer_moved_mailbox(&self, id: AccountId, bring_in: bool) -> Result<(), Refusal> {
        self.write(move |tx| coverage::answer(tx, id, bring_in)).await?;
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(())
    }

    /// The answer to "You also send as …".
    pub async fn answer_alias(&self, id: AccountId, alias: String, add: bool) -> Result<(), Refusal> {
        let alias = address(&alias, "aliases")?;
        self.write(move |tx| accounts::set_alias(tx, id, &alias, if add { "known" } else { "declined" }))
            .await?;
        self.tell(Topic::Accounts);
        Ok(())
    }
}
