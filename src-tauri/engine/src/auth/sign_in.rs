//! A sign-in in the system's browser (RFC 8252): made up here, done there, come back over the loopback.

use super::Tokens;
use super::callback::{Back, Expected, Listener, PATH};
use super::client::{Asked, Client, refused};
use crate::model::{Cause, Failure, Refusal, Timestamp};
use crate::net::clean;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A person takes so long at the most.
pub const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// A sign-in that waits for the person. Dropping it closes its listener.
#[derive(Debug)]
pub struct BrowserSignIn {
    client: Client,
    redirect: String,
    asked: Asked,
    listener: Listener,
    until: Instant,
}

/// What the person came back with.
#[derive(Clone, Debug)]
pub struct Returned {
    /// Who signed them in.
    pub issuer: String,
    /// What to sign in with.
    pub tokens: Tokens,
    /// The address they signed in as, where the issuer says so. A hint: nothing is decided by it.
    pub signed_in_as: Option<String>,
}

impl BrowserSignIn {
    /// Opens the listener and makes up the request; `email` is proposed to the issuer. It ends `limit` from now.
    pub async fn begin(client: Client, email: &str, limit: Duration) -> Result<Self, Failure> {
        let listener = Listener::open().await?;
        let redirect = format!("http://{}:{}{PATH}", client.issuer.redirect_host, listener.port());
        let asked = client.ask(&redirect, email)?;
        Ok(Self { client, redirect, asked, listener, until: Instant::now() + limit })
    }

    /// Where the person signs in. It holds nothing secret.
    pub fn link(&self) -> &str {
        &self.asked.link
    }

    /// Waits for the person, then exchanges what they came back with.
    pub async fn wait(self, now: fn() -> Timestamp) -> Result<Returned, Refusal> {
        let Asked { state, verifier, .. } = self.asked;
        let expected = Expected {
            host: format!("{}:{}", self.client.issuer.redirect_host, self.listener.port()),
            state: state.secret().clone(),
            issuer: self.client.issuer.issuer.clone(),
        };
        let back = timeout_at(self.until, self.listener.wait(expected)).await.map_err(|_| {
            Refusal::new(
                "sign_in_too_late",
                "Nobody came back from the browser in five minutes. Nothing was changed.",
            )
        })?;
        let code = match back {
            Back::Code(code) => code,
            Back::Error { code, description } => return Err(said_no(&code, &description)),
        };
        let got = self.client.exchange(&self.redirect, code, verifier, now()).await.map_err(not_exchanged)?;
        Ok(Returned { issuer: self.client.issuer.id, tokens: got.tokens, signed_in_as: got.signed_in_as })
    }
}

/// The issuer took the person, and then not the code: nothing that was saved is the matter.
fn not_exchanged(failure: Failure) -> Refusal {
    if failure.cause != Cause::SignInExpired {
        return failure.into();
    }
    Refusal {
        server_said: failure.server_said,
        ..Refusal::new("sign_in_refused", "The sign-in was refused. Nothing was changed.")
    }
}

/// Why the person, or the issuer, said no.
fn said_no(code: &str, description: &str) -> Refusal {
    let words = clean(&format!("{code} {description}"), &[]);
    match refused(code, description) {
        Cause::SignInExpired if code == "access_denied" => Refusal {
            server_said: Some(words),
            ..Refusal::new("consent_refused", "Hatstand was not allowed in. Nothing was changed.")
        },
        Cause::SignInExpired => Refusal {
            server_said: Some(words),
            ..Refusal::new("sign_in_refused", "The sign-in was refused. Nothing was changed.")
        },
        cause => Failure::said(cause, words).into(),
    }
}
