//! Transfer encodings and charsets (RFC 2045, 6), lenient: whatever can be read is read.

use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// How a body part was made to pass through mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum TransferEncoding {
    /// 7bit, 8bit, binary, and anything unknown.
    #[default]
    Identity,
    /// RFC 2045, 6.8.
    Base64,
    /// RFC 2045, 6.7.
    QuotedPrintable,
}

impl TransferEncoding {
    /// From the field's value, comments and spaces around it allowed.
    pub fn read(value: &[u8]) -> Self {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        let word = text.split(|c: char| c.is_whitespace() || c == ';' || c == '(').find(|w| !w.is_empty());
        match word.map(|w| w.trim_matches('"')) {
            Some("base64") => Self::Base64,
            Some("quoted-printable") => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }

    /// The bytes as they were before encoding.
    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::Base64 => Cow::Owned(base64(body)),
            Self::QuotedPrintable => Cow::Owned(quoted_printable(body)),
        }
    }
}

/// Base64, passing over every byte that is not of its alphabet. Padding ends a group, so blocks that were
/// glued together decode one after the other.
pub(super) fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u8);
    for &b in body {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    out
}

/// Quoted-printable. A `=` that begins no escape stands for itself.
pub(super) fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(&b) = body.get(at) {
        if b != b'=' {
            out.push(b);
            at += 1;
            continue;
        }
        let rest = body.get(at + 1..).unwrap_or_default();
        if let [high, low, ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            at += 3;
        } else if let Some(end) = soft_break(rest) {
            at += 1 + end;
        } else {
            out.push(b'=');
            at += 1;
        }
    }
    out
}

/// The length of a soft line break after `=`: spaces that a relay may have added, then a line end or the end.
fn soft_break(rest: &[u8]) -> Option<usize> {
    // More than a line's worth of spaces is no soft break; the bound keeps hostile input linear.
    let spaces = rest.iter().take(80).take_while(|b| matches!(b, b' ' | b'\t')).count();
    match rest.get(spaces..)? {
        [] => Some(spaces),
        [b'\r', b'\n', ..] => Some(spaces + 2),
        [b'\n' | b'\r', ..] => Some(spaces + 1),
        _ => None,
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Text of a charset. `known` is false when the charset has no decoder here; the text is then a guess.
pub(super) struct Text {
    /// The decoded text.
    pub text: String,
    /// The charset was known.
    pub known: bool,
}

/// Decodes by a charset's name. Without a name, and for US-ASCII, which is a promise often broken: UTF-8,
/// ISO-2022-JP where its escapes stand, else windows-1252.
pub(super) fn decode_charset(bytes: &[u8], label: Option<&str>) -> Text {
    let label = label.unwrap_or_default().trim().to_ascii_lowercase();
    let known = |text: String| Text { text, known: true };
    match label.as_str() {
        "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "x-unknown" | "8bit" => {
            known(guess(bytes))
        }
        "utf-8" | "utf8" | "unicode-1-1-utf-8" => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            known(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => {
            let decoder = match label.as_str() {
                "cp932" | "x-sjis" | "shift-jis" | "x-ms-cp932" => charset_decoder(b"shift_jis"),
                "cp949" | "uhc" => charset_decoder(b"euc-kr"),
                // The replacement decoder of these answers one U+FFFD for a whole text.
                "iso-2022-kr" | "csiso2022kr" | "hz-gb-2312" | "iso-2022-cn" | "iso-2022-cn-ext"
                | "replacement" => None,
                _ => charset_decoder(label.as_bytes()),
            };
            match decoder {
                Some(decode) => known(decode(bytes)),
                None => Text { text: guess(bytes), known: false },
            }
        }
    }
}

/// 8-bit text without a name: UTF-8, else windows-1252.
pub(super) fn guess(bytes: &[u8]) -> String {
    if bytes.windows(2).any(|pair| pair == b"\x1b$")
        && let Some(decode) = charset_decoder(b"iso-2022-jp")
    {
        return decode(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(_) => charset_decoder(b"windows-1252")
            .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decode| decode(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_through_line_ends_junk_and_glued_blocks() {
        for (encoded, plain) in [
            ("SGFsbG8=", "Hallo"),
            ("SGFs\r\nbG8=\r\n", "Hallo"),
            ("SG FsbG8", "Hallo"),
            ("SGFsbG8=SGFsbG8=", "HalloHallo"),
            ("!!!", ""),
            ("S", ""),
        ] {
            assert_eq!(base64(encoded.as_bytes()), plain.as_bytes(), "{encoded:?}");
        }
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        for (encoded, plain) in [
            ("gr=C3=BC=c3=9fe", "gr\u{fc}\u{df}e"),
            ("one=\r\ntwo=  \nthree=", "onetwothree"),
            ("1+1=2 =zz =", "1+1=2 =zz "),
            ("a=3", "a=3"),
        ] {
            assert_eq!(quoted_printable(encoded.as_bytes()), plain.as_bytes(), "{encoded:?}");
        }
    }

    #[test]
    fn charsets_of_real_mail() {
        for (label, bytes, text) in [
            ("iso-8859-1", &b"Gr\xfc\xdfe"[..], "Grüße"),
            ("ISO-8859-15", b"5 \xa4", "5 €"),
            ("iso-8859-2", b"\xb3\xf3d\xbc", "łódź"),
            ("windows-1250", b"P\xf8\xed\x9ali\x9a", "Příšliš"),
            ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
            ("windows-1252", b"\x93hi\x94 \x80", "“hi” €"),
            ("windows-1254", b"\xddstanbul", "İstanbul"),
            ("windows-1256", b"\xe3\xd1\xcd\xc8\xc7", "مرحبا"),
            ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
            ("iso-2022-jp", b"\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"),
            ("shift_jis", b"\x82\xb1\x82\xf1", "こん"),
            ("cp932", b"\x82\xb1\x82\xf1", "こん"),
            ("euc-jp", b"\xa4\xb3\xa4\xf3", "こん"),
            ("gb18030", b"\xc4\xe3\xba\xc3", "你好"),
            ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("euc-kr", b"\xbe\xc8\xb3\xe7", "안녕"),
            ("ks_c_5601-1987", b"\xbe\xc8\xb3\xe7", "안녕"),
            ("utf-7", b"Hi +Jjo-!", "Hi ☺!"),
            ("utf-16le", b"h\0i\0", "hi"),
            ("us-ascii", "Grüße".as_bytes(), "Grüße"),
            ("us-ascii", b"Gr\xfc\xdfe", "Grüße"),
            ("", b"\x1b$B$3$s\x1b(B", "こん"),
        ] {
            let read = decode_charset(bytes, Some(label));
            assert_eq!((read.text.as_str(), read.known), (text, true), "{label}");
        }
        assert!(!decode_charset(b"x", Some("x-klingon")).known);
        assert!(!decode_charset(b"x", Some("iso-2022-kr")).known);
    }
}
