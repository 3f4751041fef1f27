//! Connecting and reconnecting: what is typed becomes an account once every line of the checklist is green.

use super::typed::{account_of, address, endpoint, typed_password, username};
use super::{ConnectRequest, Engine, Event, GivenSignIn, Outgoing, ReconnectRequest, Servers, Topic};
use crate::auth::{Held, Returned};
use crate::connect::discover::FoundServers;
use crate::connect::{self, CheckStep, Request, Seen, WhatIsWrong};
use crate::model::{Account, AccountId, Address, Cause, Failure, Refusal, SignIn};
use crate::net::Terms;
use crate::secrets::{Credentials, Prompt};
use crate::store::{accounts, certificates, kept, meta, outgoing, sending};
use crate::sync::facts::standing;
use crate::sync::retry::secret_was_refused;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// What was found out about an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Found {
    /// Its servers, the best answer first; none: nobody says.
    pub answers: Vec<FoundServers>,
    /// The same address is connected at another server: where.
    pub connected_already: Option<String>,
}

/// What a checklist signs in with, and what the keychain keeps of it.
struct Proof {
    credentials: Credentials,
    /// `None`: the keychain holds it already.
    held: Option<Held>,
    /// Whom the person signed in as, if the issuer says so and it is somebody else.
    signed_in_as: Option<String>,
}

impl Engine {
    /// Finds the mail servers of an address: five seconds at the most.
    pub async fn find_servers(&self, run: String, email: &str) -> Result<Found, Refusal> {
        let email = address(email, "email")?;
        let wanted = email.clone();
        let hosts = self
            .read(move |db| {
                let all = accounts::all(db)?.into_iter().filter(|account| account.email == wanted);
                Ok(all.map(|account| account.incoming.host).collect::<Vec<_>>())
            })
            .await?;
        let connected_already = hosts.first().map(|host| {
            format!(
                "{} is connected already, at {host}. Go on only for another mailbox of this address.",
                email.display()
            )
        });
        let cancel = self.cancellable(&run);
        let proxy = self.read(meta::proxy).await?;
        let answers = tokio::select! {
            () = cancel.token().cancelled() => Err(Failure::of(Cause::Cancelled)),
            answers = connect::discover::found(&email, self.table(), &proxy) => Ok(answers),
        };
        Ok(Found { answers: answers.map_err(Refusal::from)?, connected_already })
    }

    /// Runs the checklist and, when every line is green, stores secret and account. Nothing is stored before.
    pub async fn connect_account(
        &self,
        run: String,
        mut request: ConnectRequest,
    ) -> Result<AccountId, Refusal> {
        if request.incoming.is_none() {
            self.fill_in(&run, &mut request).await?;
        }
        let cancel = self.cancellable(&run);
        let given = request.sign_in.clone();
        let mut account = account_of(request, self.table())?;
        let proof = self.proof(&given, &mut account)?;
        let _guard = self.scheduler().cycle_guard().await?;
        let (email, host, user) =
            (account.email.clone(), account.incoming.host.clone(), account.username.clone());
        let probe = email.clone();
        if self.read(move |db| accounts::same(db, &probe, &host, &user)).await?.is_some() {
            let sentence = format!("{} is connected already.", email.display());
            return Err(Refusal::about("email", "account_exists", sentence));
        }
        let stored = Arc::new(OnceLock::new());
        let (engine, row, id) = (self.clone(), account.clone(), Arc::clone(&stored));
        let held = proof.held.clone();
        let save = move |seen: Seen| async move {
            let Some(held) = held else { return Err(Failure::of(Cause::KeychainNoEntry)) };
            let (uuid, now) = (row.uuid.clone(), engine.now());
            engine.auth().keep(&uuid, held, Prompt::Allowed).await?;
            let inserted = engine
                .store()
                .write(move |tx| {
                    let id = accounts::insert(tx, &row, now)?;
                    note_seen(tx, id, &seen)?;
                    kept::adopt(tx, id, &row.email)?;
                    Ok(id)
                })
                .await;
            match inserted {
                Ok(inserted) => id.set(inserted).map_err(|_| Failure::of(Cause::Unknown)),
                Err(error) => {
                    // Without its account the entry is nobody's.
                    let _ = engine.auth().forget(&uuid).await;
                    Err(error.failure())
                }
            }
        };
        self.check(run, cancel, &account, proof, save).await?;
        let id = *stored.get().ok_or(Failure::of(Cause::Unknown))?;
        self.used(&given);
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(id)
    }

