//! Header fields. Whatever was typed, a field ends where it should (RFC 5322, 2047, 2231, 6532).

use super::Letter;
use crate::model::{Address, Mailbox, Timestamp};
use std::io;

/// Where lines are folded (RFC 5322, 2.1.1).
const LINE: usize = 78;
/// The longest word that is written as it is; what cannot be folded is encoded.
const MAX_WORD: usize = 66;
/// Octets inside one encoded word: with its frame it fits behind `Subject: `.
const WORD_OCTETS: usize = 52;
/// An address or a message id of more octets could not stand on a line (998 octets, RFC 5322).
const MAX_TOKEN: usize = 900;
/// References that are kept from the end, beside the first.
const LAST_REFERENCES: usize = 20;

/// A field being written: its tokens have spaces between them, and folds where a line would be long.
pub(super) struct Field<'a> {
    out: &'a mut String,
    line: usize,
}

impl<'a> Field<'a> {
    pub fn begin(out: &'a mut String, name: &str) -> Self {
        out.push_str(name);
        out.push(':');
        Self { out, line: name.len() + 1 }
    }

    /// Adds a token, which holds no line end.
    pub fn token(&mut self, token: &str) {
        if self.line + 1 + token.len() > LINE {
            self.out.push_str("\r\n");
            self.line = 0;
        }
        self.out.push(' ');
        self.out.push_str(token);
        self.line += 1 + token.len();
    }

    pub fn tokens(&mut self, tokens: &[String]) {
        for token in tokens {
            self.token(token);
        }
    }

    pub fn end(self) {
        self.out.push_str("\r\n");
    }
}

