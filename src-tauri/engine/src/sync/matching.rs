//! Whether a message comes in: product.md, "Which mail comes in", 2, 3 and 6, over plain values.

use crate::mail::{Deciding, FromField};
use crate::model::{Address, AddressId, Backfill, ContactAddress, Timestamp};
use crate::store::coverage::Coverage;
use std::collections::{HashMap, HashSet};

/// Clocks differ: so much earlier than saved-at still counts.
pub const GRACE_SECONDS: i64 = 10 * 60;
/// A UID that is new since the address was saved may carry an INTERNALDATE so much earlier.
const NEW_UID_SECONDS: i64 = 24 * 60 * 60;
/// Older than this before its INTERNALDATE, a Date says that the mail was moved here.
const MOVED_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// So many of them in one cycle are a moved mailbox.
pub const MOVED_MAILBOX: usize = 20;

/// The known addresses, and the user's own.
#[derive(Clone, Debug, Default)]
pub struct Book {
    known: HashMap<Address, ContactAddress>,
    own: HashSet<Address>,
}

/// What the server says of a message beside its header.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// It lies among sent mail.
    pub outgoing: bool,
    /// INTERNALDATE.
    pub internal_date: Timestamp,
    /// UID.
    pub uid: u32,
    /// UIDVALIDITY of its folder.
    pub uid_validity: u32,
}

/// A message of a known person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The contact's address.
    pub address: AddressId,
    /// Whether its time is right, and by which rule.
    pub time: Time,
}

/// How a message stands to the time of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// It arrived after the address was saved.
    New,
    /// It is in the range that was asked for.
    Backfilled,
    /// It is earlier than anything asked for.
    Earlier,
}

impl Book {
    /// From what the store holds.
    pub fn new(known: Vec<ContactAddress>, own: Vec<Address>) -> Self {
        Self {
            known: known.into_iter().map(|entry| (entry.address.clone(), entry)).collect(),
            own: own.into_iter().collect(),
        }
    }

    /// Every known address.
    pub fn addresses(&self) -> impl Iterator<Item = &ContactAddress> {
        self.known.values()
    }

    /// Whether it is the user's own.
    pub fn is_own(&self, address: &Address) -> bool {
        self.own.contains(address)
    }

    /// Whether it is a contact's.
    pub fn is_known(&self, address: &Address) -> bool {
        self.known.contains_key(address)
    }

    /// Whose message it is, and whether its time is right. Among several recipients the one with the best time.
    pub fn find(
        &self,
        header: &Deciding,
        seen: Seen,
        coverage: &HashMap<AddressId, Coverage>,
    ) -> Option<Match> {
        let candidates: Vec<&ContactAddress> = if seen.outgoing {
            header.to.iter().chain(&header.cc).chain(&header.bcc).filter_map(|a| self.known.get(a)).collect()
        } else {
            match &header.from {
                // The user's own address in From, outside Sent: of nobody.
                FromField::One(author) if !self.is_own(author) => {
                    self.known.get(author).into_iter().collect()
                }
                _ => Vec::new(),
            }
        };
        candidates
            .into_iter()
            .map(|entry| Match { address: entry.id, time: time(entry, seen, coverage.get(&entry.id)) })
            .min_by_key(|found| match found.time {
                Time::New => 0,
                Time::Backfilled => 1,
                Time::Earlier => 2,
            })
    }
}

/// Rule 6.
fn time(entry: &ContactAddress, seen: Seen, coverage: Option<&Coverage>) -> Time {
    let date = seen.internal_date.seconds();
    let saved = entry.saved_at.seconds();
    if date >= saved - GRACE_SECONDS {
        return Time::New;
    }
    let uid_is_new = coverage.is_some_and(|coverage| {
        coverage.uid_validity == seen.uid_validity && seen.uid >= coverage.first_uid_next
    });
    if uid_is_new && date >= saved - NEW_UID_SECONDS {
        return Time::New;
    }
    match entry.backfill {
        Backfill::All => Time::Backfilled,
        Backfill::Since(since) if seen.internal_date >= since => Time::Backfilled,
        _ => Time::Earlier,
    }
}