    /// Servers that were not typed: what is found for the address. What only an unsigned DNS record says, outside the
    /// address's own domain, is asked about and never sent a password by itself (RFC 6186, section 6).
    async fn fill_in(&self, run: &str, request: &mut ConnectRequest) -> Result<(), Refusal> {
        let email = address(&request.email, "email")?;
        let found = self.find_servers(run.to_owned(), &request.email).await?;
        let Some(best) = found.answers.into_iter().next() else { return Ok(()) };
        if !best.is_sure(&email) {
            let sentence = format!("{} Name the servers yourself if that is right.", best.sentence);
            return Err(Refusal::about("incoming", "confirm_host", sentence));
        }
        request.incoming = Some(best.incoming);
        request.provider = request.provider.take().or(Some(best.provider));
        request.username = request.username.take().or(best.username);
        if request.outgoing == Outgoing::Found {
            request.outgoing = best.outgoing.map_or(Outgoing::None, Outgoing::Given);
        }
        Ok(())
    }

    /// What is wrong with an account, looked at live as far as that needs no secret.
    pub async fn what_is_wrong(&self, run: String, id: AccountId) -> Result<WhatIsWrong, Refusal> {
        let (now, interval) = (self.now(), self.interval_ms().await);
        let (account, standing, proxy) = self
            .read(move |db| {
                let account = accounts::get(db, id)?;
                let standing = standing(db, &account, interval, now)?;
                Ok((account, standing, meta::proxy(db)?))
            })
            .await?;
        let terms = Terms::of(&account, &account.incoming.host, proxy);
        let cancel = self.cancellable(&run);
        let looked = tokio::select! {
            () = cancel.token().cancelled() => Err(Failure::of(Cause::Cancelled)),
            looked = connect::look(&account.incoming, &terms, &self.context().deadlines, self.teller(&run)) => looked,
        };
        let live = match looked {
            Err(failure) if failure.cause == Cause::Cancelled => return Err(failure.into()),
            other => other.err(),
        };
        // Of a paused account too: what was refused before the pause is still refused. What the outgoing server alone
        // refused is typed or signed in anew here as well.
        let sending = standing.sending.filter(|failure| secret_was_refused(failure.cause));
        let failure = connect::counts(standing.counts.or(sending), live);
        Ok(connect::what_is_wrong(&account, self.table(), failure, standing.last_success))
    }

