//! A mailbox of 20,000 messages and some 400 MB, as years of work leave one: the bench's material.

use jiff::{Timestamp, ToSpan};

use super::{Random, rfc_date};
use crate::maildir::MaildirWriter;
use crate::trouble::Outcome;

/// How big a mailbox to write.
#[derive(Clone, Copy, Debug)]
pub struct BulkOptions {
    /// Messages, all in the inbox.
    pub messages: usize,
    /// Contacts whose mail is among them.
    pub contacts: usize,
    /// Of a hundred messages, those from contacts.
    pub percent_theirs: usize,
    /// The latest message's date; the others lie within three years before.
    pub now: Timestamp,
    /// The same seed makes the same mailbox.
    pub seed: u64,
}

impl BulkOptions {
    /// The full size.
    pub fn full(now: Timestamp) -> Self {
        Self { messages: 20_000, contacts: 40, percent_theirs: 2, now, seed: 20_000 }
    }

    /// A quick look: 400 messages.
    pub fn smoke(now: Timestamp) -> Self {
        Self { messages: 400, contacts: 8, percent_theirs: 5, ..Self::full(now) }
    }
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// The contacts' addresses.
    pub contacts: Vec<String>,
    /// Messages whose From is one of them.
    pub theirs: usize,
    /// Bytes of those.
    pub their_bytes: u64,
    /// Bytes of all.
    pub bytes: u64,
}

const WORDS: &[&str] = &[
    "the", "album", "and", "for", "garden", "light", "proof", "invoice", "please", "Saturday", "gallery",
    "print", "we", "would", "like", "choose", "picture", "before", "after", "schedule", "venue", "thank",
    "you", "morning", "family", "portrait", "colour", "cover", "page", "first", "draft", "second", "version",
    "deposit", "train", "with",
];

/// Writes the mailbox into the inbox behind `maildir`.
pub fn write(maildir: &mut MaildirWriter, options: &BulkOptions) -> Outcome<Bulk> {
    let mut random = Random::new(options.seed);
    let contacts: Vec<String> =
        (0..options.contacts).map(|n| format!("client{n}@studio{n}.example")).collect();
    let text = prose(&mut random, 400_000);
    let coded = base64_text(&mut random, 400_000);
    let mut bulk = Bulk { contacts, theirs: 0, their_bytes: 0, bytes: 0 };
    let step = 3 * 365 * 86_400 / i64::try_from(options.messages.max(1))?;
    // Spread evenly, so that a seed never leaves a contact or a year without mail.
    let every = 100 / options.percent_theirs.clamp(1, 100);
    for n in 0..options.messages {
        let age = step * i64::try_from(options.messages - n)?;
        let at = options.now.checked_sub(age.seconds())?;
        let theirs = n % every == 0;
        let from = if theirs {
            bulk.contacts[(n / every) % bulk.contacts.len()].clone()
        } else {
            format!("sender{}@list{}.example", random.below(900), random.below(60))
        };
        let bytes = message(&mut random, &from, n, at, theirs, &text, &coded);
        maildir.write("INBOX", &bytes, at, !theirs || random.chance(80))?;
        let size = bytes.len() as u64;
        bulk.bytes += size;
        if theirs {
            bulk.theirs += 1;
            bulk.their_bytes += size;
        }
    }
    Ok(bulk)
}

fn message(
    random: &mut Random,
    from: &str,
    n: usize,
    at: Timestamp,
    theirs: bool,
    text: &str,
    coded: &str,
) -> Vec<u8> {
    let subject = slice(random, text, 40).replace("\r\n", " ");
    let mut out = format!(
        "Return-Path: <{from}>\r\nReceived: from mx.example (mx.example [192.0.2.7])\r\n\tby mail.noralind.example; {date}\r\n\
         From: Sender {n} <{from}>\r\nTo: Nora Lind <nora@noralind.example>\r\nSubject: {subject}\r\n\
         Date: {date}\r\nMessage-ID: <bulk.{n}.{mark:x}@mail.example>\r\nMIME-Version: 1.0\r\n",
        date = rfc_date(at, 1),
        mark = random.bits(),
    );
    let attachment = match random.below(100) {
        0..30 if theirs => 20_000 + random.below(25_000),
        0..2 if !theirs => 200_000 + random.below(150_000),
        2..25 if !theirs => 25_000 + random.below(50_000),
        _ => 0,
    };
    let words = 1_000 + random.below(if theirs { 8_000 } else { 7_000 });
    let body = slice(random, text, words);
    if attachment == 0 {
        out.push_str("Content-Type: text/plain; charset=utf-8\r\n\r\n");
        out.push_str(body);
        out.push_str("\r\n");
    } else {
        out.push_str("Content-Type: multipart/mixed; boundary=\"=_bulk\"\r\n\r\n--=_bulk\r\n");
        out.push_str("Content-Type: text/plain; charset=utf-8\r\n\r\n");
        out.push_str(body);
        out.push_str("\r\n--=_bulk\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n");
        out.push_str("Content-Disposition: attachment; filename=\"proof.jpg\"\r\n\r\n");
        let lines = attachment / 78 * 78;
        let start = random.below((coded.len() - lines) / 78) * 78;
        out.push_str(&coded[start..start + lines]);
        out.push_str("--=_bulk--\r\n");
    }
    out.into_bytes()
}

fn slice<'a>(random: &mut Random, text: &'a str, length: usize) -> &'a str {
    let start = random.below(text.len() - length);
    // Never begin or end between CR and LF.
    text[start..start + length].trim_matches(['\r', '\n'])
}

fn prose(random: &mut Random, size: usize) -> String {
    let mut out = String::with_capacity(size + 80);
    let mut column = 0;
    while out.len() < size {
        let word = random.pick(WORDS);
        column += word.len() + 1;
        out.push_str(word);
        if column > 68 {
            out.push_str("\r\n");
            column = 0;
        } else {
            out.push(' ');
        }
    }
    out
}

fn base64_text(random: &mut Random, size: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(size + 80);
    while out.len() < size {
        for _ in 0..76 {
            out.push(char::from(*random.pick(ALPHABET)));
        }
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dovecot::{Dovecot, DovecotOptions};

    #[test]
    fn a_small_one_is_served_and_its_figures_are_right() -> Outcome<()> {
        let server = Dovecot::start(DovecotOptions::with_user("nora", "secret"))?;
        let options = BulkOptions::smoke(Timestamp::now());
        let bulk = write(&mut server.maildir("nora")?, &options)?;
        let mut wire = server.wire("nora")?;
        wire.examine("INBOX")?;
        assert_eq!(wire.uid_search("ALL")?.len(), options.messages);
        let mut found = 0;
        for contact in &bulk.contacts {
            found += wire.uid_search(&format!("FROM \"{contact}\""))?.len();
        }
        assert_eq!((found, bulk.theirs), (20, 20));
        assert!(bulk.bytes / 400 > 10_000, "{} bytes", bulk.bytes);
        Ok(())
    }
}
