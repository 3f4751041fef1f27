//! A mail on its way out, read a little ahead of what is written: memory stays flat, whatever its size.

use crate::model::{Cause, Failure};
use std::io::{self, Read};
use tokio::sync::mpsc;

/// A mail is read and written in pieces of this size.
pub const PIECE: usize = 32 * 1024;
/// So many pieces are read ahead.
const AHEAD: usize = 2;

/// Reads off the runtime, a few pieces ahead. It ends by itself when nobody takes them any more.
pub fn read_ahead<R: Read + Send + 'static>(mut bytes: R) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (give, take) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
            let read = bytes.by_ref().take(limit).read_to_end(&mut piece);
            let last = read.as_ref().map_or(true, |length| *length == 0);
            if matches!(read, Ok(0)) || give.blocking_send(read.map(|_| piece)).is_err() || last {
                return;
            }
        }
    });
    take
}

/// What is stored is not what was to be sent.
pub fn unreadable(why: &str) -> Failure {
    Failure::said(Cause::Unknown, format!("The stored mail cannot be read. {why}"))
}
