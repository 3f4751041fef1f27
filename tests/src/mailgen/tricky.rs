//! Messages that a careless reader takes for a contact's mail, or misses though they are one.
//!
//! Each is labelled with what the rules say of its From field. The bytes are what a sender may put on the wire; some
//! servers normalise them (bare LF, NUL) when they store them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, ToSpan};

use super::{Random, rfc_date};

/// Who the tricky mail is about.
#[derive(Clone, Debug)]
pub struct Cast {
    /// A contact's address: ASCII, lower case, a local part without dots, a domain of two labels.
    pub contact: String,
    /// A second contact's address, with a domain that is not ASCII, as a person writes it.
    pub idn: String,
    /// The same with the domain as A-labels.
    pub idn_ascii: String,
    /// Somebody who is no contact.
    pub stranger: String,
    /// The user's own address.
    pub own: String,
}

impl Default for Cast {
    fn default() -> Self {
        Self {
            contact: "anna@studio.example".to_owned(),
            idn: "joerg@müller.example".to_owned(),
            idn_ascii: "joerg@xn--mller-kva.example".to_owned(),
            stranger: "max@elsewhere.example".to_owned(),
            own: "nora@noralind.studio".to_owned(),
        }
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct Tricky {
    /// What is tricky about it.
    pub label: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether it is a contact's by its From, as incoming mail.
    pub theirs: bool,
}

struct Draft<'a> {
    cast: &'a Cast,
    random: Random,
    at: Timestamp,
    all: Vec<Tricky>,
}

impl Draft<'_> {
    /// A message whose From field, with its name and line end, is `from`.
    fn from(&mut self, label: &'static str, theirs: bool, from: impl AsRef<[u8]>) {
        let id = format!("Message-ID: <{:016x}@mail.example>\r\n", self.random.bits());
        let body = self.body(label);
        self.add(label, theirs, &[from.as_ref(), id.as_bytes(), body.as_bytes()]);
    }

    fn add(&mut self, label: &'static str, theirs: bool, pieces: &[&[u8]]) {
        self.all.push(Tricky { label, bytes: pieces.concat(), theirs });
    }

    /// The rest of the header, and a body that no other message has.
    fn body(&mut self, label: &str) -> String {
        let offset = i64::try_from(self.random.below(86_400)).unwrap_or(0);
        let date = rfc_date(self.at.saturating_sub(offset.seconds()).unwrap_or(self.at), 1);
        let own = &self.cast.own;
        let mark = self.random.bits();
        format!(
            "To: {own}\r\nDate: {date}\r\nSubject: About {label}\r\n\r\nThis is about {label}.\r\n{mark:016x}\r\n"
        )
    }
}

/// The whole collection for `cast`, dated within the day before `now`. The same seed makes the same bytes.
pub fn tricky(cast: &Cast, now: Timestamp, seed: u64) -> Vec<Tricky> {
    let mut draft = Draft { cast, random: Random::new(seed), at: now, all: Vec::new() };
    look_alikes(&mut draft);
    disguises(&mut draft);
    identities(&mut draft);
    damaged(&mut draft);
    draft.all
}

/// What only looks like the contact.
fn look_alikes(draft: &mut Draft) {
    let Cast { contact, stranger, .. } = draft.cast.clone();
    let (local, domain) = contact.split_once('@').unwrap_or((&contact, ""));
    let coded = STANDARD.encode(&contact);
    for (label, from) in [
        ("an address in the display name", format!("From: \"{contact}\" <{stranger}>\r\n")),
        ("an address in an unquoted display name", format!("From: {local} at {domain} <{stranger}>\r\n")),
        ("an address in a comment", format!("From: {stranger} ({contact})\r\n")),
        ("an address in a comment before", format!("From: (<{contact}>) {stranger}\r\n")),
        ("an address in an encoded word", format!("From: =?utf-8?B?{coded}?= <{stranger}>\r\n")),
        ("an encoded word alone", format!("From: =?utf-8?Q?{local}=40{domain}?=\r\n")),
        ("an address in Reply-To", format!("From: {stranger}\r\nReply-To: {contact}\r\n")),
        ("an address in Sender", format!("From: {stranger}\r\nSender: {contact}\r\n")),
        ("an address in Cc", format!("From: {stranger}\r\nCc: {contact}\r\n")),
        ("a longer local part", format!("From: jo{contact}\r\n")),
        ("a longer domain", format!("From: Anna <{contact}.evil.example>\r\n")),
        ("a domain below", format!("From: {local}@mail.{domain}\r\n")),
        ("a tag in the local part", format!("From: {local}+news@{domain}\r\n")),
        ("a dot in the local part", format!("From: {}.{}@{domain}\r\n", &local[..1], &local[1..])),
        ("two addresses", format!("From: {contact}, {stranger}\r\n")),
        ("two addresses, the second theirs", format!("From: {stranger},\r\n {contact}\r\n")),
        ("two From fields", format!("From: {contact}\r\nFrom: {stranger}\r\n")),
        ("two From fields, the second theirs", format!("From: {stranger}\r\nfrom: {contact}\r\n")),
        ("a group of two", format!("From: Studio: {contact}, {stranger};\r\n")),
        ("an empty group", format!("From: Studio:;\r\nReply-To: {contact}\r\n")),
        ("an empty From", "From: <>\r\n".to_owned()),
        ("a name without an address", format!("From: {local}\r\n")),
        ("the user's own address", format!("From: {}\r\n", draft.cast.own)),
        ("a quoted @ in the local part", format!("From: \"{contact}\"@elsewhere.example\r\n")),
    ] {
        draft.from(label, false, from);
    }
}

