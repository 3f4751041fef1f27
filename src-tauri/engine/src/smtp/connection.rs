//! From an endpoint to a connection on which EHLO has been said.

use super::causes;
use super::reply::Reply;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::{Counters, Deadlines, Lines, Stage, Terms, Watch, dial, not_a_mail_server};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Nothing of this machine's name is told (RFC 5321, section 4.1.4, allows an address literal).
const HELLO: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// A polite end is not waited for longer than this.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection on which EHLO has been said. No secret has been sent.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) lines: Lines,
    pub(super) offers: Offers,
    pub(super) endpoint: Endpoint,
    pub(super) secure: bool,
    /// The longest time for one command and its answer.
    pub(super) patience: Duration,
    /// A command can be said: no mail is in the middle, and nothing has broken.
    pub(super) between_commands: bool,
}

impl Connection {
    pub(super) async fn open(
        endpoint: &Endpoint,
        terms: &Terms,
        counters: &Arc<Counters>,
        deadlines: &Deadlines,
        watch: Watch<'_>,
    ) -> Result<Self, Failure> {
        let host = &endpoint.host;
        let mut stream = dial(endpoint, &terms.proxy, counters, deadlines, &mut *watch).await?;
        stream.set_idle(deadlines.greeting);
        if endpoint.security == Security::Tls {
            stream = stream.secure(host, terms, deadlines, false, &mut *watch).await?;
        }
        let mut secure = stream.is_secure();
        let mut lines = Lines::new(stream);
        let negotiate = async {
            greeting(&mut lines).await?;
            if endpoint.security == Security::Starttls { starttls(&mut lines).await } else { Ok(()) }
        };
        timeout(deadlines.greeting, negotiate).await.map_err(|_| silent())??;
        if endpoint.security == Security::Starttls {
            let stream = lines.into_bare()?.secure(host, terms, deadlines, true, &mut *watch).await?;
            secure = stream.is_secure();
            lines = Lines::new(stream);
        }
        watch(Stage::Greeted);
        lines.set_idle(deadlines.idle);
        let patience = deadlines.idle.saturating_mul(2);
        let offers =
            timeout(patience, hello(&mut lines, Cause::NotAMailServer)).await.map_err(|_| silent())??;
        Ok(Self { lines, offers, endpoint: endpoint.clone(), secure, patience, between_commands: true })
    }

    /// Leaves without waiting to be answered: what counts has been said.
    pub(super) async fn leave(mut self) {
        let _ = timeout(FAREWELL, self.lines.send("QUIT")).await;
    }

    /// Leaves. Whatever the server makes of it does not matter any more.
    pub(super) async fn quit(mut self) {
        let quit = async {
            self.lines.send("QUIT").await?;
            Reply::read(&mut self.lines).await
        };
        let _ = timeout(FAREWELL, quit).await;
    }
}

/// What a server can do, as its answer to EHLO says.
#[derive(Debug)]
pub(super) struct Offers(Vec<String>);

impl Offers {
    /// By the keyword, in capitals.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.0.iter().any(|line| line.split(' ').next() == Some(keyword))
    }

    /// The largest mail it takes, in bytes, where it says one (RFC 1870; 0 says none).
    pub(super) fn largest(&self) -> Option<u64> {
        let sizes = self.0.iter().filter_map(|line| line.strip_prefix("SIZE "));
        sizes.filter_map(|size| size.trim().parse().ok()).find(|size| *size > 0)
    }

    /// The mechanisms of AUTH, in capitals. Old servers write `AUTH=PLAIN` as well.
    fn mechanisms(&self) -> impl Iterator<Item = &str> {
        let lists = self.0.iter().filter_map(|line| line.strip_prefix("AUTH"));
        lists.filter_map(|list| list.strip_prefix([' ', '='])).flat_map(|list| list.split([' ', '=']))
    }

    /// Whether AUTH takes this mechanism.
    pub(super) fn mechanism(&self, name: &str) -> bool {
        self.mechanisms().any(|offered| offered == name)
    }

    /// Whether AUTH takes any mechanism at all.
    pub(super) fn sign_in(&self) -> bool {
        self.mechanisms().any(|name| !name.is_empty())
    }
}

/// Hears the greeting.
pub(crate) async fn greeting(lines: &mut Lines) -> Result<(), Failure> {
    let greeting = Reply::read(lines).await?;
    match greeting.code {
        220 => Ok(()),
        code @ 400..=599 => {
            Err(Failure::said(causes::at_the_door(code, &greeting.text()), greeting.words(&[])))
        }
        _ => Err(not_a_mail_server(greeting.words(&[]).as_bytes())),
    }
}

/// EHLO. A server that knows none has nothing to offer. Anything but a yes or a no was said before it was asked
/// for, by whatever `out_of_turn` means.
async fn hello(lines: &mut Lines, out_of_turn: Cause) -> Result<Offers, Failure> {
    lines.send(&format!("EHLO [{HELLO}]")).await?;
    let hello = Reply::read(lines).await?;
    match hello.code {
        250 => Ok(Offers(hello.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect())),
        500..=504 => Ok(Offers(Vec::new())),
        code @ 400..=599 => Err(Failure::said(causes::at_the_door(code, &hello.text()), hello.words(&[]))),
        _ => Err(Failure::said(out_of_turn, format!("In answer to EHLO: {}", hello.words(&[])))),
    }
}

/// After the greeting, talks up to the point where TLS begins (RFC 3207). Nothing said here counts afterwards.
pub(crate) async fn starttls(lines: &mut Lines) -> Result<(), Failure> {
    let offers = hello(lines, Cause::StandsInBetween).await?;
    if !offers.has("STARTTLS") {
        return Err(Failure::said(Cause::TlsNotOffered, "STARTTLS is not among what the server offers."));
    }
    lines.send("STARTTLS").await?;
    let go = Reply::read(lines).await?;
    match go.code {
        220 => Ok(()),
        400..=599 => Err(Failure::said(Cause::TlsNotOffered, go.words(&[]))),
        // The answer to no command of ours.
        _ => Err(Failure::said(Cause::StandsInBetween, format!("In answer to STARTTLS: {}", go.words(&[])))),
    }
}

pub(super) fn silent() -> Failure {
    Failure::said(Cause::TimedOut, "The server does not answer.")
}
