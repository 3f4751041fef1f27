//! From an endpoint to a lettre connection that can sign in.

use super::causes;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::{
    Counters, Deadlines, Lines, Stage, Stream, Terms, Watch, clean, dial, is_loopback, not_a_mail_server,
};
use crate::secrets::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials as Login, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use std::error::Error as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// Nothing of this machine's name is told (RFC 5321, section 4.1.4, allows an address literal).
const HELLO: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// A polite end is not waited for longer than this.
const FAREWELL: Duration = Duration::from_secs(2);

/// A connection on which EHLO has been said.
pub(super) struct Connection {
    inner: AsyncSmtpConnection,
    loopback: bool,
    secure: bool,
    /// The longest time for one command and its answer.
    patience: Duration,
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
        let mut lines = Lines::new(stream);
        let negotiate = async {
            greeting(&mut lines).await?;
            if endpoint.security == Security::Starttls { starttls(&mut lines).await } else { Ok(()) }
        };
        timeout(deadlines.greeting, negotiate).await.map_err(|_| silent())??;
        let (mut stream, rest) = if endpoint.security == Security::Starttls {
            let bare = lines.into_bare()?;
            (bare.secure(host, terms, deadlines, true, &mut *watch).await?, Vec::new())
        } else {
            lines.into_parts()
        };
        watch(Stage::Greeted);
        stream.set_idle(deadlines.idle);
        let secure = stream.is_secure();
        let patience = deadlines.idle.saturating_mul(2);
        let connecting = AsyncSmtpConnection::connect_with_transport(
            Box::new(Greeted::new(stream, rest)),
            &ClientId::Ipv4(HELLO),
        );
        let inner = match timeout(patience, connecting).await {
            Ok(Ok(inner)) => inner,
            Ok(Err(error)) => return Err(failure(&error, &[], causes::at_the_door)),
            Err(_) => return Err(silent()),
        };
        Ok(Self { inner, loopback: is_loopback(host), secure, patience })
    }

    /// AUTH PLAIN, else AUTH LOGIN. When the server offers neither, nothing is sent.
    pub(super) async fn sign_in(&mut self, username: &str, credentials: &Credentials) -> Result<(), Failure> {
        let (Credentials::Password(secret) | Credentials::Bearer(secret)) = credentials;
        let password = secret.expose();
        let info = self.inner.server_info();
        let Some(mechanism) = info.get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]) else {
            if info.supports_auth_mechanism(Mechanism::Xoauth2) {
                return Err(Failure::said(Cause::PasswordSignInOff, "The server takes no password."));
            }
            if self.loopback {
                return Ok(());
            }
            let cause = if self.secure { Cause::SendingOff } else { Cause::TlsNotOffered };
            return Err(Failure::said(cause, "The server offers no sign-in (AUTH)."));
        };
        if username.contains(['\r', '\n', '\0']) || password.contains(['\r', '\n', '\0']) {
            return Err(Failure::said(Cause::WrongPassword, "A line break cannot be part of it."));
        }
        let both = STANDARD.encode(format!("\0{username}\0{password}"));
        let secrets = [&both, &STANDARD.encode(password), password];
        let login = Login::new(username.to_owned(), password.to_owned());
        match timeout(self.patience, self.inner.auth(&[mechanism], &login)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error, &secrets, causes::sign_in)),
            Err(_) => Err(silent()),
        }
    }

    /// Leaves. Whatever the server makes of it does not matter any more.
    pub(super) async fn quit(mut self) {
        let _ = timeout(FAREWELL, self.inner.quit()).await;
    }
}

/// One reply of several lines (RFC 5321, section 4.2), read before lettre comes in.
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    fn words(&self) -> String {
        clean(&format!("{} {}", self.code, self.lines.join(" ")), &[])
    }
}

async fn reply(lines: &mut Lines) -> Result<Reply, Failure> {
    let mut texts = Vec::new();
    loop {
        let line = lines.line().await?;
        let (code, rest) = line.split_at_checked(3).ok_or_else(|| not_a_mail_server(line.as_bytes()))?;
        let code: u16 = match code.parse() {
            Ok(code @ 200..=599) if rest.is_empty() || rest.starts_with([' ', '-']) => code,
            _ => return Err(not_a_mail_server(line.as_bytes())),
        };
        texts.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Ok(Reply { code, lines: texts });
        }
        if texts.len() > 100 {
            return Err(Failure::said(Cause::NotAMailServer, "The server's answer does not end."));
        }
    }
}

async fn greeting(lines: &mut Lines) -> Result<(), Failure> {
    let greeting = reply(lines).await?;
    match greeting.code {
        220 => Ok(()),
        code @ 400..=599 => {
            Err(Failure::said(causes::at_the_door(code, &greeting.lines.join(" ")), greeting.words()))
        }
        _ => Err(not_a_mail_server(greeting.words().as_bytes())),
    }
}

/// Talks up to the point where TLS begins (RFC 3207). Nothing said here counts afterwards.
async fn starttls(lines: &mut Lines) -> Result<(), Failure> {
    lines.send(&format!("EHLO [{HELLO}]")).await?;
    let hello = reply(lines).await?;
    let keyword =
        |line: &String| line.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"));
    if hello.code != 250 || !hello.lines.iter().skip(1).any(keyword) {
        let words = format!("STARTTLS is not among what the server offers: {}", hello.words());
        return Err(Failure::said(Cause::TlsNotOffered, clean(&words, &[])));
    }
    lines.send("STARTTLS").await?;
    let go = reply(lines).await?;
    if go.code == 220 { Ok(()) } else { Err(Failure::said(Cause::TlsNotOffered, go.words())) }
}

fn silent() -> Failure {
    Failure::said(Cause::TimedOut, "The server does not answer.")
}

fn failure(error: &SmtpError, secrets: &[&str], judge: fn(u16, &str) -> Cause) -> Failure {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return Failure::said(judge(code, &text), clean(&format!("{code} {text}"), secrets));
    }
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if let Some(io) = io {
        return match io.kind() {
            io::ErrorKind::InvalidData => Failure::said(Cause::NotAMailServer, "The answer is no text."),
            _ => crate::net::failure_of(io),
        };
    }
    match text.as_str() {
        "incomplete response" => {
            Failure::said(Cause::TimedOut, "The server closed the connection before its answer was complete.")
        }
        _ if error.is_response() => Failure::said(Cause::NotAMailServer, clean(&text, secrets)),
        _ => Failure::said(Cause::Unknown, clean(&text, secrets)),
    }
}

/// A stream whose greeting was heard already. lettre waits for one, so it is given one.
#[derive(Debug)]
struct Greeted {
    stream: Stream,
    ahead: Vec<u8>,
    given: usize,
}

impl Greeted {
    fn new(stream: Stream, rest: Vec<u8>) -> Self {
        let mut ahead = b"220 ready\r\n".to_vec();
        ahead.extend(rest);
        Self { stream, ahead, given: 0 }
    }
}

impl AsyncTokioStream for Greeted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.stream.peer())
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let due = &this.ahead[this.given..];
        if due.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let give = due.len().min(buf.remaining());
        buf.put_slice(&due[..give]);
        this.given += give;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