/// The contact in forms that are rare and right.
fn disguises(draft: &mut Draft) {
    let Cast { contact, idn, idn_ascii, stranger, .. } = draft.cast.clone();
    let (local, domain) = contact.split_once('@').unwrap_or((&contact, ""));
    for (label, from) in [
        ("a bare address", format!("From: {contact}\r\n")),
        ("a name and an address", format!("From: Anna Berg <{contact}>\r\n")),
        ("a stranger's address in the name", format!("From: \"{stranger}\" <{contact}>\r\n")),
        ("a comma in a quoted name", format!("From: \"Berg, Anna\" <{contact}>\r\n")),
        (
            "an escaped quote in the name",
            format!("From: \"Anna \\\"<x@y.example>, \\\" Berg\" <{contact}>\r\n"),
        ),
        ("a comment with a comma", format!("From: {contact} (Anna, of the studio (west))\r\n")),
        ("upper case", format!("From: {}\r\n", contact.to_uppercase())),
        ("a field name in capitals", format!("FROM: {contact}\r\n")),
        ("a folded line", format!("From: Anna Berg\r\n <{contact}>\r\n")),
        ("a line folded at once", format!("From:\r\n\t{contact}\r\n")),
        ("a fold inside the angle brackets", format!("From: Anna <\r\n {contact}>\r\n")),
        ("spaces around the parts", format!("From: Anna < {local} @ {domain} >\r\n")),
        ("comments around the parts", format!("From: {local} (home) @ (her own) {domain} (studio)\r\n")),
        ("a quoted local part", format!("From: \"{local}\"@{domain}\r\n")),
        ("the only address of a group", format!("From: Studio: Anna <{contact}>;\r\n")),
        ("no space after the colon", format!("From:{contact}\r\n")),
        ("a domain as A-labels", format!("From: {idn_ascii}\r\n")),
        ("A-labels in capitals", format!("From: Joerg <{}>\r\n", idn_ascii.to_uppercase())),
        ("a domain in UTF-8", format!("From: Joerg <{idn}>\r\n")),
    ] {
        draft.from(label, true, from);
    }
    let name = [b"From: Ren\xe9e Berg <".as_slice(), contact.as_bytes(), b">\r\n"].concat();
    draft.from("a name in raw Latin-1", true, name);
}