    /// Runs the checklist with what was given, stores it when it worked, and asks for a cycle at once.
    pub async fn reconnect_account(
        &self,
        run: String,
        id: AccountId,
        request: ReconnectRequest,
    ) -> Result<(), Refusal> {
        let cancel = self.cancellable(&run);
        self.scheduler().stop(id);
        let _guard = self.scheduler().cycle_guard().await?;
        let _turn = self.scheduler().turn(id).await;
        let mut account = self.read(move |db| accounts::get(db, id)).await?;
        let before = account.clone();
        if let Some(servers) = request.servers {
            self.change_servers(&mut account, servers).await?;
        }
        let same_door = account.username == before.username && account.incoming == before.incoming;
        account.trusted.extend(request.trusted.iter().cloned());
        let stored = request.sign_in == GivenSignIn::Stored;
        let proof = if stored {
            tokio::select! {
                () = cancel.token().cancelled() => return Err(Failure::of(Cause::Cancelled).into()),
                proof = self.stored_proof(&account) => proof?,
            }
        } else {
            self.proof(&request.sign_in, &mut account)?
        };
        self.may_be_sent_there(&account)?;
        let (engine, row, trusted) = (self.clone(), account.clone(), request.trusted);
        let held = proof.held.clone();
        let save = move |seen: Seen| async move {
            let (uuid, now, resume) = (row.uuid.clone(), engine.now(), row.paused);
            let kind = held.as_ref().map(Held::kind);
            if let Some(held) = held {
                engine.auth().keep(&uuid, held, Prompt::Allowed).await?;
            }
            let write = move |tx: &rusqlite::Transaction<'_>| {
                accounts::set_connection(tx, &row)?;
                for certificate in &trusted {
                    certificates::trust(tx, id, certificate, now)?;
                }
                note_seen(tx, id, &seen)?;
                sending::look_anew(tx, id, now)?;
                if resume { accounts::set_paused(tx, id, false) } else { Ok(()) }
            };
            engine.store().write(write).await.map_err(|error| error.failure())?;
            if let Some(kind) = kind {
                engine.auth().drop_other(&uuid, kind).await;
            }
            Ok(())
        };
        let checked = self.check(run, cancel, &account, proof, save).await;
        if let Err(refusal) = checked {
            // What the keychain holds was refused where the cycles send it: that counts wherever it is found out.
            let refused = Cause::from_code(&refusal.code).filter(|cause| secret_was_refused(*cause));
            if let Some(cause) = refused.filter(|_| stored && same_door) {
                let failure = Failure { server_said: refusal.server_said.clone(), ..Failure::of(cause) };
                self.scheduler().note_failure(id, failure).await?;
                self.tell(Topic::Accounts);
            }
            return Err(refusal);
        }
        self.used(&request.sign_in);
        self.mail_outbox().poke();
        self.tell(Topic::Accounts);
        self.scheduler().ask(id);
        Ok(())
    }

    /// Takes servers that were typed, unless they make it another account.
    async fn change_servers(&self, account: &mut Account, servers: Servers) -> Result<(), Refusal> {
        account.username = username(&servers.username)?;
        account.incoming = endpoint(servers.incoming, "incoming")?;
        account.outgoing = servers.outgoing.map(|out| endpoint(out, "outgoing")).transpose()?;
        let (email, host, user) =
            (account.email.clone(), account.incoming.host.clone(), account.username.clone());
        let same = self.read(move |db| accounts::same(db, &email, &host, &user)).await?;
        if same.is_some_and(|same| same != account.id) {
            let sentence = "This mailbox is connected already, as another account.";
            return Err(Refusal::about("incoming", "account_exists", sentence));
        }
        Ok(())
    }

    /// A token opens more than one mailbox's door: it is sent to the servers of its issuer's providers alone.
    fn may_be_sent_there(&self, account: &Account) -> Result<(), Refusal> {
        let SignIn::Browser { issuer } = &account.sign_in else { return Ok(()) };
        let own: Vec<_> =
            self.table().all().iter().filter(|provider| provider.issuer.as_ref() == Some(issuer)).collect();
        let known = |host: &str, outgoing: bool| {
            own.iter().any(|provider| {
                let theirs = if outgoing { &provider.outgoing } else { &provider.incoming };
                theirs.as_ref().is_some_and(|theirs| theirs.host == host)
            })
        };
        let refuse = |field: &str, host: &str| {
            let name = self.table().issuer(issuer).map_or(issuer.as_str(), |issuer| &issuer.name);
            let sentence =
                format!("A sign-in at {name} is sent to its own servers alone, and {host} is none.");
            Err(Refusal::about(field, "not_its_server", sentence))
        };
        if !known(&account.incoming.host, false) {
            return refuse("incoming", &account.incoming.host);
        }
        match &account.outgoing {
            Some(out) if !known(&out.host, true) => refuse("outgoing", &out.host),
            _ => Ok(()),
        }
    }

    /// What the checklist signs in with. A browser sign-in decides how the account signs in from now on.
    fn proof(&self, given: &GivenSignIn, account: &mut Account) -> Result<Proof, Refusal> {
        match given {
            GivenSignIn::Password(typed) => {
                let password = typed_password(typed, self.table().get(&account.provider))?;
                let preset = self.table().get(&account.provider);
                if preset.is_some_and(|provider| !provider.takes_password) {
                    return Err(Failure::of(Cause::PasswordSignInOff).into());
                }
                account.sign_in = SignIn::Password;
                let held = Held::Password(password);
                Ok(Proof { credentials: held.credentials(), held: Some(held), signed_in_as: None })
            }
            GivenSignIn::Browser { run } => {
                let Some(returned) = self.inner.sign_ins.returned(run) else {
                    let sentence = "The sign-in in the browser is over. Start it once more.";
                    return Err(Refusal::about("sign_in", "sign_in_over", sentence));
                };
                let Returned { issuer, tokens, signed_in_as } = returned;
                account.sign_in = SignIn::Browser { issuer };
                self.may_be_sent_there(account)?;
                let other =
                    signed_in_as.filter(|who| Address::parse(who).ok().as_ref() != Some(&account.email));
                let held = Held::Tokens(tokens);
                Ok(Proof { credentials: held.credentials(), held: Some(held), signed_in_as: other })
            }
            GivenSignIn::Stored => Err(Refusal::about("password", "empty_password", "Type the password.")),
        }
    }

    /// What the keychain holds, unless it was refused: that is never sent again to find out.
    async fn stored_proof(&self, account: &Account) -> Result<Proof, Refusal> {
        let (id, now) = (account.id, self.now());
        let standing = self.read(move |db| standing(db, &accounts::get(db, id)?, 0, now)).await?;
        let refused = standing.counts.map(|failure| failure.cause);
        if let Some(
            cause @ (Cause::WrongPassword
            | Cause::AppPasswordNeeded
            | Cause::PasswordSignInOff
            | Cause::SignInExpired),
        ) = refused
        {
            return Err(Refusal { field: Some("password".into()), ..Failure::of(cause).into() });
        }
        let credentials = self.auth().credentials(account, Prompt::Allowed).await?;
        Ok(Proof { credentials, held: None, signed_in_as: None })
    }

    /// A browser sign-in is good for one account.
    fn used(&self, given: &GivenSignIn) {
        if let GivenSignIn::Browser { run } = given {
            self.inner.sign_ins.cancel(run);
        }
    }

    /// Runs the checklist for an account and tells each step; ends early when the run is cancelled. What has begun to
    /// be saved is saved to its end.
    async fn check<S, F>(
        &self,
        run: String,
        cancel: Cancellable<'_>,
        account: &Account,
        proof: Proof,
        save: S,
    ) -> Result<(), Refusal>
    where
        S: FnOnce(Seen) -> F + Send,
        F: Future<Output = Result<(), Failure>> + Send,
    {
        let proxy = self.read(meta::proxy).await?;
        let who = (account.incoming.host.clone(), account.username.clone());
        let refused_before = self.locked_refusals().get(&who).copied().unwrap_or(0);
        let out_host = account.outgoing.as_ref().map_or("", |out| out.host.as_str());
        let request = Request {
            incoming: account.incoming.clone(),
            outgoing: account.outgoing.clone(),
            terms: Terms::of(account, &account.incoming.host, proxy.clone()),
            outgoing_terms: Terms::of(account, out_host, proxy),
            username: account.username.clone(),
            credentials: proof.credentials,
            refused_before,
            signed_in_as: proof.signed_in_as.map(|who| (who, account.email.display())),
        };
        let saving = AtomicBool::new(false);
        let save = |seen| {
            saving.store(true, Ordering::Relaxed);
            save(seen)
        };
        let tell = {
            let (tell, table, provider) = (self.teller(&run), self.table().clone(), account.provider.clone());
            move |steps: &[CheckStep]| {
                let with_pages: Vec<CheckStep> =
                    steps.iter().map(|step| step.clone().with_page(&table, &provider)).collect();
                tell(&with_pages);
            }
        };
        let checking = connect::check(&request, &self.context().deadlines, tell, save);
        tokio::pin!(checking);
        let result = tokio::select! {
            () = cancel.token().cancelled() => None,
            result = &mut checking => Some(result),
        };
        let result = match result {
            Some(result) => result,
            None if saving.load(Ordering::Relaxed) => checking.await,
            None => Err(Failure::of(Cause::Cancelled)),
        };
        match &result {
            Ok(()) => drop(self.locked_refusals().remove(&who)),
            Err(failure) if failure.cause == Cause::WrongPassword => {
                *self.locked_refusals().entry(who).or_default() += 1;
            }
            Err(_) => {}
        }
        result.map_err(Refusal::from)
    }

    fn locked_refusals(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<(String, String), u32>> {
        self.inner.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces the steps of a run.
    fn teller(&self, run: &str) -> impl Fn(&[CheckStep]) + Send + use<> {
        let (events, run) = (self.inner.events.clone(), run.to_owned());
        move |steps: &[CheckStep]| {
            let _ = events.send(Event::Checklist { run: run.clone(), steps: steps.to_vec() });
        }
    }

    /// Registers a run, so that it can be cancelled from here on until this is dropped.
    fn cancellable(&self, run: &str) -> Cancellable<'_> {
        let cancel = CancellationToken::new();
        self.inner
            .checks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(run.to_owned(), cancel.clone());
        Cancellable { engine: self, run: run.to_owned(), cancel }
    }

    /// Ends a run: a checklist, a search for servers, or a sign-in in the browser.
    pub fn cancel_check(&self, run: &str) {
        if let Some(cancel) = self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).get(run) {
            cancel.cancel();
        }
        self.inner.sign_ins.cancel(run);
    }
}

/// A run that can be cancelled by its name.
struct Cancellable<'a> {
    engine: &'a Engine,
    run: String,
    cancel: CancellationToken,
}

impl Cancellable<'_> {
    const fn token(&self) -> &CancellationToken {
        &self.cancel
    }
}

impl Drop for Cancellable<'_> {
    fn drop(&mut self) {
        self.engine.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run);
    }
}

fn note_seen(tx: &rusqlite::Connection, id: AccountId, seen: &Seen) -> Result<(), crate::store::StoreError> {
    for (host, issuer) in &seen.issuers {
        certificates::set_known_issuer(tx, id, host, issuer)?;
    }
    if let Some((host, bytes)) = &seen.largest {
        outgoing::set_size_limit(tx, host, *bytes)?;
    }
    Ok(())
}
