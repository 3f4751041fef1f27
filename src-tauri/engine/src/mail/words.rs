//! Header text for people: folds, encoded words (RFC 2047), 8-bit bytes, and characters that deceive.

use super::codec::{base64, decode_charset, guess, hex};

/// Decodes the text of an unstructured field or a phrase: unfolded, encoded words read, white space folded
/// to single spaces, control characters and bidirectional overrides dropped.
pub(super) fn decode(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut plain_from = 0;
    let mut at = 0;
    // An encoded word that is not written yet: a character may be cut in two between it and the next one.
    let mut held: Option<(String, Vec<u8>)> = None;
    while let Some(found) = find(raw, at, b"=?") {
        let Some(word) = encoded_word(raw, found) else {
            at = found + 2;
            continue;
        };
        let between = raw.get(plain_from..found).unwrap_or_default();
        match &mut held {
            // White space between two encoded words is not shown (RFC 2047, 6.2).
            Some((charset, bytes)) if between.iter().all(u8::is_ascii_whitespace) => {
                if charset.eq_ignore_ascii_case(&word.charset) {
                    bytes.extend_from_slice(&word.bytes);
                } else {
                    out.push_str(&decode_charset(bytes, Some(charset)).text);
                    held = Some((word.charset, word.bytes));
                }
            }
            _ => {
                flush(&mut held, &mut out);
                out.push_str(&guess(between));
                held = Some((word.charset, word.bytes));
            }
        }
        at = word.end;
        plain_from = word.end;
    }
    flush(&mut held, &mut out);
    out.push_str(&guess(raw.get(plain_from..).unwrap_or_default()));
    for_people(&out)
}

fn flush(held: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = held.take() {
        out.push_str(&decode_charset(&bytes, Some(&charset)).text);
    }
}

/// White space folded, and nothing in it that hides or reorders letters.
pub(super) fn for_people(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        out.extend(word.chars().filter(|&c| !deceives(c)));
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// Characters without a shape that change how others read: bidirectional controls, and a few invisible ones.
pub(super) fn deceives(c: char) -> bool {
    matches!(c,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// One encoded word as bytes of its charset.
struct EncodedWord {
    charset: String,
    bytes: Vec<u8>,
    /// Where it ended in the raw text.
    end: usize,
}

/// The length of the encoded word that begins at `at`, if one does.
pub(super) fn encoded_word_end(raw: &[u8], at: usize) -> Option<usize> {
    parts(raw, at).map(|(.., end)| end)
}

/// `=?charset?encoding?text?=`. Spaces inside the text are a common fault and are let through.
fn encoded_word(raw: &[u8], at: usize) -> Option<EncodedWord> {
    let (charset, encoding, text, end) = parts(raw, at)?;
    let bytes = if encoding == b'b' { base64(text) } else { q_text(text) };
    // RFC 2231 lets a language follow the charset.
    let charset = charset.split(|&b| b == b'*').next().unwrap_or_default();
    Some(EncodedWord { charset: String::from_utf8_lossy(charset).into_owned(), bytes, end })
}

/// Charset, encoding (`b` or `q`), text, and the end. Each scan stops at the next question mark, so that a
/// row of openings costs no more than its length.
fn parts(raw: &[u8], at: usize) -> Option<(&[u8], u8, &[u8], usize)> {
    if raw.get(at..at + 2)? != b"=?" {
        return None;
    }
    let charset_end = find(raw, at + 2, b"?")?;
    let charset = raw.get(at + 2..charset_end)?;
    if charset.is_empty() || charset.len() > 60 || !charset.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let encoding = raw.get(charset_end + 1)?.to_ascii_lowercase();
    if !matches!(encoding, b'b' | b'q') || raw.get(charset_end + 2) != Some(&b'?') {
        return None;
    }
    let text_from = charset_end + 3;
    let text_end = find(raw, text_from, b"?")?;
    if raw.get(text_end + 1) != Some(&b'=') {
        return None;
    }
    Some((charset, encoding, raw.get(text_from..text_end)?, text_end + 2))
}

/// The Q encoding (RFC 2047, 4.2).
fn q_text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        at += 1;
        match b {
            b'_' => out.push(b' '),
            b'=' => match (text.get(at).and_then(|&d| hex(d)), text.get(at + 1).and_then(|&d| hex(d))) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    at += 2;
                }
                _ => out.push(b),
            },
            b'\r' | b'\n' => {}
            _ => out.push(b),
        }
    }
    out
}

/// The first place at or after `from` where `needle` (one or two bytes) stands.
fn find(raw: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let rest = raw.get(from..)?;
    rest.windows(needle.len()).position(|w| w == needle).map(|i| from + i)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_are_read_for_people() {
        for (raw, text) in [
            (&b" plain  text\r\n folded "[..], "plain text folded"),
            (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            (b"=?UTF-8?B?R3LDvMOfZQ==?= aus =?iso-8859-1?q?K=F6ln?=", "Grüße aus Köln"),
            (b"=?utf-8?q?one?=\r\n =?utf-8?q?_two?=", "one two"),
            (b"=?utf-8?q?a?= =?iso-8859-1?q?b?=", "ab"),
            // A character cut in two between the words.
            (b"K=?utf-8?B?ww==?= =?utf-8?B?tg==?=ln", "Köln"),
            (b"=?utf-8?q?K=C3?= =?utf-8?q?=B6ln?=", "Köln"),
            (b"=?utf-8*de?q?K=C3=B6ln?=", "Köln"),
            (b"pre=?utf-8?q?_x?=post", "pre xpost"),
            (b"=?utf-8?q?two words?=", "two words"),
            (b"=?utf-8?x?no?= =?broken", "=?utf-8?x?no?= =?broken"),
            (b"=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "こん"),
            (b"=?gb2312?B?xOO6ww==?=", "你好"),
            (b"K\xf6ln \x80", "Köln €"),
            ("Köln".as_bytes(), "Köln"),
            (b"a\0b\x07c", "a b c"),
            ("evil\u{202e}gpj.exe".as_bytes(), "evilgpj.exe"),
        ] {
            assert_eq!(decode(raw), text, "{:?}", String::from_utf8_lossy(raw));
        }
    }

    #[test]
    fn a_row_of_openings_costs_its_length() {
        let hostile = b"=?a?q?".repeat(200_000);
        let started = std::time::Instant::now();
        let _ = decode(&hostile);
        assert!(started.elapsed().as_secs() < 5);
    }
}
