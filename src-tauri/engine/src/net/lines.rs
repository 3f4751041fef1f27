//! The plain lines before TLS: a greeting, a capability, STARTTLS. Read here, where every byte that was
//! received is in view, because what a stranger slips in before TLS must not be taken for an answer inside it
//! (RFC 9051, section 11.1; CVE-2011-0411).

use super::{Stream, clean, failure_of, hung_up, what_speaks};
use crate::model::{Cause, Failure};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

/// The longest plain line. SMTP's limit is 512 bytes; capability lists are longer.
const LONGEST: usize = 8 * 1024;

/// A stream read line by line.
#[derive(Debug)]
pub struct Lines {
    stream: Stream,
    buffer: Vec<u8>,
    heard: bool,
    left: bool,
}

impl Lines {
    /// Nothing read yet.
    pub const fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::new(), heard: false, left: false }
    }

    /// The next line without its end. Longer than 8 KB, or an end before it: a failure.
    pub async fn line(&mut self) -> Result<String, Failure> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.buffer[searched..].iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=searched + end).collect();
                self.heard = true;
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            searched = self.buffer.len();
            // A greeting of these opens with text. Waiting for the end of a binary one could take for ever.
            let binary = self.buffer.first().is_some_and(|b| !(b' '..=b'~').contains(b));
            if searched > LONGEST || (!self.heard && binary) {
                return Err(not_a_mail_server(&self.buffer));
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => {
                    self.left = true;
                    return Err(self.ended());
                }
                Ok(_) => {}
                Err(error) => {
                    self.left = hung_up(&error);
                    let reset = error.kind() == std::io::ErrorKind::ConnectionReset;
                    return Err(if reset { self.ended() } else { failure_of(&error) });
                }
            }
        }
    }

    /// Whether something has come that was not read yet, without waiting. A connection that has ended: a failure.
    pub async fn has_more(&mut self) -> Result<bool, Failure> {
        if !self.buffer.is_empty() {
            return Ok(true);
        }
        let mut reading = pin!(self.stream.read_buf(&mut self.buffer));
        match poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(0)) => {
                self.left = true;
                Err(self.ended())
            }
            Poll::Ready(Ok(_)) => Ok(true),
            Poll::Ready(Err(error)) => {
                self.left = hung_up(&error);
                Err(failure_of(&error))
            }
        }
    }

    /// The stream below.
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Whether the other side has ended the connection.
    pub const fn has_left(&self) -> bool {
        self.left
    }

    /// The longest silence from here on.
    pub fn set_idle(&mut self, idle: Duration) {
        self.stream.set_idle(idle);
    }

    /// Sends a line; the end is added.
    pub async fn send(&mut self, line: &str) -> Result<(), Failure> {
        let whole = Zeroizing::new(format!("{line}\r\n"));
        self.write(whole.as_bytes()).await
    }

    /// Writes bytes as they are. When it returns well, nothing of them is left in this program.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| {
            self.left = hung_up(&error);
            failure_of(&error)
        })
    }

    /// The stream, ready for TLS. Bytes after the last line that was read mean that someone stands in between.
    pub fn into_bare(self) -> Result<Stream, Failure> {
        if self.buffer.is_empty() {
            return Ok(self.stream);
        }
        let words = clean(&String::from_utf8_lossy(&self.buffer), &[]);
        Err(Failure::said(Cause::StandsInBetween, format!("Unasked, before TLS: {words}")))
    }

    fn ended(&self) -> Failure {
        if !self.buffer.is_empty() {
            return not_a_mail_server(&self.buffer);
        }
        if self.heard {
            return Failure::said(Cause::TimedOut, "The server closed the connection before its answer.");
        }
        Failure::said(Cause::ConnectionRefused, "The server closed the connection without a word.")
    }
}

/// The failure for an opening that is none of the protocol asked for.
pub fn not_a_mail_server(first: &[u8]) -> Failure {
    let words = match what_speaks(first) {
        Some(kind) => {
            format!("It speaks like {kind}: {}", String::from_utf8_lossy(&first[..first.len().min(200)]))
        }
        None => String::from_utf8_lossy(&first[..first.len().min(200)]).into_owned(),
    };
    Failure::said(Cause::NotAMailServer, clean(&words, &[]))
}
