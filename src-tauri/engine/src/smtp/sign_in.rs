//! AUTH (RFC 4954).

use super::causes;
use super::connection::{Connection, silent};
use super::reply::Reply;
use crate::model::{Cause, Endpoint, Failure};
use crate::net::is_loopback;
use crate::net::sasl::{self, Exchange};
use crate::secrets::{Credentials, Secret};
use tokio::time::timeout;

/// The longest command line, without its end (RFC 5321, section 4.5.3.1.4). A longer first answer waits for the
/// server's challenge, whose answer may have 12,288 bytes (RFC 4954, section 4).
const LONGEST: usize = 510;

impl Connection {
    /// Signs in. A password: AUTH PLAIN, else LOGIN. A token: OAUTHBEARER (RFC 7628), else XOAUTH2. When the
    /// server takes none of them, or without TLS (but to this machine), nothing is sent.
    pub(super) async fn sign_in(&mut self, username: &str, credentials: &Credentials) -> Result<(), Failure> {
        let here = is_loopback(&self.endpoint.host);
        if !self.secure && !here {
            return Err(Failure::said(Cause::TlsNotOffered, "Nothing secret is sent without encryption."));
        }
        if !self.offers.sign_in() {
            // A relay on this machine asks nobody who they are.
            return if here {
                Ok(())
            } else {
                Err(Failure::said(Cause::SendingOff, "The server offers no sign-in (AUTH)."))
            };
        }
        let exchange = match credentials {
            Credentials::Password(password) => self.with_password(username, password)?,
            Credentials::Bearer(token) => self.with_token(username, token)?,
        };
        timeout(self.patience, self.authenticate(exchange)).await.map_err(|_| silent())?
    }

    fn with_password(&self, username: &str, password: &Secret) -> Result<Exchange, Failure> {
        let password = password.expose();
        if !sasl::fits_password(username, password) {
            return Err(Failure::said(Cause::WrongPassword, "A line break cannot be part of it."));
        }
        if self.offers.mechanism("PLAIN") {
            return Ok(Exchange::plain(username, password));
        }
        if self.offers.mechanism("LOGIN") {
            return Ok(Exchange::login(username, password));
        }
        if self.offers.mechanism("XOAUTH2") || self.offers.mechanism("OAUTHBEARER") {
            return Err(Failure::said(Cause::PasswordSignInOff, "The server takes no password."));
        }
        Err(Failure::said(Cause::SendingOff, "The server offers no sign-in that Hatstand knows."))
    }

    /// A token for a server that takes none is `unknown`, as in IMAP.
    fn with_token(&self, username: &str, token: &Secret) -> Result<Exchange, Failure> {
        let token = token.expose();
        if !sasl::fits_token(username, token) {
            return Err(Failure::said(Cause::SignInExpired, "The token is none that can be sent."));
        }
        if self.offers.mechanism("OAUTHBEARER") {
            let Endpoint { host, port, .. } = &self.endpoint;
            return Ok(Exchange::oauthbearer(username, token, host, *port));
        }
        if self.offers.mechanism("XOAUTH2") {
            return Ok(Exchange::xoauth2(username, token));
        }
        let words = "The server takes no browser sign-in (AUTH names neither OAUTHBEARER nor XOAUTH2).";
        Err(Failure::said(Cause::Unknown, words))
    }

    /// A server that leaves in the middle may have refused the secret without a word: then it is not to be sent
    /// again within a minute.
    async fn authenticate(&mut self, exchange: Exchange) -> Result<(), Failure> {
        let ended = self.exchange(exchange).await;
        let left = self.lines.has_left();
        ended.map_err(|failure| if left { Failure { cause: Cause::TryLater, ..failure } } else { failure })
    }

    async fn exchange(&mut self, mut exchange: Exchange) -> Result<(), Failure> {
        self.lines.send(&exchange.command("AUTH", true, LONGEST)).await?;
        loop {
            let reply = Reply::read(&mut self.lines).await?;
            match reply.code {
                235 => return Ok(()),
                334 => {
                    let Some(answer) = exchange.answer(&reply.text()) else {
                        let words = "The server asks for more than the sign-in has.";
                        return Err(Failure::said(Cause::Unknown, words));
                    };
                    self.lines.send(&answer).await?;
                }
                _ => return Err(refused(&reply, &exchange)),
            }
        }
    }
}

fn refused(reply: &Reply, exchange: &Exchange) -> Failure {
    let words = reply.words(exchange.secrets());
    let Some(refusal) = exchange.refusal() else {
        return Failure::said(causes::sign_in(reply.code, &reply.text(), exchange.bearer()), words);
    };
    let cause = refusal.cause.unwrap_or_else(|| causes::sign_in(reply.code, &reply.text(), true));
    let secrets: Vec<&str> = exchange.secrets().iter().map(String::as_str).collect();
    Failure::said(cause, crate::net::clean(&format!("{words} {}", refusal.words), &secrets))
}
