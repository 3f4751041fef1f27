//! Delivery reports (RFC 3464), and what servers without them write.

mod plain;
#[cfg(test)]
mod tests;

use super::address_list::address_list;
use super::header::Header;
use super::mime::{Part, Structure};
use super::{message_ids, words};

/// Recipients of one report; further ones are passed over.
const MAX_RECIPIENTS: usize = 500;
/// Characters of a server's words.
const MAX_WORDS: usize = 1_000;
/// Characters of an address.
const MAX_ADDRESS: usize = 320;

/// A recipient that was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Final-Recipient, else Original-Recipient; may be empty.
    pub address: String,
    /// Status (RFC 3463), such as `5.1.1`; may be empty.
    pub status: String,
    /// The server's own words (Diagnostic-Code), without control characters; may be empty.
    pub server_said: String,
}

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Message-IDs that the report names, without brackets: of the returned header, References, In-Reply-To.
    pub names: Vec<String>,
    /// Whom the mail did not reach for good. A delay is none.
    pub failed: Vec<Unreached>,
}

/// Reads a report; `None`: it is none.
///
/// A report of RFC 3464 counts whoever it is from: it says what it is. Any other text counts only from a mail
/// server's own address or with an empty return path, and only when it begins as such texts do.
pub fn delivery_report(bytes: &[u8]) -> Option<DeliveryReport> {
    let (header, body_at) = Header::read(bytes);
    let structure = Structure::read(bytes, &header, body_at);
    let whole = structure.parts.first()?;
    let reports = whole.fields.media_type == "multipart/report";
    let kind = whole.fields.content_type.parameter("report-type").unwrap_or_default().to_ascii_lowercase();
    let other = reports && !kind.is_empty() && kind != "delivery-status";
    if other {
        // A read receipt, a complaint about spam.
        return None;
    }
    let status = structure.parts.iter().find(|part| !part.multipart && is_status(&part.fields.media_type));
    let mut report = match status {
        Some(part) if reports || is_status(&whole.fields.media_type) || is_from_a_server(&header) => {
            DeliveryReport { names: Vec::new(), failed: recipients(&part.fields.encoding.decode(part.body)) }
        }
        _ if reports || is_from_a_server(&header) => plain::report(&header, &structure)?,
        _ => return None,
    };
    let mut names: Vec<String> = structure.parts.iter().filter_map(returned_id).collect();
    names.append(&mut report.names);
    names.extend(header.all("In-Reply-To").flat_map(message_ids::in_reply_to));
    names.extend(header.all("References").flat_map(message_ids::references));
    report.names = message_ids::capped(names);
    Some(report)
}

fn is_status(media_type: &str) -> bool {
    matches!(media_type, "message/delivery-status" | "message/global-delivery-status")
}

/// The id of a mail that came back, whole or its header alone.
fn returned_id(part: &Part<'_>) -> Option<String> {
    let kind = part.fields.media_type.as_str();
    let returned = ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"];
    if part.multipart || !returned.contains(&kind) {
        return None;
    }
    id_in_header(&part.fields.encoding.decode(part.body))
}

/// The Message-ID of a header that may have empty lines before it.
fn id_in_header(bytes: &[u8]) -> Option<String> {
    let (header, _) = Header::read(bytes.trim_ascii_start());
    header.all("Message-ID").find_map(message_ids::message_id)
}

/// From a mail server's own address, or with an empty return path (RFC 5321, 6.1).
fn is_from_a_server(header: &Header<'_>) -> bool {
    const NAMES: [&str; 6] = [
        "mailer-daemon",
        "postmaster",
        "mail-daemon",
        "mailerdaemon",
        "mail.delivery.subsystem",
        "maildaemon",
    ];
    let empty_path = header.first("Return-Path").is_some_and(|path| path.trim_ascii() == b"<>");
    let mut authors = header.all("From").flat_map(address_list);
    empty_path
        || authors.any(|author| match author.address {
            Some(address) => NAMES.contains(&address.local()),
            // Some write only a name.
            None => NAMES.contains(&author.raw.to_ascii_lowercase().trim_matches(['<', '>'])),
        })
}

/// The recipients of a delivery-status body that were given up (RFC 3464, 2.3): one block of fields each, behind
/// one about the mail.
fn recipients(body: &[u8]) -> Vec<Unreached> {
    let mut failed = Vec::new();
    let mut rest = body;
    while !rest.is_empty() && failed.len() < MAX_RECIPIENTS {
        let (fields, length) = Header::read(rest);
        failed.extend(recipient(&fields));
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    failed
}

/// One block; `None` when it is about no recipient, or not about a failure.
fn recipient(fields: &Header<'_>) -> Option<Unreached> {
    let told = fields.first("Final-Recipient").or_else(|| fields.first("Original-Recipient"));
    let action = fields.first("Action").map(words::decode).unwrap_or_default().to_ascii_lowercase();
    if told.is_none() && action.is_empty() {
        return None;
    }
    let said = fields.first("Diagnostic-Code").map(|value| after_type(&words::decode(value)).to_owned());
    let said = shortened(&said.unwrap_or_default(), MAX_WORDS);
    let status = fields.first("Status").map(words::decode).unwrap_or_default();
    let status = status_in(&status).or_else(|| status_in(&said)).unwrap_or_default();
    let failed = match action.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()) {
        Some(word) => word == "failed",
        None => status.starts_with('5'),
    };
    let address = told.map(words::decode).unwrap_or_default();
    let address = after_type(&address).trim_matches(['<', '>', ' ', '"']).trim();
    failed.then(|| Unreached { address: shortened(address, MAX_ADDRESS), status, server_said: said })
}

/// What follows the type of an address or a diagnosis: `rfc822; jo@client.example`.
fn after_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if kind.trim().chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) => {
            rest.trim()
        }
        _ => value.trim(),
    }
}

/// The first status code of RFC 3463 in a text.
fn status_in(text: &str) -> Option<String> {
    let word = |c: char| !(c.is_ascii_digit() || c == '.');
    text.split(word).find(|word| is_status_code(word)).map(str::to_owned)
}

fn is_status_code(word: &str) -> bool {
    let parts: Vec<&str> = word.splitn(4, '.').collect();
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.as_slice(), ["2" | "4" | "5", subject, detail] if number(subject) && number(detail))
}

fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
