//! Accounts: connecting, reconnecting, pausing, deleting, syncing.

use super::{Engine, Event, Topic};
use crate::connect::{self, CheckStep, Request, providers};
use crate::model::{
    Account, AccountId, Address, Cause, Endpoint, Failure, FolderId, Refusal, Security, SignIn,
};
use crate::net::Terms;
use crate::secrets::{Credentials, Prompt, Secret, SecretsError, password_user};
use crate::store::{accounts, coverage, folders, locations, messages, meta};
use crate::sync::CycleReport;
use crate::view::{AccountDetail, AccountRow, DeleteFacts, account_detail, account_row};
use std::sync::{Arc, PoisonError};
use tokio_util::sync::CancellationToken;

/// Which outgoing server a new account gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The one of the provider table.
    Preset,
    /// None: the account does not send.
    None,
    /// This one.
    Given(Endpoint),
}

/// What a person typed to connect an account.
#[derive(Clone, Debug)]
pub struct ConnectRequest {
    /// Address.
    pub email: String,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// User name; the address (or its first part) when not given.
    pub username: Option<String>,
    /// Incoming server; from the provider table when not given.
    pub incoming: Option<Endpoint>,
    /// Outgoing server.
    pub outgoing: Outgoing,
    /// Id in the provider table; from the address when not given.
    pub provider: Option<String>,
    /// PEM of a private CA.
    pub ca_pem: Option<String>,
    /// Password.
    pub password: Secret,
}

fn address(typed: &str, field: &str) -> Result<Address, Refusal> {
    Address::parse(typed).map_err(|error| Refusal::about(field, "bad_address", error.to_string()))
}

fn endpoint(mut endpoint: Endpoint, field: &str) -> Result<Endpoint, Refusal> {
    endpoint.host = endpoint.host.trim().to_ascii_lowercase();
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/@\\\"'<>".contains(c);
    if endpoint.host.is_empty() || endpoint.host.contains(bad) {
        return Err(Refusal::about(field, "bad_host", "Type the server’s name, like mail.example.com."));
    }
    if endpoint.port == 0 {
        return Err(Refusal::about(field, "bad_port", "Type the server’s port, like 993."));
    }
    if endpoint.security == Security::Plaintext && !crate::net::is_loopback(&endpoint.host) {
        let sentence =
            "Without encryption anybody on the way could read the password. Choose TLS or STARTTLS.";
        return Err(Refusal::about(field, "plaintext_refused", sentence));
    }
    Ok(endpoint)
}

impl ConnectRequest {
    fn into_account(self) -> Result<(Account, Secret), Refusal> {
        let email = address(&self.email, "email")?;
        let aliases =
            self.aliases.iter().map(|alias| address(alias, "aliases")).collect::<Result<Vec<_>, _>>()?;
        let provider = self.provider.unwrap_or_else(|| providers::of_address(&email).to_owned());
        let preset = providers::get(&provider);
        let Some(incoming) = self.incoming.or_else(|| preset.and_then(|preset| preset.incoming.clone()))
        else {
            let sentence = format!("Hatstand does not know the mail server of {}. Type it.", email.domain());
            return Err(Refusal::about("incoming", "host_needed", sentence));
        };
        let outgoing = match self.outgoing {
            Outgoing::Preset => preset.and_then(|preset| preset.outgoing.clone()),
            Outgoing::None => None,
            Outgoing::Given(endpoint) => Some(endpoint),
        };
        let username = match self.username.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
        {
            Some(name) if name.contains(|c: char| c.is_control()) => {
                return Err(Refusal::about(
                    "username",
                    "bad_username",
                    "That user name holds a character that none can have.",
                ));
            }
            Some(name) => name,
            None if preset.is_some_and(|preset| preset.local_part_user) => email.local().to_owned(),
            None => email.to_string(),
        };
        let password = typed_password(&self.password, &provider)?;
        let account = Account {
            id: AccountId(0),
            uuid: uuid::Uuid::new_v4().to_string(),
            email,
            aliases,
            username,
            incoming: endpoint(incoming, "incoming")?,
            outgoing: outgoing.map(|out| endpoint(out, "outgoing")).transpose()?,
            ca_pem: self.ca_pem,
            sign_in: SignIn::Password,
            paused: false,
            provider,
        };
        Ok((account, password))
    }
}

