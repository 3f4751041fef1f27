//! A plain IMAP client of a few lines: what the rig itself reads and appends with, and what the bench measures
//! against. It shares nothing with the engine's IMAP. Blocking; it trusts the server, which is our own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

use crate::trouble::{Doing, Outcome, Trouble};

const DEADLINE: Duration = Duration::from_mins(1);

/// A connection in the clear or in TLS.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Speaks TLS as `localhost` on a connection; the handshake comes with the first byte.
    pub(crate) fn tls(stream: TcpStream, config: Arc<ClientConfig>) -> Outcome<Self> {
        let client = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(client, stream))))
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// One answer of the server: its line with each literal left out, and the literals in order.
#[derive(Debug, Default)]
pub struct Answer {
    /// The text, without the line's end; a literal's `{n}` stays, its bytes do not.
    pub text: Vec<u8>,
    /// The literals.
    pub literals: Vec<Vec<u8>>,
}

impl Answer {
    /// The text, bytes that are no UTF-8 replaced.
    pub fn line(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// The number after `NAME ` in the text, as in `UID 7`.
    pub fn number(&self, name: &str) -> Option<u64> {
        let line = self.line();
        let rest = &line[line.find(&format!("{name} "))? + name.len() + 1..];
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    }

    /// What stands between the brackets or quotes after `NAME `, as in `FLAGS (\Seen)` or `INTERNALDATE "…"`.
    pub fn enclosed(&self, name: &str) -> Option<String> {
        let line = self.line();
        let rest = &line[line.find(&format!("{name} "))? + name.len() + 1..];
        let close = match rest.chars().next()? {
            '(' => ')',
            '"' => '"',
            _ => return None,
        };
        let inner = &rest[1..];
        Some(inner[..inner.find(close)?].to_owned())
    }
}

/// A connection to an IMAP server on 127.0.0.1.
pub struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
    at: usize,
    tag: u32,
    /// Bytes read from the server so far, as they lie inside TLS.
    pub bytes_in: u64,
    /// The server's first line.
    pub greeting: String,
}

impl Wire {
    /// Connects in the clear and reads the greeting.
    pub fn plain(port: u16) -> Outcome<Self> {
        Self::greeted(Stream::Plain(dial(port)?))
    }

    /// Connects by TLS as `localhost` and reads the greeting.
    pub fn tls(port: u16, config: Arc<ClientConfig>) -> Outcome<Self> {
        Self::greeted(Stream::tls(dial(port)?, config)?)
    }

    fn greeted(stream: Stream) -> Outcome<Self> {
        let mut wire =
            Self { stream, buffer: Vec::new(), at: 0, tag: 0, bytes_in: 0, greeting: String::new() };
        wire.greeting = wire.answer().doing("waiting for the greeting")?.line();
        Ok(wire)
    }

    /// Signs in with LOGIN.
    pub fn login(&mut self, user: &str, password: &str) -> Outcome<()> {
        self.command(&format!("LOGIN {} {}", quoted(user), quoted(password))).map(|_| ())
    }

    /// Signs in with a token by XOAUTH2, as Google and Microsoft describe it.
    pub fn xoauth2(&mut self, user: &str, token: &str) -> Outcome<()> {
        self.authenticate("XOAUTH2", &format!("user={user}\x01auth=Bearer {token}\x01\x01"), "")
    }

    /// Signs in with a token by OAUTHBEARER (RFC 7628).
    pub fn oauthbearer(&mut self, user: &str, token: &str) -> Outcome<()> {
        // A refusal is acknowledged by a lone control-A (section 3.2.3).
        self.authenticate("OAUTHBEARER", &format!("n,a={user},\x01auth=Bearer {token}\x01\x01"), "AQ==")
    }

    /// AUTHENTICATE with an initial response (RFC 4959). A refusal may come in two steps: a challenge that says why,
    /// which is answered with `acknowledgement`, and the tagged NO; the trouble tells both.
    fn authenticate(&mut self, mechanism: &str, response: &str, acknowledgement: &str) -> Outcome<()> {
        let coded = base64::engine::general_purpose::STANDARD.encode(response);
        let tag = self.next_tag();
        self.send(format!("{tag} AUTHENTICATE {mechanism} {coded}\r\n").as_bytes())?;
        let mut why = String::new();
        loop {
            let line = self.answer()?.line();
            if let Some(challenge) = line.strip_prefix("+ ") {
                let bytes = base64::engine::general_purpose::STANDARD.decode(challenge)?;
                why = format!("{} ", String::from_utf8_lossy(&bytes));
                self.send(format!("{acknowledgement}\r\n").as_bytes())?;
            } else if let Some(status) = line.strip_prefix(&format!("{tag} ")) {
                let accepted = status.starts_with("OK");
                return if accepted {
                    Ok(())
                } else {
                    Err(Trouble::new(format!("the server said {why}{status}")))
                };
            }
        }
    }

    /// Opens a folder read-only; `folder` is its name in Unicode. Answers the untagged lines.
    pub fn examine(&mut self, folder: &str) -> Outcome<Vec<Answer>> {
        self.command(&format!("EXAMINE {}", quoted(&modified_utf7(folder))))
    }

