//! A plain SMTP client of a few lines: what the rig's clients send with. It shares nothing with the engine's.
//! Blocking; it trusts the server, which is our own.

use std::io::{Read, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio_rustls::rustls::ClientConfig;

use crate::trouble::{Doing, Outcome, Trouble};
use crate::wire::{Stream, dial};

/// What the server answered to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its code, such as 250.
    pub code: u16,
    /// Its lines without the codes, one a line.
    pub text: String,
}

impl Reply {
    /// Whether the command was done (2xx), or may go on (3xx).
    pub fn positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Itself, if positive; else a trouble with what the server said.
    #[track_caller]
    pub fn done(self) -> Outcome<Self> {
        if self.positive() { Ok(self) } else { Err(Trouble::new(format!("the server said {self}"))) }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// A connection to an SMTP server on 127.0.0.1, greeted and answered.
pub struct Smtp {
    stream: Stream,
    offers: Vec<String>,
}

impl Smtp {
    /// In the clear.
    pub fn plain(port: u16) -> Outcome<Self> {
        Self::greeted(Stream::Plain(dial(port)?))
    }

    /// TLS from the first byte (RFC 8314), as `localhost`.
    pub fn tls(port: u16, config: Arc<ClientConfig>) -> Outcome<Self> {
        Self::greeted(Stream::tls(dial(port)?, config)?)
    }

    /// In the clear until STARTTLS (RFC 3207), then TLS as `localhost`.
    pub fn starttls(port: u16, config: Arc<ClientConfig>) -> Outcome<Self> {
        let mut smtp = Self::plain(port)?;
        smtp.command("STARTTLS")?.done()?;
        let Stream::Plain(stream) = smtp.stream else { return Err(Trouble::new("TLS in TLS")) };
        let mut smtp = Self { stream: Stream::tls(stream, config)?, offers: Vec::new() };
        smtp.hello()?;
        Ok(smtp)
    }

    fn greeted(stream: Stream) -> Outcome<Self> {
        let mut smtp = Self { stream, offers: Vec::new() };
        smtp.reply()?.done()?;
        smtp.hello()?;
        Ok(smtp)
    }

    fn hello(&mut self) -> Outcome<()> {
        let reply = self.command("EHLO rig.example")?.done()?;
        self.offers = reply.text.lines().skip(1).map(str::to_owned).collect();
        Ok(())
    }

    /// What the server offers: the lines of its answer to EHLO.
    pub fn offers(&self) -> &[String] {
        &self.offers
    }

    /// Signs in by PLAIN (RFC 4616).
    pub fn sign_in(&mut self, user: &str, password: &str) -> Outcome<Reply> {
        let coded = STANDARD.encode(format!("\0{user}\0{password}"));
        self.command(&format!("AUTH PLAIN {coded}"))
    }

    /// Signs in with a token by XOAUTH2, as Google and Microsoft describe it.
    pub fn xoauth2(&mut self, user: &str, token: &str) -> Outcome<Reply> {
        let coded = STANDARD.encode(format!("user={user}\x01auth=Bearer {token}\x01\x01"));
        let reply = self.command(&format!("AUTH XOAUTH2 {coded}"))?;
        // A refusal first says why, and wants an empty line.
        if reply.code == 334 { self.command("") } else { Ok(reply) }
    }

    /// MAIL FROM; `more` are parameters, such as `SIZE=200 SMTPUTF8`.
    pub fn mail(&mut self, from: &str, more: &str) -> Outcome<Reply> {
        self.command(format!("MAIL FROM:<{from}> {more}").trim_end())
    }

    /// RCPT TO.
    pub fn rcpt(&mut self, to: &str) -> Outcome<Reply> {
        self.command(&format!("RCPT TO:<{to}>"))
    }

    /// DATA, the message with its dots doubled and its lines ended by CRLF, and the dot. The answer is the last one.
    pub fn data(&mut self, message: &[u8]) -> Outcome<Reply> {
        let go_on = self.command("DATA")?;
        if go_on.code != 354 {
            return Ok(go_on);
        }
        let mut out = Vec::with_capacity(message.len() + 64);
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                out.push(b'.');
            }
            let line = line.strip_suffix(b"\n").map_or(line, |it| it.strip_suffix(b"\r").unwrap_or(it));
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
        self.write(&out)?;
        self.reply()
    }

    /// One message for one recipient, and the end. A refusal is a trouble.
    pub fn send(mut self, from: &str, to: &str, message: &[u8]) -> Outcome<()> {
        self.mail(from, "")?.done()?;
        self.rcpt(to)?.done()?;
        self.data(message)?.done()?;
        self.command("QUIT").map(|_| ())
    }

    /// Any command, as it stands.
    pub fn command(&mut self, line: &str) -> Outcome<Reply> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// Bytes as they stand.
    pub fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(bytes).and_then(|()| self.stream.flush())?)
    }

    /// Reads one answer.
    pub fn reply(&mut self) -> Outcome<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            let code = line.get(..3).and_then(|digits| digits.parse().ok());
            let code = code.doing(&format!("reading the answer {line}"))?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, text: lines.join("\n") });
            }
        }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = Vec::new();
        // Byte by byte: nothing may be read ahead of a handshake, and answers are short.
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(Trouble::new("the server closed the connection"));
            }
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}