/// App passwords are shown in groups: pasted spaces do not matter. Any other password is taken as it is.
fn typed_password(typed: &Secret, provider: &str) -> Result<Secret, Refusal> {
    let takes_app_passwords = providers::get(provider).is_some_and(|preset| preset.app_password);
    let password = if takes_app_passwords {
        Secret::new(typed.expose().split_whitespace().collect())
    } else {
        typed.clone()
    };
    if password.expose().is_empty() {
        return Err(Refusal::about("password", "empty_password", "Type the password."));
    }
    if password.expose().contains(['\r', '\n', '\0']) {
        let sentence =
            "A line break cannot be part of a password. Type it, or paste it without the line’s end.";
        return Err(Refusal::about("password", "bad_password", sentence));
    }
    Ok(password)
}

fn taken(email: &Address) -> Refusal {
    let sentence = format!("{} is connected already.", email.display());
    Refusal::about("email", "account_exists", sentence)
}

impl Engine {
    /// Rows under "Incoming email".
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, Refusal> {
        let (interval, now) = (self.interval_ms().await, self.now());
        let scheduler = Arc::clone(self.scheduler());
        self.read(move |db| {
            accounts::all(db)?
                .iter()
                .map(|account| account_row(db, account, interval, now, scheduler.progress(account.id)))
                .collect()
        })
        .await
    }

    /// An account's page.
    pub async fn account(&self, id: AccountId) -> Result<AccountDetail, Refusal> {
        let (interval, now) = (self.interval_ms().await, self.now());
        let syncing = self.scheduler().progress(id);
        self.read(move |db| {
            let account = accounts::get(db, id)?;
            let row = account_row(db, &account, interval, now, syncing)?;
            account_detail(db, account, row)
        })
        .await
    }

    /// The provider of an address; refuses one that is malformed or connected already.
    pub async fn provider_for(&self, email: String) -> Result<String, Refusal> {
        let email = address(&email, "email")?;
        let wanted = email.clone();
        let exists = self.read(move |db| Ok(accounts::all(db)?.iter().any(|a| a.email == wanted))).await?;
        if exists { Err(taken(&email)) } else { Ok(providers::of_address(&email).to_owned()) }
    }

    /// Runs the checklist and, when every line is green, stores password and account. Nothing is stored before.
    pub async fn connect_account(&self, run: String, request: ConnectRequest) -> Result<AccountId, Refusal> {
        let (account, password) = request.into_account()?;
        let _guard = self.scheduler().cycle_guard().await?;
        let (email, host, user) =
            (account.email.clone(), account.incoming.host.clone(), account.username.clone());
        let probe = email.clone();
        if self.read(move |db| accounts::same(db, &probe, &host, &user)).await?.is_some() {
            return Err(taken(&email));
        }
        let profile = self.write(|tx| meta::profile_uuid(tx)).await?;
        let user = password_user(&profile, &account.uuid);
        if let Err(refusal) = self.check(run, &account, &password, user.clone()).await {
            // Cancelled in its last step, the keychain may have taken the password all the same.
            self.forget_secret(user).await?;
            return Err(refusal);
        }
        let now = self.now();
        let stored = self.write(move |tx| accounts::insert(tx, &account, now)).await;
        match stored {
            Ok(id) => {
                self.tell(Topic::Accounts);
                self.scheduler().ask(id);
                Ok(id)
            }
            Err(refusal) => {
                self.forget_secret(user).await?;
                Err(refusal)
            }
        }
    }

    /// Runs the checklist with a new password, stores it when it worked, and runs a cycle at once.
    pub async fn reconnect_account(
        &self,
        run: String,
        id: AccountId,
        password: Secret,
    ) -> Result<(), Refusal> {
        let account = self.read(move |db| accounts::get(db, id)).await?;
        let password = typed_password(&password, &account.provider)?;
        self.scheduler().stop(id);
        // Held until the cycle is done: the new password and what it brought belong together.
        let _guard = self.scheduler().cycle_guard().await?;
        {
            let _turn = self.scheduler().turn(id).await;
            let profile = self.write(|tx| meta::profile_uuid(tx)).await?;
            let user = password_user(&profile, &account.uuid);
            self.check(run, &account, &password, user).await?;
        }
        if account.paused {
            self.write(move |tx| accounts::set_paused(tx, id, false)).await?;
        }
        self.scheduler().sync(id, Prompt::Allowed, true).await?;
        Ok(())
    }

