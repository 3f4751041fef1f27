//! From an endpoint to a signed-in session.

use super::capabilities::Capabilities;
use super::causes;
use super::command::Command;
use super::dialogue::{Dialogue, Heard, Reply};
use super::session::Session;
use crate::model::{Cause, Certificate, Endpoint, Failure, Security};
use crate::net::{Counters, Deadlines, Lines, Stage, Stream, Terms, Watch, clean, dial, not_a_mail_server};
use crate::secrets::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap_proto::{Response, ResponseCode, Status};
use std::sync::Arc;
use tokio::time::timeout;

/// A connection on which nobody has signed in. No secret has been sent.
#[derive(Debug)]
pub struct Connection {
    dialogue: Dialogue,
    capabilities: Capabilities,
    deadlines: Deadlines,
}

impl Connection {
    /// Dials, puts TLS on it (at once or by STARTTLS) and hears the greeting. Without TLS only to this machine.
    pub async fn open(
        endpoint: &Endpoint,
        terms: &Terms,
        counters: Arc<Counters>,
        deadlines: &Deadlines,
    ) -> Result<Self, Failure> {
        Self::open_watched(endpoint, terms, counters, deadlines, &mut |_| {}).await
    }

    /// The same, telling each stage as it is reached.
    pub async fn open_watched(
        endpoint: &Endpoint,
        terms: &Terms,
        counters: Arc<Counters>,
        deadlines: &Deadlines,
        watch: Watch<'_>,
    ) -> Result<Self, Failure> {
        let host = &endpoint.host;
        let mut stream = dial(endpoint, &terms.proxy, &counters, deadlines, &mut *watch).await?;
        stream.set_idle(deadlines.greeting);
        let greeted = endpoint.security == Security::Starttls;
        match endpoint.security {
            Security::Plaintext => {}
            Security::Tls => stream = stream.secure(host, terms, deadlines, false, &mut *watch).await?,
            Security::Starttls => {
                let negotiated = timeout(deadlines.greeting, starttls(stream)).await;
                stream = negotiated.map_err(|_| silent())??;
                stream = stream.secure(host, terms, deadlines, true, &mut *watch).await?;
            }
        }
        let mut dialogue = Dialogue::new(stream, !greeted);
        let mut capabilities = Capabilities::default();
        if !greeted {
            let greeting = timeout(deadlines.greeting, dialogue.greeting()).await;
            capabilities = greeting.map_err(|_| silent())??;
        }
        watch(Stage::Greeted);
        dialogue.guard_mut().inner_mut().set_idle(deadlines.idle);
        let mut connection = Self { dialogue, capabilities, deadlines: *deadlines };
        if connection.capabilities.is_empty() {
            connection.capabilities = connection.dialogue.ask_capabilities().await?;
        }
        Ok(connection)
    }

    /// What the server's certificate says; `None` without TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.dialogue.guard().inner().certificate()
    }

    /// Who vouches for the server; `None` without TLS and for a certificate that only the person trusts.
    pub fn verified_issuer(&self) -> Option<&str> {
        self.dialogue.guard().inner().verified_issuer()
    }

    /// What the server offers before sign-in.
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Signs in with a password: AUTHENTICATE PLAIN where it is offered, else LOGIN. When the server takes
    /// neither, nothing is sent.
    pub async fn sign_in(mut self, username: &str, credentials: &Credentials) -> Result<Session, Failure> {
        let (Credentials::Password(secret) | Credentials::Bearer(secret)) = credentials;
        let password = secret.expose();
        let secure = self.dialogue.guard().inner().is_secure();
        if username.contains(['\r', '\n', '\0']) || password.contains(['\r', '\n', '\0']) {
            return Err(Failure::said(Cause::WrongPassword, "A line break cannot be part of it."));
        }
        let whole = self.deadlines.idle.saturating_mul(2);
        let signing = async {
            if self.capabilities.auth_plain() {
                self.plain(username, password).await
            } else if self.capabilities.login_disabled() {
                let cause = if secure { Cause::PasswordSignInOff } else { Cause::TlsNotOffered };
                Err(Failure::said(cause, "LOGINDISABLED"))
            } else {
                self.login(username, password).await
            }
        };
        let (reply, heard) = timeout(whole, signing).await.map_err(|_| silent())??;
        if !reply.is_ok() {
            let cause = causes::sign_in(reply.ending, reply.code.as_deref(), &reply.text);
            return Err(Failure::said(cause, reply.words()));
        }
        self.dialogue.signed_in = true;
        // They change with the sign-in (RFC 9051, section 6.2.3).
        let capabilities = match reply.capabilities.or(heard) {
            Some(capabilities) => capabilities,
            None => self.dialogue.ask_capabilities().await?,
        };
        let mut session = Session::new(self.dialogue, capabilities);
        session.introduce().await?;
        Ok(session)
    }

    async fn plain(
        &mut self,
        username: &str,
        password: &str,
    ) -> Result<(Reply, Option<Capabilities>), Failure> {
        let encoded = STANDARD.encode(format!("\0{username}\0{password}"));
        let mut command = Command::new("AUTHENTICATE PLAIN", &self.capabilities);
        command.secrets = vec![password.to_owned(), encoded.clone()];
        let mut due = Some(encoded);
        if self.capabilities.sasl_ir() {
            command.words(" ");
            command.words(&due.take().unwrap_or_default());
        }
        if let Some(early) = self.dialogue.start(&command).await? {
            return Ok((early, None));
        }
        let mut heard = None;
        loop {
            match self.dialogue.next(capabilities_of).await? {
                Heard::Data(capabilities) => heard = Some(capabilities),
                // A second challenge is none of PLAIN's: `*` ends it.
                Heard::GoOn => {
                    let line = due.take().unwrap_or_else(|| "*".to_owned()) + "\r\n";
                    self.dialogue.write(line.as_bytes()).await?;
                }
                Heard::Done(reply) => return Ok((reply, heard)),
            }
        }
    }

    async fn login(
        &mut self,
        username: &str,
        password: &str,
    ) -> Result<(Reply, Option<Capabilities>), Failure> {
        let mut command = Command::new("LOGIN ", &self.capabilities);
        command.string(username)?;
        command.words(" ");
        command.secret(password)?;
        let mut heard = None;
        let reply = self
            .dialogue
            .run(&command, |response| heard = capabilities_of(response).or(heard.take()))
            .await?;
        Ok((reply, heard))
    }
}