/// How far back a folder must be searched for an address. A day further than rule 6 reaches, so that the places
/// of messages that are here already are found anew.
pub fn search_since(entry: &ContactAddress) -> Timestamp {
    let new = entry.saved_at.plus(-NEW_UID_SECONDS * 1000);
    match entry.backfill {
        Backfill::None => new,
        Backfill::Since(since) => since.min(new),
        Backfill::All => Timestamp(0),
    }
}

/// Rule 7: its Date is far older than when this server received it.
pub fn looks_moved(date: Option<Timestamp>, internal_date: Timestamp) -> bool {
    date.is_some_and(|date| internal_date.since(date) > MOVED_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ContactId;

    const SAVED: i64 = 1_000_000;

    fn book(backfill: Backfill) -> Book {
        let entry = ContactAddress {
            id: AddressId(1),
            contact_id: ContactId(1),
            address: Address::parse("anna@studio.example").unwrap(),
            saved_at: Timestamp::from_seconds(SAVED),
            backfill,
        };
        Book::new(vec![entry], vec![Address::parse("me@own.example").unwrap()])
    }

    fn find(book: &Book, header: &str, outgoing: bool, date: i64, uid: u32) -> Option<Time> {
        let coverage = HashMap::from([(
            AddressId(1),
            Coverage { uid_validity: 7, first_uid_next: 50, searched_since: Timestamp(0) },
        )]);
        let seen = Seen { outgoing, internal_date: Timestamp::from_seconds(date), uid, uid_validity: 7 };
        book.find(&Deciding::read(header.as_bytes()), seen, &coverage).map(|found| found.time)
    }

    #[test]
    fn time_is_what_product_says() {
        let from = "From: Anna <anna@studio.example>\r\n\r\n";
        let none = book(Backfill::None);
        for (story, date, uid, expected) in [
            ("after saving", SAVED + 5, 10, Time::New),
            ("in the grace of ten minutes", SAVED - 600, 10, Time::New),
            ("a second earlier than that", SAVED - 601, 10, Time::Earlier),
            ("a new UID, a day early", SAVED - 86_400, 50, Time::New),
            ("a new UID, more than a day early", SAVED - 86_401, 50, Time::Earlier),
            ("an old UID, an hour early", SAVED - 3600, 49, Time::Earlier),
        ] {
            assert_eq!(find(&none, from, false, date, uid), Some(expected), "{story}");
        }
        let since = book(Backfill::Since(Timestamp::from_seconds(500)));
        assert_eq!(find(&since, from, false, 500, 1), Some(Time::Backfilled));
        assert_eq!(find(&since, from, false, 499, 1), Some(Time::Earlier));
        assert_eq!(find(&book(Backfill::All), from, false, 1, 1), Some(Time::Backfilled));
    }

    #[test]
    fn who_counts_depends_on_where_it_lies() {
        let book = book(Backfill::None);
        let to_anna = "From: me@own.example\r\nTo: anna@studio.example\r\n\r\n";
        assert_eq!(find(&book, to_anna, true, SAVED, 1), Some(Time::New), "sent to a contact");
        assert_eq!(find(&book, to_anna, false, SAVED, 1), None, "own mail elsewhere is of nobody");
        let by_anna = "From: anna@studio.example\r\nTo: x@y.example\r\n\r\n";
        assert_eq!(
            find(&book, by_anna, true, SAVED, 1),
            None,
            "in Sent the recipients count, whatever its From"
        );
        let bcc = "From: me@own.example\r\nTo: x@y.example\r\nBcc: anna@studio.example\r\n\r\n";
        assert_eq!(find(&book, bcc, true, SAVED, 1), Some(Time::New));
    }

    #[test]
    fn a_moved_mail_is_a_week_older_than_its_arrival() {
        let day = 86_400_000;
        assert!(looks_moved(Some(Timestamp(0)), Timestamp(7 * day + 1)));
        assert!(!looks_moved(Some(Timestamp(0)), Timestamp(7 * day)));
        assert!(!looks_moved(None, Timestamp(7 * day)));
    }
}
