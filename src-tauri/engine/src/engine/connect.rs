//! Connecting and reconnecting: what is typed becomes an account once every line of the checklist is green.

use super::typed::{account_of, endpoint, typed_password, username};
use super::{ConnectRequest, Engine, Event, GivenSignIn, Outgoing, ReconnectRequest, Topic};
use crate::auth::{Held, Returned};
use crate::connect::discover::FoundServers;
use crate::connect::{self, CheckStep, Request, Seen, WhatIsWrong};
use crate::model::{Account, AccountId, Address, Cause, Failure, Refusal, SignIn};
use crate::net::Terms;
use crate::secrets::{Credentials, Prompt};
use crate::store::{accounts, certificates, kept, meta};
use crate::sync::facts::standing;
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;
use tokio_util::sync::CancellationToken;

pub(super) fn address(typed: &str, field: &str) -> Result<Address, Refusal> {
    Address::parse(typed).map_err(|error| Refusal::about(field, "bad_address", error.to_string()))
}

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
        let cancel = self.cancellable(run.clone());
        let proxy = self.read(meta::proxy).await?;
        let answers = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled)),
            answers = connect::discover::found(&email, self.table(), &proxy) => Ok(answers),
        };
        self.forget_run(&run);
        Ok(Found { answers: answers.map_err(Refusal::from)?, connected_already })
    }

    /// Runs the checklist and, when every line is green, stores secret and account. Nothing is stored before.
    pub async fn connect_account(
        &self,
        run: String,
        mut request: ConnectRequest,
    ) -> Result<AccountId, Refusal> {
        if request.incoming.is_none() {
            let found = self.find_servers(run.clone(), &request.email).await?;
            if let Some(best) = found.answers.into_iter().next() {
                request.incoming = Some(best.incoming);
                request.provider = request.provider.or(Some(best.provider));
                request.username = request.username.or(best.username);
                if request.outgoing == Outgoing::Found {
                    request.outgoing = best.outgoing.map_or(Outgoing::None, Outgoing::Given);
                }
            }
        }
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
        let uuid = account.uuid.clone();
        let seen = match self.check(run, &account, proof).await {
            Ok(seen) => seen,
            Err(refusal) => {
                // Cancelled in its last step, the keychain may have taken the secret all the same.
                self.auth().forget(&uuid).await?;
                return Err(refusal);
            }
        };
        let now = self.now();
        let stored = self
            .write(move |tx| {
                let id = accounts::insert(tx, &account, now)?;
                note_issuers(tx, id, &seen)?;
                kept::adopt(tx, id, &account.email)?;
                Ok(id)
            })
            .await;
        match stored {
            Ok(id) => {
                self.used(&given);
                self.tell(Topic::Accounts);
                self.scheduler().ask(id);
                Ok(id)
            }
            Err(refusal) => {
                self.auth().forget(&uuid).await?;
                Err(refusal)
            }
        }
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
        let cancel = self.cancellable(run.clone());
        let looked = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled)),
            looked = connect::look(&account.incoming, &terms, &self.context().deadlines, self.teller(&run)) => looked,
        };
        self.forget_run(&run);
        let live = match looked {
            Err(failure) if failure.cause == Cause::Cancelled => return Err(failure.into()),
            other => other.err(),
        };
        let failure = connect::counts(standing.failure, live);
        Ok(connect::what_is_wrong(&account, self.table(), failure, standing.last_success))
    }

    /// Runs the checklist with what was given, stores it when it worked, and runs a cycle at once.
    pub async fn reconnect_account(
        &self,
        run: String,
        id: AccountId,
        request: ReconnectRequest,
    ) -> Result<(), Refusal> {
        let mut account = self.read(move |db| accounts::get(db, id)).await?;
        if let Some(servers) = request.servers {
            account.username = username(&servers.username)?;
            account.incoming = endpoint(servers.incoming, "incoming")?;
            account.outgoing = servers.outgoing.map(|out| endpoint(out, "outgoing")).transpose()?;
            let (email, host, user) =
                (account.email.clone(), account.incoming.host.clone(), account.username.clone());
            let same = self.read(move |db| accounts::same(db, &email, &host, &user)).await?;
            if same.is_some_and(|same| same != id) {
                let sentence = "This mailbox is connected already, as another account.";
                return Err(Refusal::about("incoming", "account_exists", sentence));
            }
        }
        account.trusted.extend(request.trusted);
        let proof = if request.sign_in == GivenSignIn::Stored {
            self.stored_proof(&account).await?
        } else {
            self.proof(&request.sign_in, &mut account)?
        };
        self.scheduler().stop(id);
        // Held until the cycle is done: the new secret and what it brought belong together.
        let _guard = self.scheduler().cycle_guard().await?;
        {
            let _turn = self.scheduler().turn(id).await;
            let seen = self.check(run, &account, proof).await?;
            let (now, paused) = (self.now(), account.paused);
            self.write(move |tx| {
                accounts::set_connection(tx, &account, now)?;
                note_issuers(tx, id, &seen)?;
                if paused { accounts::set_paused(tx, id, false) } else { Ok(()) }
            })
            .await?;
        }
        self.used(&request.sign_in);
        self.tell(Topic::Accounts);
        self.scheduler().sync(id, Prompt::Allowed, true).await?;
        Ok(())
    }

    /// What the checklist signs in with. A browser sign-in decides how the account signs in from now on.
    fn proof(&self, given: &GivenSignIn, account: &mut Account) -> Result<Proof, Refusal> {
        match given {
            GivenSignIn::Password(typed) => {
                let password = typed_password(typed, self.table().get(&account.provider))?;
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
        let refused = standing.failure.map(|failure| failure.cause);
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

    /// Runs the checklist for an account and tells each step; ends early when the run is cancelled.
    async fn check(&self, run: String, account: &Account, proof: Proof) -> Result<Seen, Refusal> {
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
        let save = async {
            match proof.held {
                Some(held) => self.auth().keep(&account.uuid, held, Prompt::Allowed).await,
                None => Ok(()),
            }
        };
        let tell = {
            let (tell, table, provider) = (self.teller(&run), self.table().clone(), account.provider.clone());
            move |steps: &[CheckStep]| {
                let with_pages: Vec<CheckStep> =
                    steps.iter().map(|step| step.clone().with_page(&table, &provider)).collect();
                tell(&with_pages);
            }
        };
        let cancel = self.cancellable(run.clone());
        let result = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled)),
            result = connect::check(&request, &self.context().deadlines, tell, save) => result,
        };
        self.forget_run(&run);
        match &result {
            Ok(_) => drop(self.locked_refusals().remove(&who)),
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

    fn cancellable(&self, run: String) -> CancellationToken {
        let cancel = CancellationToken::new();
        self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).insert(run, cancel.clone());
        cancel
    }

    fn forget_run(&self, run: &str) {
        self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
    }

    /// Ends a run: a checklist, a search for servers, or a sign-in in the browser.
    pub fn cancel_check(&self, run: &str) {
        if let Some(cancel) = self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).get(run) {
            cancel.cancel();
        }
        self.inner.sign_ins.cancel(run);
    }
}

fn note_issuers(
    tx: &rusqlite::Connection,
    id: AccountId,
    seen: &Seen,
) -> Result<(), crate::store::StoreError> {
    for (host, issuer) in &seen.issuers {
        certificates::set_known_issuer(tx, id, host, issuer)?;
    }
    Ok(())
}
