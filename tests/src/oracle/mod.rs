//! A second implementation of "which mail comes in" and "one mail, once": slow, obvious, and of its own.
//!
//! It looks at everything on the server each time, and remembers only what the rules say must be remembered. What the
//! program holds after a cycle must be what the oracle holds after the same look.

pub mod header;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::dovecot::{Dovecot, Stored};
use crate::trouble::Outcome;

/// Clocks differ by this much.
const GRACE: SignedDuration = SignedDuration::from_mins(10);
/// A mail with a new UID may have been received this long before its sender was saved.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// Mail from before an address was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    /// Stays out.
    None,
    /// Comes in.
    All,
}

/// A contact's address.
#[derive(Clone, Debug)]
pub struct Known {
    /// As it is compared.
    pub address: String,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// What of its earlier mail is wanted.
    pub backfill: Backfill,
    /// UIDVALIDITY and UIDNEXT of each folder, as first seen after saving.
    first_seen: BTreeMap<String, (u32, u32)>,
}

/// What makes two mails one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    message_id: Option<String>,
    from: String,
    date: String,
    subject: String,
    text: String,
}

impl Identity {
    /// Of a message's bytes. Two mails with differently encoded texts do not come here, so nothing is decoded.
    pub fn of(bytes: &[u8]) -> Self {
        let fields = header::fields(bytes);
        let first = |wanted: &str| {
            let value = fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_slice());
            value.map(folded)
        };
        Self {
            message_id: first("message-id").filter(|id| !id.is_empty()),
            from: first("from").unwrap_or_default(),
            date: first("date").unwrap_or_default(),
            subject: first("subject").unwrap_or_default(),
            text: folded(header::body(bytes)),
        }
    }
}

fn folded(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What must be in the profile.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    known: Vec<Known>,
    /// Each message with the folders where it lay at the last look.
    pub held: BTreeMap<Identity, BTreeSet<String>>,
}

impl Oracle {
    /// A contact's address is saved.
    pub fn save(&mut self, address: &str, saved_at: Timestamp, backfill: Backfill) {
        let address = header::equal(address);
        self.known.push(Known { address, saved_at, backfill, first_seen: BTreeMap::new() });
    }

    /// A contact's address is removed; its mail stays.
    pub fn remove(&mut self, address: &str) {
        let address = header::equal(address);
        self.known.retain(|known| known.address != address);
    }

    /// A cycle: looks at every message of every watched folder.
    pub fn look(&mut self, server: &Dovecot, user: &str) -> Outcome<()> {
        for places in self.held.values_mut() {
            places.clear();
        }
        for folder in server.mailboxes(user)? {
            if ["Junk", "Trash", "Drafts"].contains(&folder.as_str()) {
                continue;
            }
            let (validity, next) = server.uidvalidity(user, &folder)?;
            for known in &mut self.known {
                known.first_seen.entry(folder.clone()).or_insert((validity, next));
            }
            for message in server.fetch_all(user, &folder)? {
                let identity = Identity::of(&message.bytes);
                if self.held.contains_key(&identity) || self.comes_in(&folder, validity, &message) {
                    self.held.entry(identity).or_default().insert(folder.clone());
                }
            }
        }
        Ok(())
    }

    fn comes_in(&self, folder: &str, validity: u32, message: &Stored) -> bool {
        if message.flags.iter().any(|flag| flag == "\\Draft") {
            return false;
        }
        let fields = header::fields(&message.bytes);
        let of = |wanted: &[&str]| -> Vec<&[u8]> {
            let these = fields.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
            these.map(|(_, value)| value.as_slice()).collect()
        };
        let people: Vec<String> = if folder == "Sent" {
            of(&["to", "cc", "bcc"]).into_iter().flat_map(header::addresses).collect()
        } else {
            match of(&["from"])[..] {
                [one] => {
                    let all = header::addresses(one);
                    if all.len() == 1 { all } else { Vec::new() }
                }
                _ => Vec::new(),
            }
        };
        self.known.iter().filter(|known| people.contains(&known.address)).any(|known| {
            let saved = Timestamp::from_second(known.saved_at.as_second()).unwrap_or(known.saved_at);
            let age = message.received.duration_since(saved);
            let newer = known
                .first_seen
                .get(folder)
                .is_some_and(|(at, next)| *at == validity && message.uid >= *next && age >= -LATE);
            age >= -GRACE || newer || known.backfill == Backfill::All
        })
    }
}