    /// `UID SEARCH` with `criteria` put in as they are.
    pub fn uid_search(&mut self, criteria: &str) -> Outcome<Vec<u32>> {
        let mut uids = Vec::new();
        for answer in self.command(&format!("UID SEARCH {criteria}"))? {
            if let Some(found) = answer.line().strip_prefix("* SEARCH") {
                uids.extend(found.split_whitespace().filter_map(|uid| uid.parse::<u32>().ok()));
            }
        }
        Ok(uids)
    }

    /// Appends a message. `flags` as in `\Seen`, `date` an INTERNALDATE without its quotes.
    pub fn append(&mut self, folder: &str, flags: &str, date: Option<&str>, bytes: &[u8]) -> Outcome<()> {
        let date = date.map(|date| format!("\"{date}\" ")).unwrap_or_default();
        let folder = quoted(&modified_utf7(folder));
        let tag = self.next_tag();
        self.send(format!("{tag} APPEND {folder} ({flags}) {date}{{{}}}\r\n", bytes.len()).as_bytes())?;
        let go_on = self.answer()?;
        if !go_on.text.starts_with(b"+") {
            return Err(Trouble::new(format!("APPEND refused: {}", go_on.line())));
        }
        self.send(bytes)?;
        self.send(b"\r\n")?;
        self.until(&tag).map(|_| ())
    }

    /// Sends a command and answers its untagged lines; a tagged line other than OK is a trouble.
    pub fn command(&mut self, command: &str) -> Outcome<Vec<Answer>> {
        let tag = self.next_tag();
        self.send(format!("{tag} {command}\r\n").as_bytes())?;
        self.until(&tag)
    }

    fn next_tag(&mut self) -> String {
        self.tag += 1;
        format!("r{}", self.tag)
    }

    fn until(&mut self, tag: &str) -> Outcome<Vec<Answer>> {
        let mut untagged = Vec::new();
        loop {
            let answer = self.answer()?;
            let Some(status) =
                answer.text.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" "))
            else {
                untagged.push(answer);
                continue;
            };
            if status.starts_with(b"OK") {
                return Ok(untagged);
            }
            return Err(Trouble::new(format!("the server said {}", String::from_utf8_lossy(status))));
        }
    }

    /// Reads one answer with its literals.
    pub fn answer(&mut self) -> Outcome<Answer> {
        let mut answer = Answer::default();
        loop {
            let line = self.line()?;
            answer.text.extend_from_slice(&line);
            let Some(size) = literal_size(&line) else { return Ok(answer) };
            let bytes = self.exactly(size)?;
            answer.literals.push(bytes);
        }
    }

    fn line(&mut self) -> Outcome<Vec<u8>> {
        let mut searched = self.at;
        loop {
            if let Some(end) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                let end = searched + end;
                let line = self.buffer[self.at..end].to_vec();
                self.at = end + 1;
                return Ok(line.strip_suffix(b"\r").map(<[u8]>::to_vec).unwrap_or(line));
            }
            let before = self.at;
            let seen = self.buffer.len();
            self.fill()?;
            searched = seen - (before - self.at);
        }
    }

    fn exactly(&mut self, size: usize) -> Outcome<Vec<u8>> {
        while self.buffer.len() - self.at < size {
            self.fill()?;
        }
        let bytes = self.buffer[self.at..self.at + size].to_vec();
        self.at += size;
        Ok(bytes)
    }

    fn fill(&mut self) -> Outcome<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut chunk = [0; 16_384];
        let count = loop {
            match self.stream.read(&mut chunk) {
                // A signal, for example of a child that ended, is no failure.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if count == 0 {
            return Err(Trouble::new("the server closed the connection"));
        }
        self.bytes_in += count as u64;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(bytes).and_then(|()| self.stream.flush())?)
    }
}

/// Connects to 127.0.0.1, with a deadline for each read and write.
pub(crate) fn dial(port: u16) -> Outcome<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn literal_size(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|byte| *byte == b'{')?;
    std::str::from_utf8(&inner[open + 1..]).ok()?.parse().ok()
}

/// An IMAP quoted string.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A mailbox name in modified UTF-7 (RFC 3501, section 5.1.3).
pub fn modified_utf7(name: &str) -> String {
    let mut out = String::new();
    let mut foreign = String::new();
    for character in name.chars().chain(std::iter::once('\0')) {
        if character == '\0' || (' '..='~').contains(&character) {
            if !foreign.is_empty() {
                let units: Vec<u8> = foreign.encode_utf16().flat_map(u16::to_be_bytes).collect();
                let coded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(units);
                out.push('&');
                out.push_str(&coded.replace('/', ","));
                out.push('-');
                foreign.clear();
            }
            match character {
                '\0' => {}
                '&' => out.push_str("&-"),
                other => out.push(other),
            }
        } else {
            foreign.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_written_as_the_rfc_says() {
        for (name, coded) in [
            ("INBOX", "INBOX"),
            ("Gesendet & mehr", "Gesendet &- mehr"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ] {
            assert_eq!(modified_utf7(name), coded);
        }
    }
}
