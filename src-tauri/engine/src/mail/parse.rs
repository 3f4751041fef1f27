//! A whole mail: what is shown, searched and compared of it.

use super::body::Reading;
use super::codec::guess;
use super::deciding::{Deciding, mailboxes, only_address};
use super::header::Header;
use super::mime::{Part, Structure};
use super::preview::preview;
use super::{file_name, words};
use crate::model::{Address, Attachment, Mailbox, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

/// What a mail holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The fields that decide where it belongs.
    pub deciding: Deciding,
    /// The author, the first of several; both parts empty when there is none.
    pub from: Mailbox,
    /// To, with names.
    pub to: Vec<Mailbox>,
    /// Cc, with names.
    pub cc: Vec<Mailbox>,
    /// Subject, decoded; may be empty.
    pub subject: String,
    /// Plain text for reading, made from HTML where there is no plain form.
    pub text: String,
    /// The HTML as it came: it must go through [`super::clean`] before anything shows it.
    pub html: Option<String>,
    /// The first words that the author wrote.
    pub preview: String,
    /// Files, and images that the text shows.
    pub attachments: Vec<Attachment>,
    /// SHA-256 over From, Date, Subject and text, the same for every copy of the mail; see `fingerprint`.
    pub fingerprint: [u8; 32],
    /// Written by a program on its own (RFC 3834), or a report about another mail (RFC 6522).
    pub automatic: bool,
    /// No header, a structure that could not be taken apart, or an unknown charset: shown as text.
    pub unparsable: bool,
    /// The Date field.
    pub date: Option<Timestamp>,
    /// The topmost Delivered-To: the address that the last server delivered it to.
    pub delivered_to: Option<Address>,
}

/// Reads a mail. There is an answer for any bytes; at worst it is the bytes as text, marked `unparsable`.
pub fn parse(raw: &[u8]) -> Parsed {
    let (header, body_at) = Header::read(raw);
    // Without a single field the first lines are text too.
    let body_at = if header.is_empty() { 0 } else { body_at };
    let structure = Structure::read(raw, &header, body_at);
    let reading = Reading::of(&structure);
    let deciding = Deciding::of(&header);
    let unparsable = header.is_empty() || structure.broken || reading.guessed;

    let subject = header.first("Subject").map(words::decode).unwrap_or_default();
    let nobody = Mailbox { name: String::new(), address: String::new() };
    let from = mailboxes(&header, "From").into_iter().next().unwrap_or(nobody);
    let mut text = reading.text();
    if unparsable && text.trim().is_empty() {
        text = guess(raw.get(body_at..).unwrap_or_default()).replace(['\0', '\r'], "");
    }
    let html = reading.html().filter(|_| !unparsable);
    let fingerprint = fingerprint(&header, &from, &deciding, &subject, &reading);
    let automatic = deciding.automatic || is_report(&structure);
    Parsed {
        attachments: attachments(&structure, &reading, html.as_deref()),
        preview: preview(&text),
        to: mailboxes(&header, "To"),
        cc: mailboxes(&header, "Cc"),
        date: deciding.date,
        delivered_to: header.first("Delivered-To").and_then(only_address),
        deciding,
        from,
        subject,
        text,
        html,
        fingerprint,
        automatic,
        unparsable,
    }
}

/// An attachment's bytes, decoded; `index` is its position among [`Parsed::attachments`].
pub fn attachment(raw: &[u8], index: u32) -> Option<(Attachment, Vec<u8>)> {
    let structure = structure_of(raw);
    let reading = Reading::of(&structure);
    let part = part_at(&structure, &reading, index)?;
    let bytes = part.fields.encoding.decode(part.body).into_owned();
    Some((describe(part, index, bytes.len(), &HashSet::new()), bytes))
}

/// The media type and bytes of an image that the text refers to as `cid:content_id`.
pub fn inline_image(raw: &[u8], content_id: &str) -> Option<(String, Vec<u8>)> {
    let structure = structure_of(raw);
    let part = structure.parts.iter().find(|part| {
        !part.multipart
            && part.fields.media_type.starts_with("image/")
            && part.fields.content_id.as_deref() == Some(content_id)
    })?;
    Some((part.fields.media_type.clone(), part.fields.encoding.decode(part.body).into_owned()))
}