/// The fields of a letter up to MIME-Version, and whether an address needs a server with SMTPUTF8.
pub(super) fn fields(letter: &Letter) -> io::Result<(String, bool)> {
    let mut out = String::new();
    let mut utf8 = mailboxes(&mut out, "From", std::slice::from_ref(&letter.from))?;
    if letter.to.is_empty() && letter.cc.is_empty() {
        // Everybody is in Bcc. An empty group says so; without any recipient a mail looks like spam.
        out.push_str("To: undisclosed-recipients:;\r\n");
    }
    utf8 |= mailboxes(&mut out, "To", &letter.to)?;
    utf8 |= mailboxes(&mut out, "Cc", &letter.cc)?;
    text(&mut out, "Subject", &letter.subject);
    out.push_str(&format!("Date: {}\r\n", date(letter.date)?));
    let Some(own) = legal_id(&letter.message_id) else { return Err(refused("The Message-ID is none.")) };
    ids(&mut out, "Message-ID", &[own]);
    let answered: Vec<&str> = letter.in_reply_to.as_deref().and_then(legal_id).into_iter().collect();
    ids(&mut out, "In-Reply-To", &answered);
    ids(&mut out, "References", &kept_references(&letter.references));
    if let Some(token) = &letter.token {
        text(&mut out, super::TEST_HEADER, token);
    }
    out.push_str("MIME-Version: 1.0\r\n");
    Ok((out, utf8))
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// In UTC: where somebody is travelling is nobody's business.
fn date(at: Timestamp) -> io::Result<String> {
    let at = jiff::Timestamp::from_second(at.seconds()).map_err(io::Error::other)?;
    Ok(at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// An address field; none is written for nobody. Answers whether an address has letters beyond ASCII.
fn mailboxes(out: &mut String, name: &str, list: &[Mailbox]) -> io::Result<bool> {
    let mut utf8 = false;
    if list.is_empty() {
        return Ok(utf8);
    }
    let mut field = Field::begin(out, name);
    for (index, mailbox) in list.iter().enumerate() {
        // A letter that goes to another address than the chosen one is worse than none.
        let spec = addr_spec(&mailbox.address).ok_or_else(|| refused("An address cannot be written."))?;
        utf8 |= !spec.is_ascii();
        let comma = if index + 1 < list.len() { "," } else { "" };
        let words = phrase(&mailbox.name);
        if words.is_empty() {
            field.token(&format!("{spec}{comma}"));
        } else {
            field.tokens(&words);
            field.token(&format!("<{spec}>{comma}"));
        }
    }
    field.end();
    Ok(utf8)
}

/// The addr-spec as it stands in a field: the local part quoted where it must be, the domain as A-label.
fn addr_spec(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let bad = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    if local.is_empty() || address.len() > MAX_TOKEN || local.contains(bad) {
        return None;
    }
    let address = Address::from_parts("x", domain)?;
    let domain = address.domain();
    // Letters of other widths become ASCII characters that no domain has.
    let host = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    let good = match domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        Some(literal) => literal.bytes().all(|b| host(b) || b == b':'),
        None => domain.bytes().all(host),
    };
    if !good || domain.len() > MAX_TOKEN {
        return None;
    }
    let atom = |part: &str| !part.is_empty() && part.chars().all(|c| is_atext(c) || !c.is_ascii());
    if local.split('.').all(atom) {
        return Some(format!("{local}@{domain}"));
    }
    Some(format!("\"{}\"@{domain}", local.replace('\\', "\\\\").replace('"', "\\\"")))
}

const fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}

/// A display name as tokens: words, a quoted string, or encoded words.
fn phrase(name: &str) -> Vec<String> {
    let name = one_line(name);
    // Some readers decode encoded words inside quotes too.
    let plain = is_printable(&name) && !name.contains("=?");
    if plain && name.split(' ').all(|word| word.len() <= MAX_WORD && word.chars().all(is_atext)) {
        return name.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    }
    let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    if plain && quoted.len() <= MAX_WORD { vec![quoted] } else { encoded_words(&name) }
}

/// An unstructured field (RFC 5322, 2.2.1).
fn text(out: &mut String, name: &str, value: &str) {
    let value = one_line(value);
    let mut field = Field::begin(out, name);
    if value.is_empty() {
    } else if is_printable(&value)
        && !value.contains("=?")
        && value.split(' ').all(|word| word.len() <= MAX_WORD)
    {
        value.split(' ').for_each(|word| field.token(word));
    } else {
        field.tokens(&encoded_words(&value));
    }
    field.end();
}

/// Control characters and line ends of every kind are spaces, and there is one space between two words.
fn one_line(text: &str) -> String {
    let ends = |c: char| c == ' ' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.split(ends).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// Encoded words (RFC 2047), in the shorter of the two encodings. No character is cut in two.
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    let literal = |b: u8| b.is_ascii_alphanumeric() || b"!*+-/".contains(&b);
    let q_cost = |c: char| {
        if c == ' ' || (c.is_ascii() && u8::try_from(c).is_ok_and(literal)) { 1 } else { 3 * c.len_utf8() }
    };
    let q = text.chars().map(q_cost).sum::<usize>() <= text.len().div_ceil(3) * 4;
    let cost = |c: char| if q { q_cost(c) } else { c.len_utf8() };
    let room = if q { WORD_OCTETS } else { WORD_OCTETS / 4 * 3 };
    let mut words = Vec::new();
    let mut piece = String::new();
    let mut used = 0;
    for c in text.chars() {
        if used + cost(c) > room {
            words.push(encoded_word(&std::mem::take(&mut piece), q, literal));
            used = 0;
        }
        piece.push(c);
        used += cost(c);
    }
    if !piece.is_empty() {
        words.push(encoded_word(&piece, q, literal));
    }
    words
}

fn encoded_word(piece: &str, q: bool, literal: impl Fn(u8) -> bool) -> String {
    use base64::Engine as _;
    if !q {
        return format!("=?utf-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(piece));
    }
    let mut out = "=?utf-8?Q?".to_owned();
    for b in piece.bytes() {
        match b {
            b' ' => out.push('_'),
            b if literal(b) => out.push(char::from(b)),
            b => out.push_str(&format!("={b:02X}")),
        }
    }
    out + "?="
}

/// A field of message ids; none is written without any.
fn ids(out: &mut String, name: &str, ids: &[&str]) {
    if ids.is_empty() {
        return;
    }
    let mut field = Field::begin(out, name);
    for id in ids {
        field.token(&format!("<{id}>"));
    }
    field.end();
}

/// An id that can stand between angle brackets. Stricter than this would lose threads: many programs write
/// ids that the grammar does not have.
fn legal_id(id: &str) -> Option<&str> {
    let good = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    (!id.is_empty() && id.len() <= MAX_TOKEN && id.bytes().all(good)).then_some(id)
}

/// The first tells the thread's root, the last its end; what lies between may go (RFC 5322, 3.6.4).
fn kept_references(references: &[String]) -> Vec<&str> {
    let mut kept: Vec<&str> = references.iter().filter_map(|id| legal_id(id)).collect();
    if kept.len() > 1 + LAST_REFERENCES {
        kept.drain(1..kept.len() - LAST_REFERENCES);
    }
    kept
}

/// `name="value"`, or in the dress of RFC 2231, in as many tokens as it takes.
pub(super) fn parameter(name: &str, value: &str) -> Vec<String> {
    if is_printable(value) && !value.contains(['"', '\\']) && !value.contains("=?") && value.len() <= 50 {
        return vec![format!("{name}=\"{value}\"")];
    }
    let mut segments = vec![String::new()];
    for c in value.chars() {
        let mut utf8 = [0; 4];
        let mut piece = String::new();
        for b in c.encode_utf8(&mut utf8).bytes() {
            if b.is_ascii_alphanumeric() || b"-._".contains(&b) {
                piece.push(char::from(b));
            } else {
                piece.push_str(&format!("%{b:02X}"));
            }
        }
        match segments.last_mut() {
            Some(last) if last.len() + piece.len() <= 50 => last.push_str(&piece),
            _ => segments.push(piece),
        }
    }
    let several = segments.len() > 1;
    let mut tokens: Vec<String> = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        let number_part = if several { format!("*{number}") } else { String::new() };
        let charset = if number == 0 { "utf-8''" } else { "" };
        let end = if number + 1 < segments.len() { ";" } else { "" };
        tokens.push(format!("{name}{number_part}*={charset}{segment}{end}"));
    }
    tokens
}

/// The same for old programs that read encoded words there and nothing else.
pub(super) fn old_parameter(name: &str, value: &str) -> Vec<String> {
    if is_printable(value) && !value.contains("=?") {
        return parameter(name, value);
    }
    let mut tokens = encoded_words(value);
    if let Some(first) = tokens.first_mut() {
        *first = format!("{name}=\"{first}");
    }
    if let Some(last) = tokens.last_mut() {
        last.push('"');
    }
    tokens
}
