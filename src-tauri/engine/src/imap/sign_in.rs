//! From a connection to a signed-in session.

use super::capabilities::Capabilities;
use super::causes;
use super::command::{Command, LONGEST};
use super::connection::{Connection, capabilities_of, silent};
use super::dialogue::{Heard, Phase, Reply};
use super::session::Session;
use crate::model::{Cause, Endpoint, Failure};
use crate::net::is_loopback;
use crate::net::sasl::{self, Exchange};
use crate::secrets::{Credentials, Secret};
use tokio::time::timeout;

impl Connection {
    /// Signs in. A password: AUTHENTICATE PLAIN where it is offered, else LOGIN. A token: OAUTHBEARER
    /// (RFC 7628), else XOAUTH2. When the server takes none of them, or without TLS (but to this machine),
    /// nothing is sent.
    ///
    /// A token for a server that takes no token fails as `unknown`: none of the causes of a refusal is true,
    /// since nothing was refused, and looking again later costs nothing. The words say what it is.
    pub async fn sign_in(mut self, username: &str, credentials: &Credentials) -> Result<Session, Failure> {
        self.must_be_private()?;
        let whole = self.deadlines.idle.saturating_mul(2);
        let signing = async {
            match credentials {
                Credentials::Password(password) => self.with_password(username, password).await,
                Credentials::Bearer(token) => self.with_token(username, token).await,
            }
        };
        let signed = timeout(whole, signing).await.map_err(|_| silent())??;
        if !signed.reply.is_ok() {
            let cause = causes::sign_in(&signed.reply, signed.bearer);
            return Err(Failure::said(signed.cause.unwrap_or(cause), signed.reply.words()));
        }
        self.dialogue.phase = Phase::SignedIn;
        // They change with the sign-in (RFC 9051, section 6.2.3).
        let capabilities = match signed.reply.capabilities.or(signed.heard) {
            Some(capabilities) => capabilities,
            None => self.dialogue.ask_capabilities().await?,
        };
        let mut session = Session::new(self.dialogue, capabilities);
        session.introduce().await?;
        Ok(session)
    }

    /// The dial has seen to it already. A secret in clear is worth looking twice.
    fn must_be_private(&self) -> Result<(), Failure> {
        if self.dialogue.guard().inner().is_secure() || is_loopback(&self.endpoint.host) {
            return Ok(());
        }
        Err(Failure::said(Cause::TlsNotOffered, "Nothing secret is sent without encryption."))
    }

    async fn with_password(&mut self, username: &str, password: &Secret) -> Result<Signed, Failure> {
        let password = password.expose();
        if !sasl::fits_password(username, password) {
            return Err(Failure::said(Cause::WrongPassword, "A line break cannot be part of it."));
        }
        if self.capabilities.mechanism("PLAIN") {
            return self.authenticate(Exchange::plain(username, password)).await;
        }
        if self.capabilities.login_disabled() {
            let secure = self.dialogue.guard().inner().is_secure();
            let cause = if secure { Cause::PasswordSignInOff } else { Cause::TlsNotOffered };
            return Err(Failure::said(cause, "LOGINDISABLED"));
        }
        self.login(username, password).await
    }

    async fn with_token(&mut self, username: &str, token: &Secret) -> Result<Signed, Failure> {
        let token = token.expose();
        if !sasl::fits_token(username, token) {
            return Err(Failure::said(Cause::SignInExpired, "The token is none that can be sent."));
        }
        if self.capabilities.mechanism("OAUTHBEARER") {
            let Endpoint { host, port, .. } = &self.endpoint;
            return self.authenticate(Exchange::oauthbearer(username, token, host, *port)).await;
        }
        if self.capabilities.mechanism("XOAUTH2") {
            return self.authenticate(Exchange::xoauth2(username, token)).await;
        }
        let words = "The server takes no browser sign-in (neither AUTH=OAUTHBEARER nor AUTH=XOAUTH2).";
        Err(Failure::said(Cause::Unknown, words))
    }

    async fn authenticate(&mut self, mut exchange: Exchange) -> Result<Signed, Failure> {
        let line = exchange.command("AUTHENTICATE", self.capabilities.sasl_ir(), LONGEST - 16);
        let mut command = Command::new(&line, &self.capabilities);
        command.secrets = exchange.secrets().to_vec();
        self.dialogue.phase = Phase::SigningIn { bearer: exchange.bearer() };
        if let Some(early) = self.dialogue.start(&command).await? {
            return Ok(Signed { reply: early, heard: None, bearer: exchange.bearer(), cause: None });
        }
        let mut heard = None;
        let mut reply = loop {
            match self.dialogue.next(capabilities_of).await? {
                Heard::Data(capabilities) => heard = Some(capabilities),
                Heard::GoOn(challenge) => {
                    let Some(answer) = exchange.answer(&challenge) else {
                        let words = "The server asks for more than the sign-in has.";
                        return Err(Failure::said(Cause::Unknown, words));
                    };
                    let line = zeroize::Zeroizing::new(format!("{}\r\n", *answer));
                    self.dialogue.write(line.as_bytes()).await?;
                }
                Heard::Done(reply) => break reply,
            }
        };
        let cause = exchange.refusal().and_then(|refusal| refusal.cause);
        if let Some(refusal) = exchange.refusal() {
            reply.add_words(&refusal.words, exchange.secrets());
        }
        Ok(Signed { reply, heard, bearer: exchange.bearer(), cause })
    }

    async fn login(&mut self, username: &str, password: &str) -> Result<Signed, Failure> {
        let mut command = Command::new("LOGIN ", &self.capabilities);
        command.string(username)?;
        command.words(" ");
        command.secret(password)?;
        self.dialogue.phase = Phase::SigningIn { bearer: false };
        let mut heard = None;
        let reply = self
            .dialogue
            .run(&command, |response| heard = capabilities_of(response).or(heard.take()))
            .await?;
        Ok(Signed { reply, heard, bearer: false, cause: None })
    }
}

/// How a sign-in ended.
struct Signed {
    reply: Reply,
    /// Capabilities that were told on the way.
    heard: Option<Capabilities>,
    bearer: bool,
    /// What the server said of the token before the end, where that says more than the end.
    cause: Option<Cause>,
}
