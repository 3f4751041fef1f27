//! What went over the wire.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Totals over all the streams that share it: a cycle's, say. Bytes are those of TCP, so TLS is part of them.
#[derive(Debug, Default)]
pub struct Counters {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    round_trips: AtomicU64,
}

impl Counters {
    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    /// Bytes sent.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    /// How often something was sent and then an answer came: connecting counts once, a TLS handshake once or
    /// twice, a command once, several commands sent together once.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Relaxed)
    }

    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn turned(&self) {
        self.round_trips.fetch_add(1, Relaxed);
    }
}
