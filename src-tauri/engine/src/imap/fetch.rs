//! Headers, bodies and flags of messages, without touching them: BODY.PEEK alone.

use super::UidSet;
use super::command::{Command, LONGEST};
use super::date::internal_date;
use super::dialogue::Heard;
use super::session::Session;
use super::utf7;
use crate::model::{Cause, Failure, Timestamp};
use imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use std::collections::VecDeque;

/// The system flags of a message (RFC 9051, section 2.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    const NAMES: [&'static str; 5] = ["\\Seen", "\\Answered", "\\Draft", "\\Deleted", "\\Flagged"];

    fn of<S: AsRef<str>>(names: &[S]) -> Self {
        let bit = |name: &S| Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.as_ref()));
        Self(names.iter().filter_map(bit).fold(0, |bits, bit| bits | 1 << bit))
    }

    /// Read.
    pub const fn seen(self) -> bool {
        self.0 & 1 != 0
    }

    /// Answered.
    pub const fn answered(self) -> bool {
        self.0 & 2 != 0
    }

    /// Not finished.
    pub const fn draft(self) -> bool {
        self.0 & 4 != 0
    }

    /// Marked to be removed.
    pub const fn deleted(self) -> bool {
        self.0 & 8 != 0
    }

    /// Starred.
    pub const fn flagged(self) -> bool {
        self.0 & 16 != 0
    }
}

/// A message's outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderItem {
    /// UID in the opened folder.
    pub uid: u32,
    /// When the server took it in; `None` where the server does not say.
    pub internal_date: Option<Timestamp>,
    /// Bytes of the whole message, as the server counts; 0 where it does not say.
    pub size: u32,
    /// Flags.
    pub flags: Flags,
    /// Gmail's labels, decoded (`\Sent`, `\Draft`, `Wedding Meyer`).
    pub gmail_labels: Vec<String>,
    /// Gmail's id of the message, the same under every label.
    pub gmail_message_id: Option<u64>,
    /// The fields asked for, as they stand in the message, with the empty line at the end.
    pub header: Vec<u8>,
}

/// FETCH commands, one after the other, and their answers as they come.
#[derive(Debug)]
struct Fetching<'s> {
    session: &'s mut Session,
    uids: UidSet,
    commands: VecDeque<Command>,
    running: bool,
}

impl Fetching<'_> {
    /// The next answer's UID and attributes, as `take` makes something of them.
    async fn next<T>(
        &mut self,
        take: impl Fn(u32, &[AttributeValue<'_>]) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        loop {
            if !self.running {
                let Some(command) = self.commands.pop_front() else { return Ok(None) };
                let started = self.session.dialogue.start(&command).await;
                if let Some(early) = started.map_err(|failure| self.session.located(failure))? {
                    self.session.check(&early)?;
                    continue;
                }
                self.running = true;
            }
            let uids = &self.uids;
            let heard = self.session.dialogue.next(|response| {
                let Response::Fetch(_, attributes) = response else { return None };
                let uid = attributes.iter().find_map(|attribute| match attribute {
                    AttributeValue::Uid(uid) => Some(*uid),
                    _ => None,
                });
                // News of other messages may come at any time.
                uid.filter(|uid| uids.contains(*uid)).and_then(|uid| take(uid, attributes))
            });
            match heard.await.map_err(|failure| self.session.located(failure))? {
                Heard::Data(item) => return Ok(Some(item)),
                Heard::GoOn(_) => {}
                Heard::Done(reply) => {
                    self.running = false;
                    self.session.check(&reply)?;
                }
            }
        }
    }
}

/// Headers as they come. Dropping it leaves the command in the middle.
#[derive(Debug)]
pub struct Headers<'s>(Fetching<'s>);

impl Headers<'_> {
    /// The next header; `None` after the last. A message that has gone meanwhile is left out.
    pub async fn next(&mut self) -> Result<Option<HeaderItem>, Failure> {
        self.0.next(header_item).await
    }
}

/// Whole messages as they come. Dropping it leaves the command in the middle.
#[derive(Debug)]
pub struct Bodies<'s>(Fetching<'s>);

impl Bodies<'_> {
    /// The next message's UID and bytes; `None` after the last. A message that has gone meanwhile is left out.
    pub async fn next(&mut self) -> Result<Option<(u32, Vec<u8>)>, Failure> {
        self.0.next(|uid, attributes| body(attributes, None).map(|bytes| (uid, bytes))).await
    }
}

