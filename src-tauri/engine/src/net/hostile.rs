//! The stand on which IMAP and SMTP are tried against servers, and those in between, that want a password or a
//! token in clear, or somewhere else. For tests.

use super::scripted::{Authority, Scripted, Turn, leaks};
use super::{Deadlines, Terms};
use crate::model::{Cause, Endpoint, Failure, Security};
use std::net::TcpListener;

/// The password that may not be overheard.
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";
/// The token that may not be overheard.
pub(crate) const TOKEN: &str = "ya29.a0AfH6SMBxGe0123456789-_~";

/// What comes of a sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// It does not come to it.
    Before(Cause),
    /// Nothing is sent: why not with a password, and why not with a token.
    Unsent(Cause, Cause),
    /// It is sent under TLS, and refused.
    Refused(Cause),
    /// It goes well under TLS.
    Well,
    /// It goes well with nothing sent.
    Unasked,
}

impl Ends {
    const fn cause(self, token: bool) -> Option<Cause> {
        match self {
            Self::Unsent(_, cause) if token => Some(cause),
            Self::Before(cause) | Self::Unsent(cause, _) | Self::Refused(cause) => Some(cause),
            Self::Well | Self::Unasked => None,
        }
    }
}

/// One server, and what comes of it.
pub(crate) struct Row {
    name: &'static str,
    security: Security,
    ends: Ends,
    turns: Vec<Turn>,
}

/// A row of the table.
pub(crate) fn row(name: &'static str, security: Security, ends: Ends, turns: Vec<Turn>) -> Row {
    Row { name, security, ends, turns }
}

/// Turns one after the other.
pub(crate) fn turns(parts: impl IntoIterator<Item = Vec<Turn>>) -> Vec<Turn> {
    parts.into_iter().flatten().collect()
}

/// A server to be trusted, and a place that nobody may be sent to.
pub(crate) struct Stand {
    authority: Authority,
    elsewhere: TcpListener,
}

/// One attempt: where, on which terms, with which secret, and whether that is a token.
pub(crate) struct Attempt {
    pub(crate) endpoint: Endpoint,
    pub(crate) terms: Terms,
    pub(crate) deadlines: Deadlines,
    pub(crate) secret: &'static str,
    pub(crate) token: bool,
}

impl Stand {
    pub(crate) fn new() -> Self {
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        Self { authority: Authority::new("Studio CA"), elsewhere }
    }

    /// TLS with a certificate that is trusted.
    pub(crate) fn tls(&self) -> Turn {
        Turn::Tls(self.authority.server(&["localhost"], 2045))
    }

    /// TLS with a certificate of a stranger.
    pub(crate) fn strange_tls() -> Turn {
        Turn::Tls(Authority::new("Stranger").server(&["localhost"], 2045))
    }

    /// Host and port that nobody may be sent to.
    pub(crate) fn elsewhere(&self) -> String {
        format!("localhost:{}", self.elsewhere.local_addr().unwrap().port())
    }

    /// Tries every row with a password and with a token, and looks at every byte that was on the wire.
    pub(crate) async fn holds<F>(&self, rows: Vec<Row>, signs_in: impl Fn(Attempt) -> F)
    where
        F: Future<Output = Result<(), Failure>>,
    {
        for Row { name, security, ends, turns } in rows {
            for (secret, token) in [(PASSWORD, false), (TOKEN, true)] {
                let server = Scripted::plays(turns.clone()).await;
                let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security };
                let terms = Terms { ca_pem: Some(self.authority.pem.clone()), ..Terms::default() };
                let deadlines = super::scripted::SHORT;
                let result = signs_in(Attempt { endpoint, terms, deadlines, secret, token }).await;
                let (heard, wire) = server.overheard().await;

                let what = format!("{name}, token {token}: {result:?}\n{}", heard.escape_debug());
                assert!(!leaks(&wire, secret), "in clear: {what}");
                assert!(self.elsewhere.accept().is_err(), "followed: {what}");
                assert_eq!(result.err().map(|failure| failure.cause), ends.cause(token), "{what}");
                let sent = leaks(heard.as_bytes(), secret);
                assert_eq!(sent, matches!(ends, Ends::Refused(_) | Ends::Well), "under TLS: {what}");
                let began = ["LOGIN", "AUTH "].iter().any(|word| heard.contains(word))
                    || heard.contains("AUTHENTICATE");
                assert_eq!(began, sent, "{what}");
            }
        }
    }
}
