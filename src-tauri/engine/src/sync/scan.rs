//! Looking into one folder: what is new, what was asked for, what changed. Nothing is fetched here but headers.

use super::matching::{Book, Seen, Time, looks_moved, search_since};
use super::undelivered::{self, Report};
use crate::imap::{Examined, Field, HeaderItem, Search, Session, Term, UidSet};
use crate::mail::{DECIDING_FIELDS, Deciding, FromField};
use crate::model::{Address, AddressId, ContactAddress, Failure, FolderRole, Timestamp};
use crate::store::coverage::{Coverage, Wanted};
use crate::store::folders::{Cursor, Known};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// So many new headers are looked at one by one; more are searched for the known addresses.
const LOOK_AT: u32 = 2_000;
/// Of a folder whose server does not say what changed, the flags of so many newest messages are looked at.
const FLAGS_OF: usize = 500;

/// What is known of a folder before it is looked into.
pub(super) struct Before {
    pub known: Known,
    pub coverage: HashMap<AddressId, Coverage>,
    /// UIDs whose message is here, with \Seen as last looked.
    pub located: Vec<(u32, bool)>,
    /// UIDs that wait to be fetched or for an answer.
    pub waiting: Vec<u32>,
    /// Delivery reports that arrived since then are read; `None`: nothing was sent lately.
    pub reports_since: Option<Timestamp>,
}

/// A mail that refers to something and is from nobody known; whether it is a stranger in a filed thread is for
/// the store to say.
pub(super) struct Unknown {
    pub message_id: String,
    pub refers_to: Vec<String>,
    pub address: Address,
    pub name: String,
    pub date: Timestamp,
}

/// What one look into a folder found.
pub(super) struct Found {
    pub cursor: Cursor,
    /// UIDVALIDITY changed: everything known of UIDs is worthless.
    pub renumbered: bool,
    pub coverage: Vec<(AddressId, Coverage)>,
    pub wanted: Vec<Wanted>,
    /// Which of `wanted` look like mail of a moved mailbox: index into it, and Message-ID.
    pub moved: Vec<(usize, String)>,
    pub unknown: Vec<Unknown>,
    /// Delivery reports, read.
    pub reports: Vec<Report>,
    /// From addresses in Sent that are not the account's.
    pub senders: BTreeSet<Address>,
    /// \Seen changed.
    pub seen: Vec<(u32, bool)>,
    /// UIDs that are gone.
    pub gone: Vec<u32>,
    pub headers_seen: u32,
}

struct Look<'a> {
    book: &'a Book,
    before: &'a Before,
    examined: Examined,
    gmail: bool,
    /// Coverage as it will be.
    coverage: HashMap<AddressId, Coverage>,
    have: HashSet<u32>,
    /// What looks like a delivery report: UID and INTERNALDATE.
    reports: Vec<(u32, Timestamp)>,
    found: Found,
}

/// Looks into a folder. The session stays on it.
pub(super) async fn look(
    session: &mut Session,
    book: &Book,
    before: &Before,
    gmail: bool,
) -> Result<Found, Failure> {
    let folder = &before.known.folder;
    let examined = session.examine(&folder.raw_name).await.map_err(|f| name_folder(f, &folder.name))?;
    let cursor = before.known.cursor;
    let renumbered = cursor.uid_validity.is_some_and(|known| known != examined.uid_validity);
    let fresh = renumbered || cursor.uid_validity.is_none();

    let have = if renumbered {
        HashSet::new()
    } else {
        before.located.iter().map(|(uid, _)| *uid).chain(before.waiting.iter().copied()).collect()
    };
    let mut look = Look {
        book,
        before,
        examined,
        gmail,
        coverage: if renumbered { HashMap::new() } else { before.coverage.clone() },
        have,
        reports: Vec::new(),
        found: Found {
            cursor: Cursor {
                uid_validity: Some(examined.uid_validity),
                next_uid: examined.uid_next,
                exists: examined.exists,
                highest_modseq: examined.highest_modseq,
            },
            renumbered,
            coverage: Vec::new(),
            wanted: Vec::new(),
            moved: Vec::new(),
            unknown: Vec::new(),
            reports: Vec::new(),
            senders: BTreeSet::new(),
            seen: Vec::new(),
            gone: Vec::new(),
            headers_seen: 0,
        },
    };

    // Coverage first: a UID that is new since an address was saved is judged by it.
    let to_search = look.open_coverage();
    let mut arrived = 0;
    if !fresh && examined.uid_next > cursor.next_uid {
        arrived = look.new_uids(session, cursor.next_uid).await?;
    }
    look.searches(session, &to_search, if fresh { None } else { Some(cursor.next_uid) }).await?;
    if !fresh {
        look.changes(session, arrived).await?;
        // Read before the cursor is stored, which goes past them.
        look.found.reports = undelivered::read(session, look.reports)
            .await
            .map_err(|failure| name_folder(failure, &folder.name))?;
    }
    Ok(look.found)
}