impl Session {
    /// The named header fields of messages with what the server knows of them. `gmail`: with labels and id.
    pub fn fetch_headers(
        &mut self,
        uids: &UidSet,
        fields: &[&str],
        gmail: bool,
    ) -> Result<Headers<'_>, Failure> {
        let token =
            |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fields.is_empty() || !fields.iter().all(token) {
            return Err(Failure::said(Cause::Unknown, "That is no name of a header field."));
        }
        let gmail = if gmail { "X-GM-LABELS X-GM-MSGID " } else { "" };
        let fields = fields.join(" ");
        let items =
            format!("(UID INTERNALDATE RFC822.SIZE FLAGS {gmail}BODY.PEEK[HEADER.FIELDS ({fields})])");
        self.fetching(uids, &items).map(Headers)
    }

    /// Whole messages. Large ones are better had by `fetch_range`: each is held in memory whole.
    pub fn fetch_bodies(&mut self, uids: &UidSet) -> Result<Bodies<'_>, Failure> {
        self.fetching(uids, "(UID BODY.PEEK[])").map(Bodies)
    }

    /// A part of a message, from `offset`, at most `length` bytes. Fewer: the message ends there. `None`: the
    /// message has gone.
    pub async fn fetch_range(
        &mut self,
        uid: u32,
        offset: u32,
        length: u32,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let uids = UidSet::range(uid, uid);
        let items = format!("(UID BODY.PEEK[]<{offset}.{}>)", length.max(1));
        let mut fetching = self.fetching(&uids, &items)?;
        let mut found = None;
        while let Some(bytes) = fetching.next(|_, attributes| body(attributes, Some(offset))).await? {
            found = Some(bytes);
        }
        if found.as_ref().is_some_and(|bytes| bytes.len() > length.max(1) as usize) {
            return Err(Failure::said(
                Cause::Unknown,
                "The server sent more of a message than was asked for.",
            ));
        }
        Ok(found)
    }

    /// The flags of messages; with `changed_since` (and CONDSTORE) only of those that have changed after it.
    pub async fn fetch_flags(
        &mut self,
        uids: &UidSet,
        changed_since: Option<u64>,
    ) -> Result<Vec<(u32, Flags)>, Failure> {
        let condstore = self.capabilities.condstore();
        let since = match changed_since {
            Some(since) if condstore => format!(" (CHANGEDSINCE {since})"),
            _ => String::new(),
        };
        let mut fetching = self.fetching(uids, &format!("(UID FLAGS){since}"))?;
        let mut all = Vec::new();
        while let Some(item) = fetching.next(|uid, attributes| Some((uid, flags(attributes)?))).await? {
            all.push(item);
        }
        Ok(all)
    }

    /// The greatest UID in the opened folder, 0 when it is empty: for servers that do not say UIDNEXT.
    pub(super) async fn newest_uid(&mut self) -> Result<u32, Failure> {
        let mut fetching = self.fetching(&UidSet::all(), "")?;
        fetching.commands = VecDeque::from([fetching.session.command("UID FETCH * (UID)")]);
        let mut newest = 0;
        while let Some(uid) = fetching.next(|uid, _| Some(uid)).await? {
            newest = newest.max(uid);
        }
        Ok(newest)
    }

    fn fetching(&mut self, uids: &UidSet, items: &str) -> Result<Fetching<'_>, Failure> {
        self.must_be_open()?;
        let commands = uids.texts(LONGEST - 1000);
        let commands = commands.iter().map(|set| self.command(&format!("UID FETCH {set} {items}"))).collect();
        Ok(Fetching { uids: uids.clone(), commands, running: false, session: self })
    }
}

fn header_item(uid: u32, attributes: &[AttributeValue<'_>]) -> Option<HeaderItem> {
    let mut item = HeaderItem {
        uid,
        internal_date: None,
        size: 0,
        flags: flags(attributes).unwrap_or_default(),
        gmail_labels: Vec::new(),
        gmail_message_id: None,
        header: header(attributes)?,
    };
    for attribute in attributes {
        match attribute {
            AttributeValue::InternalDate(date) => item.internal_date = internal_date(date),
            AttributeValue::Rfc822Size(size) => item.size = *size,
            AttributeValue::GmailMsgId(id) => item.gmail_message_id = Some(*id),
            AttributeValue::GmailLabels(labels) => {
                item.gmail_labels = labels.iter().map(|label| utf7::decode(&unescaped(label))).collect();
            }
            _ => {}
        }
    }
    Some(item)
}

/// imap-proto leaves the escapes of quoted strings in.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
    }
    plain
}

/// A header that the server says is not there at all is an empty one.
fn header(attributes: &[AttributeValue<'_>]) -> Option<Vec<u8>> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection {
            section: Some(SectionPath::Full(MessageSection::Header)),
            index: None,
            data,
        } => Some(data.as_deref().unwrap_or_default().to_vec()),
        _ => None,
    })
}

fn body(attributes: &[AttributeValue<'_>], offset: Option<u32>) -> Option<Vec<u8>> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::BodySection { section: None, index, data: Some(data) } if *index == offset => {
            Some(data.to_vec())
        }
        _ => None,
    })
}

fn flags(attributes: &[AttributeValue<'_>]) -> Option<Flags> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Flags(names) => Some(Flags::of(names)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_known_by_their_names() {
        let flags = Flags::of(&["\\seen", "\\Draft", "$Forwarded", "\\Recent"]);
        assert!(flags.seen() && flags.draft());
        assert!(!flags.answered() && !flags.deleted() && !flags.flagged());
        assert_eq!(unescaped(r#"a\\b\"c"#), r#"a\b"c"#);
    }
}
