//! Sign-ins in the browser, by the run that their caller named: begun, waited for, used once, or given up.

use super::Engine;
use crate::auth::{BrowserSignIn, FIVE_MINUTES, Returned};
use crate::model::{Cause, Failure, Refusal};
use crate::secrets::Prompt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// How a sign-in stands.
enum State {
    /// Its listener is open; nobody waits on it yet.
    Begun(Box<BrowserSignIn>),
    /// Somebody waits.
    Waiting,
    /// The person is back.
    Returned(Box<Returned>),
}

struct Run {
    link: String,
    cancel: CancellationToken,
    state: State,
}

/// The sign-ins that are under way.
#[derive(Default)]
pub(super) struct SignIns(Mutex<HashMap<String, Run>>);

impl SignIns {
    fn locked(&self) -> MutexGuard<'_, HashMap<String, Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives one up: its listener is closed, what it brought is forgotten.
    pub(super) fn cancel(&self, run: &str) {
        if let Some(run) = self.locked().remove(run) {
            run.cancel.cancel();
        }
    }

    /// What the person came back with.
    pub(super) fn returned(&self, run: &str) -> Option<Returned> {
        match self.locked().get(run)?.state {
            State::Returned(ref returned) => Some(Returned::clone(returned)),
            _ => None,
        }
    }
}

impl Engine {
    /// Begins a sign-in in the browser for an address at a provider; the link to open comes back. It ends after five
    /// minutes, or with [`Engine::cancel_check`].
    pub async fn begin_browser_sign_in(
        &self,
        run: String,
        email: &str,
        provider: &str,
    ) -> Result<String, Refusal> {
        let issuer = self.table().get(provider).and_then(|provider| provider.issuer.clone());
        let Some(issuer) = issuer else {
            return Err(Refusal::new("no_browser_sign_in", "This provider has no sign-in in the browser."));
        };
        if !self.auth().is_ready(&issuer).await {
            let name = self.table().issuer(&issuer).map(|issuer| issuer.name.clone()).unwrap_or_default();
            let sentence = format!(
                "Hatstand has no client id for {name} yet. Settings, Advanced says how to get one and takes it."
            );
            return Err(Refusal::new("client_id_needed", sentence));
        }
        let client = self.auth().client(&issuer, Prompt::Allowed).await?;
        let begun = BrowserSignIn::begin(client, email.trim(), FIVE_MINUTES).await?;
        let link = begun.link().to_owned();
        let begun = Run {
            link: link.clone(),
            cancel: CancellationToken::new(),
            state: State::Begun(Box::new(begun)),
        };
        if let Some(older) = self.inner.sign_ins.locked().insert(run, begun) {
            older.cancel.cancel();
        }
        Ok(link)
    }

    /// Where the person signs in, once more.
    pub fn sign_in_link(&self, run: &str) -> Option<String> {
        self.inner.sign_ins.locked().get(run).map(|run| run.link.clone())
    }

    /// Waits for the person; answers whom they signed in as, where the issuer says so.
    pub async fn await_browser_sign_in(&self, run: &str) -> Result<Option<String>, Refusal> {
        let gone = || Refusal::not_found("sign-in");
        let (begun, cancel) = {
            let mut runs = self.inner.sign_ins.locked();
            let entry = runs.get_mut(run).ok_or_else(gone)?;
            match std::mem::replace(&mut entry.state, State::Waiting) {
                State::Begun(begun) => (begun, entry.cancel.clone()),
                State::Returned(returned) => {
                    let signed_in_as = returned.signed_in_as.clone();
                    entry.state = State::Returned(returned);
                    return Ok(signed_in_as);
                }
                State::Waiting => return Err(gone()),
            }
        };
        let result = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled).into()),
            result = begun.wait(self.context().now) => result,
        };
        let mut runs = self.inner.sign_ins.locked();
        match result {
            Ok(returned) => {
                let signed_in_as = returned.signed_in_as.clone();
                let entry = runs.get_mut(run).ok_or_else(gone)?;
                entry.state = State::Returned(Box::new(returned));
                Ok(signed_in_as)
            }
            Err(refusal) => {
                runs.remove(run);
                Err(refusal)
            }
        }
    }
}