    /// Runs the checklist for an account and tells each step; ends early when the run is cancelled.
    async fn check(
        &self,
        run: String,
        account: &Account,
        password: &Secret,
        user: String,
    ) -> Result<(), Refusal> {
        let cancel = CancellationToken::new();
        self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), cancel.clone());
        let request = Request {
            incoming: account.incoming.clone(),
            outgoing: account.outgoing.clone(),
            terms: Terms { ca_pem: account.ca_pem.clone(), ..Terms::default() },
            username: account.username.clone(),
            credentials: Credentials::Password(password.clone()),
        };
        let events = self.inner.events.clone();
        let name = run.clone();
        let tell = move |steps: &[CheckStep]| {
            let _ = events.send(Event::Checklist { run: name.clone(), steps: steps.to_vec() });
        };
        let secrets = Arc::clone(&self.context().secrets);
        let secret = password.clone();
        let save = async move {
            tokio::task::spawn_blocking(move || secrets.set(&user, &secret, Prompt::Allowed))
                .await
                .map_err(|_| Failure::of(Cause::Unknown))?
                .map_err(Failure::from)
        };
        let result = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled)),
            result = connect::check(&request, &self.context().deadlines, tell, save) => result,
        };
        self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
        result.map_err(Refusal::from)
    }

    /// Ends a running checklist.
    pub fn cancel_check(&self, run: &str) {
        if let Some(cancel) = self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).get(run) {
            cancel.cancel();
        }
    }

    /// Removes an entry. One that is out of reach is remembered, and removed when the keychain is back.
    async fn forget_secret(&self, user: String) -> Result<(), Refusal> {
        let (secrets, entry) = (Arc::clone(&self.context().secrets), user.clone());
        let result = tokio::task::spawn_blocking(move || secrets.delete(&entry, Prompt::Allowed))
            .await
            .map_err(|_| Failure::of(Cause::Unknown))?;
        match result {
            Ok(()) => Ok(()),
            Err(SecretsError::Absent(_)) => {
                self.write(move |tx| meta::set_stale_secret(tx, &user, true)).await
            }
            Err(error) => Err(Failure::from(error).into()),
        }
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
        let only = self
            .read(move |db| {
                accounts::get(db, id)?;
                locations::only_in(db, id)
            })
            .await?;
        let messages = u32::try_from(only.len()).unwrap_or(u32::MAX);
        let sentence = match messages {
            0 => "No mail came from this mailbox alone.".into(),
            1 => "1 message came from this mailbox. It is kept here unless you say otherwise.".into(),
            n => format!("{n} messages came from this mailbox. They are kept here unless you say otherwise."),
        };
        Ok(DeleteFacts { messages, sentence })
    }

    /// Deletes an account with its keychain entry; the mail server is not touched.
    pub async fn delete_account(&self, id: AccountId, keep_mail: bool) -> Result<(), Refusal> {
        let account = self.read(move |db| accounts::get(db, id)).await?;
        self.scheduler().stop(id);
        let _turn = self.scheduler().turn(id).await;
        let _guard = self.scheduler().cycle_guard().await?;
        let profile = self.write(|tx| meta::profile_uuid(tx)).await?;
        self.forget_secret(password_user(&profile, &account.uuid)).await?;
        self.write(move |tx| {
            if !keep_mail {
                messages::delete(tx, &locations::only_in(tx, id)?)?;
            }
            accounts::delete(tx, id)
        })
        .await?;
        self.tell(Topic::Accounts);
        self.tell(Topic::Messages);
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
        let profile = self.write(|tx| meta::profile_uuid(tx)).await?;
        let all = self.read(accounts::all).await?;
        let Some(account) = all.first() else { return Ok(()) };
        let user = password_user(&profile, &account.uuid);
        let secrets = Arc::clone(&self.context().secrets);
        tokio::task::spawn_blocking(move || secrets.get(&user, Prompt::Allowed))
            .await
            .map_err(|_| Failure::of(Cause::Unknown))?
            .map_err(Failure::from)?;
        self.sync_now(None).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_spaces_matter_only_where_a_password_may_have_them() {
        let typed = Secret::new(" abcd efgh\u{a0}ijkl mnop ".into());
        assert_eq!(typed_password(&typed, "gmail").unwrap().expose(), "abcdefghijklmnop");
        assert_eq!(typed_password(&typed, "other").unwrap(), typed);
        assert!(typed_password(&Secret::new("  ".into()), "gmail").is_err());
    }

    #[test]
    fn plain_text_is_for_this_computer_alone() {
        let at = |host: &str| Endpoint { host: host.into(), port: 143, security: Security::Plaintext };
        assert!(endpoint(at("127.0.0.1"), "incoming").is_ok());
        for host in ["mail.example.com", "", "a b", "127.0.0.1.example.com", "x\r\ny"] {
            assert!(endpoint(at(host), "incoming").is_err(), "{host:?}");
        }
    }
}
