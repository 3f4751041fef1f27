//! The least that can be done over one socket: what a first sync is measured against.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::trouble::Outcome;
use crate::wire::{Wire, quoted};

/// What a pull took.
#[derive(Clone, Copy, Debug)]
pub struct Pull {
    /// From the end of the sign-in to the last byte.
    pub time: Duration,
    /// Bytes from the server in that time.
    pub bytes_in: u64,
    /// Messages whose bodies came.
    pub messages: usize,
}

/// Signs in on 127.0.0.1 in the clear, searches the inbox for mail from `addresses`, and fetches the bodies.
/// Nothing is parsed, nothing kept.
pub fn pull(port: u16, user: &str, password: &str, addresses: &[String]) -> Outcome<Pull> {
    let mut wire = Wire::plain(port)?;
    wire.login(user, password)?;
    let (started, before) = (Instant::now(), wire.bytes_in);
    wire.examine("INBOX")?;
    let mut uids = BTreeSet::new();
    // Not all in one: some servers limit the length of a command.
    for some in addresses.chunks(10) {
        uids.extend(wire.uid_search(&any_from(some))?);
    }
    let mut messages = 0;
    if !uids.is_empty() {
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let answers =
            wire.command(&format!("UID FETCH {} (UID FLAGS INTERNALDATE BODY.PEEK[])", set.join(",")))?;
        messages = answers.iter().filter(|answer| !answer.literals.is_empty()).count();
    }
    Ok(Pull { time: started.elapsed(), bytes_in: wire.bytes_in - before, messages })
}

/// `OR FROM a OR FROM b FROM c`.
fn any_from(addresses: &[String]) -> String {
    let last = addresses.len().saturating_sub(1);
    let terms = addresses.iter().enumerate().map(|(n, address)| {
        let or = if n < last { "OR " } else { "" };
        format!("{or}FROM {}", quoted(address))
    });
    terms.collect::<Vec<_>>().join(" ")
}