fn structure_of(raw: &[u8]) -> Structure<'_> {
    let (header, body_at) = Header::read(raw);
    let body_at = if header.is_empty() { 0 } else { body_at };
    Structure::read(raw, &header, body_at)
}

fn part_at<'s, 'a>(structure: &'s Structure<'a>, reading: &Reading, index: u32) -> Option<&'s Part<'a>> {
    let place = reading.files.get(usize::try_from(index).ok()?)?;
    structure.parts.get(*place)
}

fn attachments(structure: &Structure<'_>, reading: &Reading, html: Option<&str>) -> Vec<Attachment> {
    let referred = html.map(referred_ids).unwrap_or_default();
    (0..)
        .map_while(|index| {
            let part = part_at(structure, reading, index)?;
            let size = part.fields.encoding.decode(part.body).len();
            Some(describe(part, index, size, &referred))
        })
        .collect()
}

fn describe(part: &Part<'_>, index: u32, size: usize, referred: &HashSet<String>) -> Attachment {
    let fields = &part.fields;
    let mut name = fields.file_name.clone().or_else(|| fields.description.clone());
    if name.is_none()
        && fields.media_type.starts_with("message/")
        && fields.media_type != "message/delivery-status"
    {
        let inner = fields.encoding.decode(part.body);
        let subject = Header::read(&inner).0.first("Subject").map(words::decode);
        name = subject.as_deref().and_then(file_name::of_message);
    }
    Attachment {
        index,
        name: file_name::safe(name.as_deref(), &fields.media_type, index),
        media_type: fields.media_type.clone(),
        size: size as u64,
        content_id: fields.content_id.clone().filter(|id| referred.contains(id)),
    }
}

/// The ids of all `cid:` references in the HTML, percent escapes undone.
fn referred_ids(html: &str) -> HashSet<String> {
    html.match_indices("cid:")
        .filter_map(|(at, _)| html.get(at + 4..))
        .map(|rest| {
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '<' | ')'))
                .unwrap_or(rest.len());
            super::html::percent_decoded(&super::html::decode_entities(rest.get(..end).unwrap_or_default()))
        })
        .collect()
}

/// Delivery and disposition reports (RFC 6522). A null Return-Path alone says nothing: vacation answers and
/// invitations carry it as well.
fn is_report(structure: &Structure<'_>) -> bool {
    structure.parts.first().is_some_and(|whole| {
        matches!(
            whole.fields.media_type.as_str(),
            "multipart/report" | "message/delivery-status" | "message/disposition-notification"
        )
    })
}

/// Who wrote what when, as SHA-256: From (names decoded, addresses in comparable form), Date as an instant,
/// Subject decoded, and the decoded source of the text, each with white space folded and its length after it.
///
/// Trace fields, recipients, encodings and attachments are left out: copies in Inbox and Sent, in two
/// accounts, and those that a server encoded anew are the same mail. The text enters as it was decoded, not
/// as this version renders it, so that a stored fingerprint stays true.
fn fingerprint(
    header: &Header<'_>,
    from: &Mailbox,
    deciding: &Deciding,
    subject: &str,
    reading: &Reading,
) -> [u8; 32] {
    let mut sum = Sha256::new();
    let date = match deciding.date {
        Some(date) => date.seconds().to_string(),
        None => header.first("Date").map(words::decode).unwrap_or_default(),
    };
    for field in [from.name.as_str(), &from.address, &date, subject] {
        add_folded(&mut sum, std::iter::once(field));
    }
    add_folded(&mut sum, reading.sources());
    sum.finalize().into()
}

/// Adds the words of the texts with single spaces between them, and how long that was.
fn add_folded<'t>(sum: &mut Sha256, texts: impl Iterator<Item = &'t str>) {
    let mut length: u64 = 0;
    for word in texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || c == '\0')) {
        if word.is_empty() {
            continue;
        }
        sum.update(word.as_bytes());
        sum.update(b" ");
        length += word.len() as u64 + 1;
    }
    sum.update(length.to_le_bytes());
}
