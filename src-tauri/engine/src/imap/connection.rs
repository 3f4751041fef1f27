//! From an endpoint to a connection on which nobody has signed in.

use super::capabilities::Capabilities;
use super::command::Command;
use super::dialogue::{Dialogue, Heard};
use super::starttls::starttls;
use crate::model::{Cause, Certificate, Endpoint, Failure, Security};
use crate::net::{Counters, Deadlines, Stage, Terms, Watch, dial};
use imap_proto::{Response, ResponseCode, Status};
use std::sync::Arc;
use tokio::time::timeout;

/// A connection on which nobody has signed in. No secret has been sent.
#[derive(Debug)]
pub struct Connection {
    pub(super) dialogue: Dialogue,
    pub(super) capabilities: Capabilities,
    pub(super) deadlines: Deadlines,
    pub(super) endpoint: Endpoint,
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
        let endpoint = endpoint.clone();
        let mut connection = Self { dialogue, capabilities, deadlines: *deadlines, endpoint };
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
}

pub(super) fn silent() -> Failure {
    Failure::said(Cause::TimedOut, "The server does not answer.")
}

pub(super) fn capabilities_of(response: &Response<'_>) -> Option<Capabilities> {
    match response {
        Response::Capabilities(list) => Some(Capabilities::of(list)),
        _ => None,
    }
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

    pub(super) async fn ask_capabilities(&mut self) -> Result<Capabilities, Failure> {
        let mut heard = None;
        let command = Command::new("CAPABILITY", &Capabilities::default());
        let reply = self.run(&command, |response| heard = capabilities_of(response).or(heard.take())).await?;
        match heard {
            Some(capabilities) if reply.is_ok() => Ok(capabilities),
            _ => Err(Failure::said(Cause::NotAMailServer, reply.words())),
        }
    }
}
