//! Whole lines written anew, in the one spelling that imap-proto reads without fail.

use super::GuardError;
use super::filter::SEARCH_PART;
use super::token::{is_atom, number};

/// `{n}` or `~{n}` at the end announces a literal of n bytes.
pub(super) fn split_literal(text: &[u8]) -> Result<(&[u8], Option<u64>), GuardError> {
    let Some(inner) = text.strip_suffix(b"}") else { return Ok((text, None)) };
    let Some(brace) = inner.iter().rposition(|&b| b == b'{') else { return Ok((text, None)) };
    let digits = &inner[brace + 1..];
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok((text, None));
    }
    let before = inner[..brace].strip_suffix(b"~").unwrap_or(&inner[..brace]);
    if before.last().is_some_and(|&b| b != b' ' && b != b'(') {
        return Ok((text, None));
    }
    number(digits, u64::MAX >> 1)
        .map_or(Err(GuardError::LiteralTooLarge(u64::MAX)), |size| Ok((before, Some(size))))
}

/// The status word that a line begins with.
pub(super) fn status_line(rest: &[u8]) -> Option<&'static str> {
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].into_iter().find(|word| {
        rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            && matches!(rest.get(word.len()), None | Some(b' '))
    })
}

pub(super) fn put_tagged(line: &[u8], out: &mut Vec<u8>) -> bool {
    let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    let (tag, rest) = line.split_at(end);
    let ours = tag.len() > 1 && tag[0] == b'H' && tag[1..].iter().all(u8::is_ascii_digit);
    match status_line(rest.get(1..).unwrap_or_default()) {
        Some(word @ ("OK" | "NO" | "BAD")) if ours => {
            out.extend_from_slice(tag);
            out.push(b' ');
            put_status(word, &rest[1 + word.len()..], out);
            true
        }
        _ => false,
    }
}

pub(super) fn put_status(word: &str, text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(word.as_bytes());
    out.push(b' ');
    put_text(text.strip_prefix(b" ").unwrap_or(text), out);
    out.extend_from_slice(b"\r\n");
}

/// The text of a status or continuation. imap-proto panics when the byte after a response code's `]` is not
/// ASCII, and takes `{n}` in a code for a literal.
pub(super) fn put_text(text: &[u8], out: &mut Vec<u8>) {
    let code = text.first() == Some(&b'[');
    for (at, &byte) in text.iter().enumerate() {
        if code && byte >= 0x80 && at > 0 && text[at - 1] == b']' {
            out.push(b' ');
        }
        out.push(match byte {
            0..=31 | 127 => b' ',
            b'{' if code => b'(',
            other => other,
        });
    }
}

/// The numbers of a SEARCH answer; `(MODSEQ n)` at its end is left out (RFC 7162, section 3.1.5).
pub(super) fn put_search(text: &[u8], out: &mut Vec<u8>) -> bool {
    let end = text.iter().position(|&b| b == b'(').unwrap_or(text.len());
    let mut words = text[..end].split(|&b| b == b' ').peekable();
    while words.peek().is_some() {
        out.extend_from_slice(b"* SEARCH");
        let mut length = 0;
        for word in words.by_ref() {
            if number(word, u64::from(u32::MAX)).is_some() {
                out.push(b' ');
                out.extend_from_slice(word);
                length += word.len() + 1;
                // async-imap parses a line anew whenever more of it has come: long lines would cost squares.
                if length > SEARCH_PART / 4 {
                    break;
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    true
}

/// imap-proto asks for `IMAP4rev1` in every list, and takes a longer name that begins so for it.
pub(super) fn put_capabilities(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"* CAPABILITY IMAP4rev1");
    for word in text.split(|&b| b == b' ').filter(|word| is_atom(word)) {
        if !word.to_ascii_uppercase().starts_with(b"IMAP4REV1") {
            out.push(b' ');
            out.extend_from_slice(word);
        }
    }
    out.extend_from_slice(b"\r\n");
}

pub(super) fn put_vanished(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.trim_ascii();
    let earlier = text.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"(EARLIER)"));
    let set = if earlier { text[9..].trim_ascii() } else { text };
    let most = u64::from(u32::MAX);
    let range = |part: &[u8]| part.splitn(2, |&b| b == b':').all(|end| number(end, most).is_some());
    if !set.split(|&b| b == b',').all(range) {
        return false;
    }
    out.extend_from_slice(if earlier { b"* VANISHED (EARLIER) " } else { b"* VANISHED " });
    out.extend_from_slice(set);
    out.extend_from_slice(b"\r\n");
    true
}
