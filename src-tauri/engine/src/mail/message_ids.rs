//! Message ids (RFC 5322, 3.6.4) as programs write them. An id is kept without its brackets.

use std::collections::HashSet;

/// A longer id is no id: nothing is gained by keeping it, and it could not be told from another by a prefix.
const MAX_ID: usize = 998;

/// How many references are kept: the oldest tell the thread's root, the newest its end.
const FIRST_KEPT: usize = 20;
const LAST_KEPT: usize = 80;

/// The id of a Message-ID field. One without brackets counts when it is a single word.
pub(super) fn message_id(raw: &[u8]) -> Option<String> {
    bracketed(raw).into_iter().next().or_else(|| lone_word(raw))
}

/// The ids of a References field. Without brackets, every word with an `@` is taken.
pub(super) fn references(raw: &[u8]) -> Vec<String> {
    let mut ids = bracketed(raw);
    if ids.is_empty() {
        ids = raw
            .split(|b| b.is_ascii_whitespace() || *b == b',' || *b == 0)
            .filter(|word| word.contains(&b'@'))
            .filter_map(clean)
            .collect();
    }
    capped(ids)
}

/// The ids of an In-Reply-To field. Old programs write whole sentences there ("Your message of Tuesday"), with
/// a person's address in them, so without brackets only a single word counts.
pub(super) fn in_reply_to(raw: &[u8]) -> Vec<String> {
    let ids = bracketed(raw);
    if ids.is_empty() {
        return lone_word(raw).filter(|word| word.contains('@')).into_iter().collect();
    }
    capped(ids)
}

/// Everything between angle brackets, outside comments and quoted strings.
fn bracketed(raw: &[u8]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut at = 0;
    let mut depth = 0u32;
    let mut quoted = false;
    while let Some(&b) = raw.get(at) {
        match b {
            b'\\' if depth > 0 || quoted => at += 1,
            b'"' if depth == 0 => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'<' if depth == 0 => {
                let rest = raw.get(at + 1..).unwrap_or_default();
                let length = rest.iter().position(|&c| matches!(c, b'<' | b'>')).unwrap_or(rest.len());
                if rest.get(length) == Some(&b'>') {
                    ids.extend(rest.get(..length).and_then(clean));
                    at += 1;
                }
                at += length;
            }
            _ => {}
        }
        at += 1;
    }
    if ids.is_empty() && (quoted || depth > 0) {
        // A stray quote or bracket must not hide what follows it.
        return raw
            .split(|&b| b == b'<')
            .skip(1)
            .filter_map(|part| part.iter().position(|&b| b == b'>').and_then(|end| part.get(..end)))
            .filter_map(clean)
            .collect();
    }
    ids
}

/// The value when it is one word without brackets.
fn lone_word(raw: &[u8]) -> Option<String> {
    let mut words = raw.split(|b| b.is_ascii_whitespace() || *b == 0).filter(|w| !w.is_empty());
    let word = words.next()?;
    if words.next().is_some() {
        return None;
    }
    let word = word.strip_prefix(b"<").unwrap_or(word);
    clean(word.strip_suffix(b">").unwrap_or(word))
}

/// White space of folds and control bytes out; nothing when it is empty or too long.
fn clean(id: &[u8]) -> Option<String> {
    let bytes: Vec<u8> = id.iter().copied().filter(|b| *b > b' ' && *b != 127).collect();
    if bytes.is_empty() || bytes.len() > MAX_ID {
        return None;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Each once, in order, and of very many the first and the last.
pub(super) fn capped(ids: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut ids: Vec<String> = ids.into_iter().filter(|id| seen.insert(id.clone())).collect();
    if ids.len() > FIRST_KEPT + LAST_KEPT {
        ids.drain(FIRST_KEPT..ids.len() - LAST_KEPT);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_however_it_is_written() {
        for (raw, id) in [
            (" <a.b@x.example>", Some("a.b@x.example")),
            ("<a.b@\r\n x.example>", Some("a.b@x.example")),
            (" <a@x> (added by <b@y>)", Some("a@x")),
            ("a@x.example", Some("a@x.example")),
            ("<no-at-sign>", Some("no-at-sign")),
            ("<\"quoted id\"@x>", Some("\"quotedid\"@x")),
            ("<half@x", Some("half@x")),
            ("two words", None),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(message_id(raw.as_bytes()).as_deref(), id, "{raw:?}");
        }
        assert_eq!(message_id(format!("<{}@x>", "a".repeat(2000)).as_bytes()), None);
    }

    #[test]
    fn references_pass_over_junk() {
        let list = |raw: &str| references(raw.as_bytes());
        assert_eq!(list("<a@x> <b@x>\r\n\t<c@x>"), ["a@x", "b@x", "c@x"]);
        assert_eq!(list("<a@x><b@x>, junk <c@x> <a@x>"), ["a@x", "b@x", "c@x"]);
        assert_eq!(list("a@x b@x"), ["a@x", "b@x"]);
        assert_eq!(list("\" stray <a@x>"), ["a@x"]);
        assert_eq!(list("<a@x <b@x>"), ["b@x"]);
    }

    #[test]
    fn a_sentence_in_in_reply_to_is_no_id() {
        let list = |raw: &str| in_reply_to(raw.as_bytes());
        assert_eq!(list("Your message of Tuesday, anna@studio.example"), [""; 0]);
        assert_eq!(list("Your message of \"Tue <x@y>\" <a@x>"), ["a@x"]);
        assert_eq!(list("a@x"), ["a@x"]);
    }

    #[test]
    fn of_many_references_the_first_and_the_last_are_kept() {
        let raw = (0..5000).map(|n| format!("<{n}@x>")).collect::<Vec<_>>().join(" ");
        let ids = references(raw.as_bytes());
        assert_eq!(ids.len(), 100);
        assert_eq!(ids.first().map(String::as_str), Some("0@x"));
        assert_eq!(ids.get(19).map(String::as_str), Some("19@x"));
        assert_eq!(ids.last().map(String::as_str), Some("4999@x"));
    }
}
