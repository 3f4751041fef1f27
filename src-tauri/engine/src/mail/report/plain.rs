//! Reports for people only, as qmail, Exim, sendmail and old Exchange write them.

use super::{
    DeliveryReport, MAX_ADDRESS, MAX_RECIPIENTS, MAX_WORDS, Unreached, id_in_header, shortened, status_in,
};
use crate::mail::address_list::address_list;
use crate::mail::body::Reading;
use crate::mail::header::Header;
use crate::mail::mime::Structure;
use crate::mail::words;
use crate::model::Address;

/// Lines that are looked at.
const MAX_LINES: usize = 2_000;

/// How such a text begins. Only its first lines are looked at: an answer quotes the rest.
const BEGINNINGS: &[&str] = &[
    "this is the qmail-send program",
    "this message was created automatically by mail delivery software",
    "your message did not reach some or all of the intended recipients",
    "delivery has failed to these recipients",
    "the following addresses had permanent fatal errors",
    "could not be delivered to one or more recipients",
    "your message wasn't delivered to",
    "your message was not delivered to",
    "delivery to the following recipient failed permanently",
    "delivery to the following recipients failed",
    "undeliverable mail",
];

/// A delay, or a warning of one: nothing failed yet.
const DELAYS: &[&str] = &[
    "has not yet been delivered",
    "will be retried",
    "will keep trying",
    "do not need to resend",
    "this is a warning message only",
    "transient non-fatal errors",
    "delivery attempts will continue",
];

/// What stands above the mail that came back.
const COPIES: &[&str] = &[
    "below this line is a copy of the message",
    "this is a copy of the message",
    "this is a copy of your message",
    "original message follows",
    "original message headers",
    "original message -----",
    "message header follows",
    "the header of the original message",
];

/// Reads such a text; `None`: it is none, or no recipient can be read in it.
pub(super) fn report(header: &Header<'_>, structure: &Structure<'_>) -> Option<DeliveryReport> {
    let text = Reading::of(structure).text();
    let lines: Vec<&str> = text.lines().take(MAX_LINES).collect();
    let head = lines.iter().take(30).flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ");
    let head = head.replace('’', "'").to_lowercase();
    let named: Vec<String> = header
        .all("X-Failed-Recipients")
        .flat_map(address_list)
        .filter_map(|entry| entry.address)
        .map(|address| address.to_string())
        .take(MAX_RECIPIENTS)
        .collect();
    let begins = BEGINNINGS.iter().any(|beginning| head.contains(beginning));
    if (!begins && named.is_empty()) || DELAYS.iter().any(|delay| head.contains(delay)) {
        return None;
    }
    let copy = lines.iter().position(|line| {
        let line = line.to_lowercase();
        COPIES.iter().any(|copy| line.contains(copy))
    });
    let mut failed = blocks(lines.get(..copy.unwrap_or(lines.len())).unwrap_or_default());
    if !named.is_empty() {
        failed.retain(|found| named.contains(&found.address));
        for address in named {
            if !failed.iter().any(|found| found.address == address) {
                failed.push(Unreached { address, status: String::new(), server_said: String::new() });
            }
        }
    }
    if failed.is_empty() {
        return None;
    }
    let returned = copy.and_then(|copy| lines.get(copy + 1..)).unwrap_or_default().join("\n");
    Some(DeliveryReport { names: id_in_header(returned.as_bytes()).into_iter().collect(), failed })
}

/// Recipients, each on a line of its own, with the reasons below it.
fn blocks(lines: &[&str]) -> Vec<Unreached> {
    let mut failed: Vec<Unreached> = Vec::new();
    // Whether the lines that follow belong to the last recipient.
    let mut open = false;
    for line in lines {
        let line = words::for_people(line);
        if let Some((address, rest)) = recipient_line(&line) {
            // Some name each recipient in a list, and once more above the reason.
            let known = failed.iter().position(|found| found.address == address);
            let mut found = match known {
                Some(at) => failed.remove(at),
                None => Unreached { address, status: String::new(), server_said: String::new() },
            };
            say(&mut found, &rest);
            failed.push(found);
            open = true;
        } else if line.is_empty() {
            // One empty line may part the name from the reason.
            open &= failed.last().is_some_and(|last| last.server_said.is_empty());
        } else if open && let Some(last) = failed.last_mut() {
            say(last, &line);
        }
        if failed.len() >= MAX_RECIPIENTS {
            break;
        }
    }
    failed
}

fn say(recipient: &mut Unreached, words: &str) {
    let words = words.trim_start_matches('#').trim();
    if words.is_empty() || recipient.server_said.len() >= MAX_WORDS {
        return;
    }
    if !recipient.server_said.is_empty() {
        recipient.server_said.push(' ');
    }
    recipient.server_said.push_str(words);
    recipient.server_said = shortened(&recipient.server_said, MAX_WORDS);
    if recipient.status.is_empty() {
        recipient.status = status_in(&recipient.server_said).unwrap_or_default();
    }
}

/// `<jo@x.example>:`, `jo@x.example`, `jo@x.example on 3/1/2026 9:30 AM`, `Jo (jo@x.example)`.
fn recipient_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.len() > 3 * MAX_ADDRESS {
        return None;
    }
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let inner = word.trim_end_matches(':');
    let bracketed = inner.strip_prefix('<').and_then(|inner| inner.strip_suffix('>'));
    let rest = rest.trim();
    let alone = rest.is_empty() || rest.starts_with("on ");
    let twice = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) == Some(inner);
    let spec = match bracketed {
        Some(spec) => spec,
        None if alone || twice => inner,
        None => {
            let (name, tail) = line.rsplit_once('(')?;
            let spec = tail.trim_end_matches(':').strip_suffix(')')?;
            if name.contains('@') {
                return None;
            }
            spec
        }
    };
    let address = Address::parse(spec).ok()?.to_string();
    let rest = if bracketed.is_some() { rest.to_owned() } else { String::new() };
    Some((address, rest))
}