fn silent() -> Failure {
    Failure::said(Cause::TimedOut, "The server does not answer.")
}

fn capabilities_of(response: &Response<'_>) -> Option<Capabilities> {
    match response {
        Response::Capabilities(list) => Some(Capabilities::of(list)),
        _ => None,
    }
}

/// Talks up to the point where TLS begins (RFC 9051, section 6.2.1). Nothing said here counts afterwards.
async fn starttls(stream: Stream) -> Result<Stream, Failure> {
    let mut lines = Lines::new(stream);
    let greeting = lines.line().await?;
    let offered = match greeting.strip_prefix("* ").map(|rest| rest.split_once(' ').unwrap_or((rest, ""))) {
        Some((word, text)) if word.eq_ignore_ascii_case("OK") => {
            let code = text.strip_prefix("[CAPABILITY ").and_then(|code| code.split_once(']'));
            code.map(|(words, _)| Capabilities::of_words(words))
        }
        Some((word, text)) if word.eq_ignore_ascii_case("BYE") => {
            return Err(Failure::said(causes::bye(text), clean(&greeting, &[])));
        }
        // "You are signed in already": then STARTTLS is not allowed any more, which is what it is said for.
        Some((word, _)) if word.eq_ignore_ascii_case("PREAUTH") => {
            return Err(Failure::said(Cause::StandsInBetween, clean(&greeting, &[])));
        }
        _ => return Err(not_a_mail_server(greeting.as_bytes())),
    };
    let offered = match offered {
        Some(offered) => offered,
        None => asked_in_clear(&mut lines).await?,
    };
    if !offered.starttls() {
        return Err(Failure::said(Cause::TlsNotOffered, "STARTTLS is not among what the server offers."));
    }
    lines.send("S2 STARTTLS").await?;
    let reply = tagged(&mut lines, "S2 ", |_| {}).await?;
    if reply.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK")) {
        return lines.into_bare();
    }
    Err(Failure::said(Cause::TlsNotOffered, clean(&reply, &[])))
}

async fn asked_in_clear(lines: &mut Lines) -> Result<Capabilities, Failure> {
    let mut offered = Capabilities::default();
    lines.send("S1 CAPABILITY").await?;
    let reply = tagged(lines, "S1 ", |line| {
        if let Some(words) = line.strip_prefix("* CAPABILITY ") {
            offered = Capabilities::of_words(words);
        }
    });
    reply.await?;
    Ok(offered)
}

/// The rest of the tagged line.
async fn tagged(lines: &mut Lines, tag: &str, mut each: impl FnMut(&str)) -> Result<String, Failure> {
    for _ in 0..100 {
        let line = lines.line().await?;
        if let Some(rest) = line.strip_prefix(tag) {
            return Ok(rest.to_owned());
        }
        if let Some(text) = line.strip_prefix("* BYE ") {
            return Err(Failure::said(causes::bye(text), clean(&line, &[])));
        }
        each(&line);
    }
    Err(Failure::said(Cause::NotAMailServer, "The server does not answer what it was asked."))
}

impl Dialogue {
    /// The greeting; the capabilities in it, or none.
    async fn greeting(&mut self) -> Result<Capabilities, Failure> {
        let greeting = self.next(|response| match response {
            Response::Data { status: Status::Ok, outcome } => Some(match &outcome.code {
                Some(ResponseCode::Capabilities(list)) => Some(Capabilities::of(list)),
                _ => Some(Capabilities::default()),
            }),
            _ => Some(None),
        });
        match greeting.await? {
            Heard::Data(Some(capabilities)) => Ok(capabilities),
            // Already signed in, as whom? No server that people have a password for does this.
            _ => Err(Failure::said(Cause::NotAMailServer, "PREAUTH")),
        }
    }

    async fn ask_capabilities(&mut self) -> Result<Capabilities, Failure> {
        let mut heard = None;
        let command = Command::new("CAPABILITY", &Capabilities::default());
        let reply = self.run(&command, |response| heard = capabilities_of(response).or(heard.take())).await?;
        match heard {
            Some(capabilities) if reply.is_ok() => Ok(capabilities),
            _ => Err(Failure::said(Cause::NotAMailServer, reply.words())),
        }
    }
}