impl Look<'_> {
    /// Notes what each address will be covered for; returns what must be searched now, by how far back.
    fn open_coverage(&mut self) -> BTreeMap<Timestamp, Vec<ContactAddress>> {
        let mut to_search: BTreeMap<Timestamp, Vec<ContactAddress>> = BTreeMap::new();
        for entry in self.book.addresses() {
            let since = search_since(entry);
            let known = self.coverage.get(&entry.id).copied();
            if known.is_some_and(|known| known.searched_since <= since) {
                continue;
            }
            let coverage = Coverage {
                uid_validity: self.examined.uid_validity,
                first_uid_next: known.map_or(self.examined.uid_next, |known| known.first_uid_next),
                searched_since: since,
            };
            self.coverage.insert(entry.id, coverage);
            self.found.coverage.push((entry.id, coverage));
            to_search.entry(since).or_default().push(entry.clone());
        }
        to_search
    }

    /// Looks at what arrived since the last cycle. Returns how many messages that were.
    async fn new_uids(&mut self, session: &mut Session, from: u32) -> Result<u32, Failure> {
        let span = self.examined.uid_next - from;
        if span > LOOK_AT {
            let everyone: Vec<ContactAddress> = self.book.addresses().cloned().collect();
            let uids = self.search(session, &everyone, None, Some(from)).await?;
            self.headers(session, &uids.into_iter().collect()).await?;
            // How many arrived is not known then; the places are checked instead.
            return Ok(u32::MAX);
        }
        let uids: UidSet = (from..self.examined.uid_next).collect();
        self.headers(session, &uids).await
    }

    /// Searches for addresses that were not searched for yet, or not so far back.
    async fn searches(
        &mut self,
        session: &mut Session,
        to_search: &BTreeMap<Timestamp, Vec<ContactAddress>>,
        below: Option<u32>,
    ) -> Result<(), Failure> {
        let mut hits = BTreeSet::new();
        for (since, entries) in to_search {
            let since = (since.0 > 0).then_some(*since);
            hits.extend(self.search(session, entries, since, None).await?);
        }
        // What is here, and what was just looked at, need not be looked at again.
        let uids: UidSet = hits
            .into_iter()
            .filter(|uid| !self.have.contains(uid) && below.is_none_or(|next| *uid < next))
            .collect();
        self.headers(session, &uids).await?;
        Ok(())
    }

    async fn search(
        &self,
        session: &mut Session,
        entries: &[ContactAddress],
        since: Option<Timestamp>,
        from_uid: Option<u32>,
    ) -> Result<Vec<u32>, Failure> {
        if entries.is_empty() || self.examined.exists == 0 {
            return Ok(Vec::new());
        }
        let sent = self.before.known.folder.role == FolderRole::Sent;
        let search = Search {
            any_of: terms(entries, sent, self.gmail),
            since,
            until: None,
            uids: from_uid.map(UidSet::from_uid),
        };
        session.search(&search).await.map_err(|f| name_folder(f, &self.before.known.folder.name))
    }

    /// Fetches headers and judges them. Returns how many there were.
    async fn headers(&mut self, session: &mut Session, uids: &UidSet) -> Result<u32, Failure> {
        if uids.is_empty() {
            return Ok(0);
        }
        let named = |failure| name_folder(failure, &self.before.known.folder.name);
        let mut headers = session.fetch_headers(uids, DECIDING_FIELDS, self.gmail).map_err(named)?;
        let mut count = 0;
        while let Some(item) = headers.next().await.map_err(named)? {
            count += 1;
            self.judge(&item);
        }
        self.found.headers_seen += count;
        Ok(count)
    }

    fn judge(&mut self, item: &HeaderItem) {
        let label = |name: &str| self.gmail && item.gmail_labels.iter().any(|l| l.eq_ignore_ascii_case(name));
        if item.flags.draft() || label("\\Draft") || self.have.contains(&item.uid) {
            return;
        }
        let outgoing = self.before.known.folder.role == FolderRole::Sent || label("\\Sent");
        let header = Deciding::read(&item.header);
        // Without an INTERNALDATE the mail's own Date is the best there is.
        let internal_date = item.internal_date.or(header.date).unwrap_or(Timestamp(0));
        let seen = Seen { outgoing, internal_date, uid: item.uid, uid_validity: self.examined.uid_validity };
        let Some(matched) = self.book.find(&header, seen, &self.coverage) else {
            if header.report
                && !outgoing
                && self.before.reports_since.is_some_and(|since| internal_date >= since)
            {
                self.reports.push((item.uid, internal_date));
            }
            self.note_unknown(header, internal_date, outgoing);
            return;
        };
        if outgoing {
            self.note_sender(&header);
        }
        if matched.time == Time::New && looks_moved(header.date, internal_date) {
            self.found.moved.push((self.found.wanted.len(), header.message_id.unwrap_or_default()));
        }
        self.have.insert(item.uid);
        self.found.wanted.push(Wanted {
            folder: self.before.known.folder.id,
            uid_validity: self.examined.uid_validity,
            uid: item.uid,
            address: matched.address,
            size: item.size,
            internal_date,
            seen: item.flags.seen(),
            outgoing,
            gmail_id: item.gmail_message_id,
            backfilled: matched.time == Time::Backfilled,
            known_only: matched.time == Time::Earlier,
            ask: false,
        });
    }

    fn note_sender(&mut self, header: &Deciding) {
        if let FromField::One(author) = &header.from
            && !self.book.is_own(author)
            && !self.book.is_known(author)
        {
            self.found.senders.insert(author.clone());
        }
    }

    /// Of mail by nobody known only this is kept, and only if it refers to something.
    fn note_unknown(&mut self, header: Deciding, date: Timestamp, outgoing: bool) {
        if outgoing {
            self.note_sender(&header);
            return;
        }
        let FromField::One(address) = header.from else { return };
        let Some(message_id) = header.message_id else { return };
        if header.automatic || self.book.is_own(&address) || self.book.is_known(&address) {
            return;
        }
        let refers_to: Vec<String> = header.in_reply_to.into_iter().chain(header.references).collect();
        if !refers_to.is_empty() {
            self.found.unknown.push(Unknown { message_id, refers_to, address, name: header.from_name, date });
        }
    }

    /// What became of the messages that are here: gone from the folder, read or unread elsewhere.
    async fn changes(&mut self, session: &mut Session, arrived: u32) -> Result<(), Failure> {
        let located = &self.before.located;
        let old = self.before.known.cursor;
        if located.is_empty() {
            return Ok(());
        }
        let nothing_left = old.exists.checked_add(arrived) == Some(self.examined.exists);
        let modseq = self.examined.highest_modseq.zip(old.highest_modseq);
        if nothing_left && modseq.is_some_and(|(now, then)| now == then) {
            return Ok(());
        }
        // Without CONDSTORE nobody says what changed. When nothing has gone, the newest are looked at.
        let newest = located.len().saturating_sub(if nothing_left && modseq.is_none() {
            FLAGS_OF
        } else {
            usize::MAX
        });
        let located = &located[newest..];
        let uids: UidSet = located.iter().map(|(uid, _)| *uid).collect();
        let folder = &self.before.known.folder.name;
        if nothing_left && let Some((_, then)) = modseq {
            let known: HashMap<u32, bool> = located.iter().copied().collect();
            let flags = session.fetch_flags(&uids, Some(then)).await.map_err(|f| name_folder(f, folder))?;
            self.found.seen = flags
                .into_iter()
                .filter(|(uid, flags)| known.get(uid).is_some_and(|seen| *seen != flags.seen()))
                .map(|(uid, flags)| (uid, flags.seen()))
                .collect();
            return Ok(());
        }
        let flags: HashMap<u32, bool> = session
            .fetch_flags(&uids, None)
            .await
            .map_err(|f| name_folder(f, folder))?
            .into_iter()
            .map(|(uid, flags)| (uid, flags.seen()))
            .collect();
        for (uid, seen) in located {
            match flags.get(uid) {
                None => self.found.gone.push(*uid),
                Some(now) if now != seen => self.found.seen.push((*uid, *now)),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// What is searched for: known people in From, and where sent mail lies among the recipients.
pub(super) fn terms(entries: &[ContactAddress], sent: bool, gmail: bool) -> Vec<Term> {
    let mut fields = Vec::new();
    if !sent {
        fields.push(Field::From);
    }
    if sent || gmail {
        fields.extend([Field::To, Field::Cc, Field::Bcc]);
    }
    fields
        .iter()
        .flat_map(|field| entries.iter().flat_map(move |entry| Term::address(field, &entry.address)))
        .collect()
}

/// A failure met inside a folder says which.
pub(super) fn name_folder(failure: Failure, folder: &str) -> Failure {
    use crate::model::Cause;
    if matches!(failure.cause, Cause::FolderRefused | Cause::FolderGone) && failure.folder.is_none() {
        return failure.in_folder(folder);
    }
    failure
}
