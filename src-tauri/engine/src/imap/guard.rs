//! The guard: a stream between the network and async-imap.
//!
//! async-imap ends a connection over one line that it cannot parse, panics at `INTERNALDATE NIL`, recurses as
//! deeply as a server nests, and keeps literals whole up to 512 MB. The guard frames lines and literals as they
//! pass; caps the length of lines, the size of literals and of whole answers; lets pass only the kinds of
//! answers and the attributes that the session asks for, each in one spelling; and leaves out all others,
//! counted. Nothing nested ever passes.

mod fetch;
mod filter;
mod named;
mod put;
#[cfg(test)]
mod tests;
mod token;

use crate::net::{clean, what_speaks};
use filter::Filter;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes read from the network at once.
const READ: usize = 32 * 1024;
/// The greatest literal, unless the session says otherwise.
pub(super) const LITERAL_CAP: u64 = 64 * 1024 * 1024;

/// What no IMAP server does.
#[derive(Debug, thiserror::Error)]
pub(super) enum GuardError {
    /// The first line is no IMAP greeting.
    #[error("{}", not_imap(.0))]
    NotImap(Vec<u8>),
    /// A line without end.
    #[error("A line of the server does not end.")]
    LineTooLong,
    /// A literal beyond the cap was announced.
    #[error("The server announced {0} bytes in one piece, more than was asked for.")]
    LiteralTooLarge(u64),
    /// One answer is far larger than what was asked for.
    #[error("An answer of the server does not end.")]
    AnswerTooLong,
    /// Nothing but lines that nobody asked for.
    #[error("The server sends nothing that was asked for.")]
    Flood,
}

fn not_imap(line: &[u8]) -> String {
    let text = clean(&String::from_utf8_lossy(&line[..line.len().min(200)]), &[]);
    match what_speaks(line) {
        Some(kind) => format!("It speaks like {kind}: {text}"),
        None => text,
    }
}

/// The stream under async-imap. Writing goes straight through.
#[derive(Debug)]
pub(super) struct Guard<S> {
    inner: S,
    filter: Filter,
    input: Vec<u8>,
    out: Vec<u8>,
    given: usize,
    failed: Option<GuardError>,
}

impl<S> Guard<S> {
    /// Over a stream on which a greeting is still to come, or on which STARTTLS has been talked already.
    pub(super) fn new(inner: S, greeting_due: bool) -> Self {
        Self {
            inner,
            filter: Filter::new(greeting_due, LITERAL_CAP),
            input: vec![0; READ],
            out: Vec::new(),
            given: 0,
            failed: None,
        }
    }

    /// The greatest literal from here on, in bytes.
    pub(super) const fn set_literal_cap(&mut self, cap: u64) {
        self.filter.set_literal_cap(cap);
    }

    /// How many answers were left out.
    pub(super) const fn dropped(&self) -> u64 {
        self.filter.dropped()
    }

    /// The stream below.
    pub(super) const fn inner(&self) -> &S {
        &self.inner
    }

    /// The stream below, to change its idle time.
    pub(super) const fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.given < this.out.len() {
                let give = (this.out.len() - this.given).min(buf.remaining());
                buf.put_slice(&this.out[this.given..this.given + give]);
                this.given += give;
                if this.given == this.out.len() {
                    this.out.clear();
                    this.given = 0;
                }
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = this.failed.take() {
                return Poll::Ready(Err(io::Error::other(error)));
            }
            let mut fresh = ReadBuf::new(&mut this.input);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut fresh))?;
            if fresh.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.failed = this.filter.feed(fresh.filled(), &mut this.out).err();
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
