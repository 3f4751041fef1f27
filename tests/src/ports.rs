//! TCP ports for servers of our own.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::trouble::{Outcome, Trouble};

/// Below the range that Linux hands out to outgoing connections (32768 and up), so that a server that is stopped
/// for a while finds its port free again.
const LOWEST: u32 = 15_000;
const HIGHEST: u32 = 32_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port on 127.0.0.1 that nobody listens on. Two processes that ask at once get different starting points.
pub fn free_port() -> Outcome<u16> {
    let span = HIGHEST - LOWEST;
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    let start = std::process::id().wrapping_mul(2_654_435_761) ^ clock;
    for _ in 0..2_000 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let Ok(port) = u16::try_from(LOWEST + start.wrapping_add(step.wrapping_mul(7)) % span) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Trouble::new("no free TCP port on 127.0.0.1"))
}