/// What identity hangs on: Message-ID, Date, content.
fn identities(draft: &mut Draft) {
    let contact = draft.cast.contact.clone();
    let from = format!("From: {contact}\r\n");
    let id = format!("Message-ID: <{:016x}@mail.example>\r\n", draft.random.bits());
    let body = draft.body("a Message-ID that is used twice");
    draft.add("a Message-ID used first", true, &[from.as_bytes(), id.as_bytes(), body.as_bytes()]);
    let other = draft.body("another mail with the same Message-ID");
    draft.add(
        "the same Message-ID with other content",
        true,
        &[from.as_bytes(), id.as_bytes(), other.as_bytes()],
    );
    let trace = "Received: from mx.example by mail.example; Mon, 2 Mar 2026 10:00:00 +0000\r\n";
    draft.add(
        "the same mail once more, by another way",
        true,
        &[trace.as_bytes(), from.as_bytes(), id.as_bytes(), body.as_bytes()],
    );
    let body = draft.body("no Message-ID");
    draft.add("no Message-ID", true, &[from.as_bytes(), body.as_bytes()]);
    draft.add("no Message-ID, once more", true, &[from.as_bytes(), body.as_bytes()]);
    let mark = draft.random.bits();
    let undated = format!("Message-ID: <{mark:x}@mail.example>\r\nSubject: Undated\r\n\r\nNo date.\r\n");
    draft.add("no Date", true, &[from.as_bytes(), undated.as_bytes()]);
    let nonsense = format!("Message-ID: <{mark:x}.2@mail.example>\r\nDate: yesterday, at tea\r\n\r\nHm.\r\n");
    draft.add("a Date that is none", true, &[from.as_bytes(), nonsense.as_bytes()]);
    let body = draft.body("no From");
    draft.add("no From", false, &[format!("Reply-To: {contact}\r\n").as_bytes(), body.as_bytes()]);
    draft.add("nothing but a body", false, &[b"\r\nFrom: ", contact.as_bytes(), b"\r\n"]);
}

/// Bytes that no standard allows and that come all the same.
fn damaged(draft: &mut Draft) {
    let contact = draft.cast.contact.clone();
    let from = format!("From: {contact}\r\n");
    let head = |draft: &mut Draft| format!("{from}Message-ID: <{:x}@mail.example>\r\n", draft.random.bits());

    let (start, body) = (head(draft), draft.body("bare LF").replace("\r\n", "\n"));
    draft.add("lines that end in LF", true, &[start.replace("\r\n", "\n").as_bytes(), body.as_bytes()]);
    let (start, body) = (head(draft), draft.body("NUL bytes"));
    draft.add("NUL bytes in the body", true, &[start.as_bytes(), body.as_bytes(), b"a\0b\0\0c\r\n"]);
    let (start, body) = (head(draft), draft.body("raw eight-bit text"));
    draft.add(
        "eight-bit text without a charset",
        true,
        &[start.as_bytes(), body.as_bytes(), b"Sch\xf6ne Gr\xfc\xdfe\r\n"],
    );
    let huge = format!(
        "X-Scan: {}
",
        "checked ".repeat(8)
    )
    .repeat(1_000);
    let (start, body) = (head(draft), draft.body("a huge header"));
    draft.add("a header of 80 kB", true, &[huge.as_bytes(), start.as_bytes(), body.as_bytes()]);
    let line = format!("X-Long: {}\r\n", "x".repeat(70_000));
    let (start, body) = (head(draft), draft.body("a huge line"));
    draft.add("a line of 70 kB", true, &[start.as_bytes(), line.as_bytes(), body.as_bytes()]);
    let (start, body) = (head(draft), draft.body("a line that is no field"));
    draft.add("a line that is no field", true, &[start.as_bytes(), b"this is no field\r\n", body.as_bytes()]);
    for (label, mime, content) in [
        ("a boundary that never closes", "multipart/mixed; boundary=b", "--b\r\n\r\nOne part, then nothing."),
        ("a boundary that never comes", "multipart/mixed; boundary=b", "No part at all."),
        ("a multipart without a boundary", "multipart/alternative", "--b\r\n\r\nHm.\r\n--b--\r\n"),
        ("an unknown charset", "text/plain; charset=x-klingon", "nuqneH"),
        ("base64 that is none", "text/plain\r\nContent-Transfer-Encoding: base64", "This is *no* base64!"),
        ("an unknown transfer encoding", "text/plain\r\nContent-Transfer-Encoding: rot13", "Uryyb"),
    ] {
        let start = head(draft);
        let body = draft.body(label).replacen(
            "\r\n\r\n",
            &format!("\r\nContent-Type: {mime}\r\n\r\n{content}\r\n"),
            1,
        );
        draft.add(label, true, &[start.as_bytes(), body.as_bytes()]);
    }
    let (start, body) = (head(draft), draft.body("no body"));
    let header_only =
        body.split_once("\r\n\r\n").map_or(String::new(), |(header, _)| format!("{header}\r\n"));
    draft.add("a header without an empty line", true, &[start.as_bytes(), header_only.as_bytes()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_mail_and_every_label_is_its_own() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let (one, two) = (tricky(&Cast::default(), now, 7), tricky(&Cast::default(), now, 7));
        assert!(one.iter().zip(&two).all(|(a, b)| a.bytes == b.bytes));
        let mut labels: Vec<_> = one.iter().map(|tricky| tricky.label).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), one.len());
    }
}
