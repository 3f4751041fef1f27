//! Sign-ins in the browser, by the run that their caller named: begun, waited for, used once, or given up.

use super::{Engine, WeakEngine};
use crate::auth::{BrowserSignIn, FIVE_MINUTES, Returned};
use crate::model::{Cause, Failure, Refusal};
use crate::secrets::Prompt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What a person came back with is kept so long for the checks that follow, should nobody give it up.
const KEPT: Duration = Duration::from_mins(15);

type Outcome = Option<Result<Returned, Refusal>>;

struct Run {
    /// Tells this run from a later one of the same name.
    id: uuid::Uuid,
    link: String,
    cancel: CancellationToken,
    outcome: watch::Receiver<Outcome>,
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

    /// Forgets this very run.
    fn end(&self, run: &str, id: uuid::Uuid) {
        let mut runs = self.locked();
        if runs.get(run).is_some_and(|run| run.id == id) {
            runs.remove(run);
        }
    }

    /// What the person came back with.
    pub(super) fn returned(&self, run: &str) -> Option<Returned> {
        let outcome = self.locked().get(run)?.outcome.borrow().clone();
        outcome?.ok()
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
        let (id, cancel) = (uuid::Uuid::new_v4(), CancellationToken::new());
        let (tell, outcome) = watch::channel(None);
        // Known from its first moment, so that it can be given up in any.
        let begun = Run { id, link: String::new(), cancel: cancel.clone(), outcome };
        if let Some(older) = self.inner.sign_ins.locked().insert(run.clone(), begun) {
            older.cancel.cancel();
        }
        let sign_in = tokio::select! {
            () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled).into()),
            sign_in = self.browser_sign_in(email, provider) => sign_in,
        };
        let sign_in = sign_in.inspect_err(|_| self.inner.sign_ins.end(&run, id))?;
        let link = sign_in.link().to_owned();
        match self.inner.sign_ins.locked().get_mut(&run) {
            Some(known) if known.id == id => known.link.clone_from(&link),
            _ => return Err(Failure::of(Cause::Cancelled).into()),
        }
        tokio::spawn(follow(self.downgrade(), run, id, sign_in, cancel, tell, self.context().now));
        Ok(link)
    }

    async fn browser_sign_in(&self, email: &str, provider: &str) -> Result<BrowserSignIn, Refusal> {
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
        Ok(BrowserSignIn::begin(client, email.trim(), FIVE_MINUTES).await?)
    }

    /// Where the person signs in, once more.
    pub fn sign_in_link(&self, run: &str) -> Option<String> {
        self.inner.sign_ins.locked().get(run).map(|run| run.link.clone())
    }

    /// Waits for the person; answers whom they signed in as, where the issuer says so.
    pub async fn await_browser_sign_in(&self, run: &str) -> Result<Option<String>, Refusal> {
        let known = self.inner.sign_ins.locked().get(run).map(|run| (run.id, run.outcome.clone()));
        let (id, mut outcome) = known.ok_or_else(|| Refusal::not_found("sign-in"))?;
        let came = match outcome.wait_for(Option::is_some).await {
            Ok(came) => came.clone(),
            Err(_) => None,
        };
        match came {
            Some(Ok(returned)) => Ok(returned.signed_in_as),
            Some(Err(refusal)) => {
                self.inner.sign_ins.end(run, id);
                Err(refusal)
            }
            None => Err(Failure::of(Cause::Cancelled).into()),
        }
    }
}

/// Waits for the person, and keeps what they came back with until it is used or given up.
async fn follow(
    engine: WeakEngine,
    run: String,
    id: uuid::Uuid,
    sign_in: BrowserSignIn,
    cancel: CancellationToken,
    tell: watch::Sender<Outcome>,
    now: fn() -> crate::model::Timestamp,
) {
    let outcome = tokio::select! {
        () = cancel.cancelled() => Err(Failure::of(Cause::Cancelled).into()),
        outcome = sign_in.wait(now) => outcome,
    };
    let _ = tell.send(Some(outcome));
    tokio::select! {
        () = cancel.cancelled() => {}
        () = tokio::time::sleep(KEPT) => {}
    }
    if let Some(engine) = engine.upgrade() {
        engine.inner.sign_ins.end(&run, id);
    }
}
