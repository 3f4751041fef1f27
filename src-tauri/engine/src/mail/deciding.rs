//! What decides whether a mail comes in: a few header fields, fetched before anything else of it.

use super::address_list::{Entry, address_list};
use super::header::Header;
use super::mime_fields::Parameterised;
use super::{date, message_ids};
use crate::model::{Address, Mailbox, Timestamp};

#[cfg(test)]
mod tests;

/// The fields to ask a server for (`BODY.PEEK[HEADER.FIELDS (…)]`) so that [`Deciding::read`] can answer.
pub const DECIDING_FIELDS: &[&str] = &[
    "From",
    "To",
    "Cc",
    "Bcc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Date",
    "Auto-Submitted",
    // By these a delivery report is told.
    "Return-Path",
    "X-Failed-Recipients",
    "Content-Type",
];

/// Who a mail says it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromField {
    /// No From, or nothing in it that can be read as an address.
    None,
    /// One field with one address.
    One(Address),
    /// More than one From field, or more than one address in it, readable or not: it matches nobody.
    Several,
}

/// The deciding fields of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// The author.
    pub from: FromField,
    /// The first author's display name, decoded; may be empty.
    pub from_name: String,
    /// The addresses of every To field.
    pub to: Vec<Address>,
    /// The addresses of every Cc field.
    pub cc: Vec<Address>,
    /// The addresses of every Bcc field (kept by servers in Sent copies).
    pub bcc: Vec<Address>,
    /// Without brackets.
    pub message_id: Option<String>,
    /// Without brackets, each once.
    pub in_reply_to: Vec<String>,
    /// Without brackets, each once; of very many the first and the last.
    pub references: Vec<String>,
    /// The Date field.
    pub date: Option<Timestamp>,
    /// Auto-Submitted says something other than "no" (RFC 3834, 5).
    pub automatic: bool,
    /// It looks like a delivery report (RFC 3464), or like what servers write that know no such form.
    pub report: bool,
}

impl Deciding {
    /// Reads a header, whole or in part; what follows the first empty line is not looked at.
    pub fn read(header: &[u8]) -> Self {
        Self::of(&Header::read(header).0)
    }

    pub(super) fn of(header: &Header<'_>) -> Self {
        let authors: Vec<Entry> = header.all("From").flat_map(address_list).collect();
        Self {
            from: author(header.all("From").count(), &authors),
            from_name: authors.first().map(|entry| entry.name.clone()).unwrap_or_default(),
            to: addresses(header, "To"),
            cc: addresses(header, "Cc"),
            bcc: addresses(header, "Bcc"),
            message_id: header.all("Message-ID").find_map(message_ids::message_id),
            in_reply_to: message_ids::capped(
                header.all("In-Reply-To").flat_map(message_ids::in_reply_to).collect(),
            ),
            references: message_ids::capped(
                header.all("References").flat_map(message_ids::references).collect(),
            ),
            date: header.all("Date").find_map(date::date),
            automatic: header.all("Auto-Submitted").any(says_automatic),
            report: looks_like_report(header, &authors),
        }
    }
}

/// Said by its form, by the field that Exim and Gmail add, or by an empty envelope sender and a postmaster's name.
fn looks_like_report(header: &Header<'_>, authors: &[Entry]) -> bool {
    let form = header.first("Content-Type").map(Parameterised::read).is_some_and(|form| {
        form.value.eq_ignore_ascii_case("multipart/report")
            && form.parameter("report-type").is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"))
    });
    let postmaster = || {
        authors.iter().filter_map(|entry| entry.address.as_ref()).any(|address| {
            matches!(address.local(), "mailer-daemon" | "postmaster" | "mail-daemon" | "mailerdaemon")
        })
    };
    let nobody = || {
        header
            .first("Return-Path")
            .is_some_and(|path| path.iter().filter(|b| !b.is_ascii_whitespace()).copied().eq(*b"<>"))
    };
    form || header.first("X-Failed-Recipients").is_some() || (nobody() && postmaster())
}

/// Where a mail wants its answers: the entries of Reply-To, as people read them. Of a whole mail or of its header.
pub fn reply_to(mail: &[u8]) -> Vec<Mailbox> {
    mailboxes(&Header::read(mail).0, "Reply-To")
}

fn author(fields: usize, authors: &[Entry]) -> FromField {
    let mut claims = authors.iter().filter(|entry| entry.claims_an_address());
    match (fields, claims.next(), claims.next()) {
        (2.., ..) | (_, _, Some(_)) => FromField::Several,
        (_, Some(Entry { address: Some(address), .. }), None) => FromField::One(address.clone()),
        _ => FromField::None,
    }
}

fn addresses(header: &Header<'_>, name: &str) -> Vec<Address> {
    header.all(name).flat_map(address_list).filter_map(|entry| entry.address).collect()
}

/// The entries of all fields of a name, as people read them.
pub(super) fn mailboxes(header: &Header<'_>, name: &str) -> Vec<Mailbox> {
    header.all(name).flat_map(address_list).map(mailbox).collect()
}

/// The address of a field that holds one and nothing else.
pub(super) fn only_address(value: &[u8]) -> Option<Address> {
    let mut entries = address_list(value).into_iter();
    let one = entries.next()?;
    if entries.next().is_some() { None } else { one.address }
}

fn mailbox(entry: Entry) -> Mailbox {
    let address = entry.address.map_or(entry.raw, |address| address.to_string());
    Mailbox { name: entry.name, address }
}

/// The keyword stands before any parameter; comments may stand anywhere.
fn says_automatic(value: &[u8]) -> bool {
    let mut keyword = String::new();
    let mut depth = 0u32;
    for &b in value {
        match b {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            b';' => break,
            b if b.is_ascii_graphic() => keyword.push(char::from(b.to_ascii_lowercase())),
            _ => {}
        }
    }
    !keyword.is_empty() && keyword != "no"
}
