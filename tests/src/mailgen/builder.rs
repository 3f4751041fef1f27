//! Builds one message, headers in the order given, bodies in the charset and transfer encoding asked for.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;
use jiff::{Timestamp, tz::Offset};

/// A charset for texts and encoded words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// Western European.
    Latin1,
    /// Central European, ISO-8859-2.
    Latin2,
    /// Western European of Windows.
    Windows1252,
    /// Russian, KOI8-R.
    Koi8R,
    /// Japanese, ISO-2022-JP: seven bits with escape sequences.
    Iso2022Jp,
    /// Arabic of Windows.
    Windows1256,
}

impl Charset {
    /// Its MIME name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Latin2 => "iso-8859-2",
            Self::Windows1252 => "windows-1252",
            Self::Koi8R => "koi8-r",
            Self::Iso2022Jp => "iso-2022-jp",
            Self::Windows1256 => "windows-1256",
        }
    }

    /// The bytes of `text`; what the charset has not becomes a character reference.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(self.name().as_bytes()).unwrap_or(encoding_rs::UTF_8);
        encoding.encode(text).0.into_owned()
    }
}

/// A content transfer encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// 7bit.
    Seven,
    /// 8bit.
    Eight,
    /// Quoted-printable.
    QuotedPrintable,
    /// Base64.
    Base64,
}

#[derive(Clone, Debug)]
struct Part {
    kind: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

/// A message in the making. Nothing is added that was not asked for, but MIME's own fields.
#[derive(Clone, Debug, Default)]
pub struct MessageBuilder {
    headers: Vec<(String, Vec<u8>)>,
    texts: Vec<Part>,
    inline: Vec<Part>,
    attached: Vec<Part>,
}

impl MessageBuilder {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// A header field, its value verbatim: may hold folds and any byte.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// A header field of free text, in encoded words where needed (RFC 2047).
    #[must_use]
    pub fn text_header(self, name: &str, value: &str, charset: Charset) -> Self {
        let value = encoded_words(value, charset);
        self.header(name, value)
    }

    /// From, To or the like: a display name, in encoded words or quotes where needed, and an address.
    #[must_use]
    pub fn person(self, field: &str, name: &str, address: &str, charset: Charset) -> Self {
        let value = mailbox(name, address, charset);
        self.header(field, value)
    }

    /// The Date field, in the sender's own time zone.
    #[must_use]
    pub fn date(self, at: Timestamp, hours_east: i8) -> Self {
        self.header("Date", rfc_date(at, hours_east))
    }

    /// A plain text; lines of `text` end in LF.
    #[must_use]
    pub fn text(self, text: &str, charset: Charset, transfer: Transfer) -> Self {
        self.alternative("text/plain", text, charset, transfer)
    }

    /// An HTML text, an alternative to the plain one if there is one.
    #[must_use]
    pub fn html(self, html: &str, charset: Charset, transfer: Transfer) -> Self {
        self.alternative("text/html", html, charset, transfer)
    }

    /// Any text as one more alternative, for example `text/calendar; method=REQUEST`.
    #[must_use]
    pub fn alternative(mut self, kind: &str, text: &str, charset: Charset, transfer: Transfer) -> Self {
        let bytes = charset.encode(&text.replace('\n', "\r\n"));
        self.texts.push(part(format!("{kind}; charset={}", charset.name()), Vec::new(), &bytes, transfer));
        self
    }

    /// An attachment; its name in RFC 2231's form when it is not ASCII.
    #[must_use]
    pub fn attach(mut self, name: &str, kind: &str, bytes: &[u8]) -> Self {
        let disposition = format!("Content-Disposition: attachment; {}", parameter("filename", name));
        self.attached.push(part(kind.to_owned(), vec![disposition], bytes, Transfer::Base64));
        self
    }

    /// An image that the HTML shows as `cid:id`.
    #[must_use]
    pub fn inline(mut self, id: &str, name: &str, kind: &str, bytes: &[u8]) -> Self {
        let headers = vec![
            format!("Content-ID: <{id}>"),
            format!("Content-Disposition: inline; {}", parameter("filename", name)),
        ];
        self.inline.push(part(kind.to_owned(), headers, bytes, Transfer::Base64));
        self
    }

    /// The message's bytes, lines ending in CRLF.
    pub fn build(self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.headers {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        let texts = group("alternative", "alt", self.texts);
        let related = group("related", "rel", texts.into_iter().chain(self.inline).collect());
        let Some(whole) = group("mixed", "mix", related.into_iter().chain(self.attached).collect()) else {
            out.extend_from_slice(b"\r\n");
            return out;
        };
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
        write_part(&mut out, &whole);
        out
    }
}

fn part(kind: String, mut headers: Vec<String>, bytes: &[u8], transfer: Transfer) -> Part {
    let (name, body) = match transfer {
        Transfer::Seven => ("7bit", bytes.to_vec()),
        Transfer::Eight => ("8bit", bytes.to_vec()),
        Transfer::QuotedPrintable => ("quoted-printable", quoted_printable(bytes)),
        Transfer::Base64 => ("base64", base64_lines(bytes)),
    };
    headers.push(format!("Content-Transfer-Encoding: {name}"));
    Part { kind, headers, body }
}

/// Nothing of none, the part itself of one, a multipart of more.
fn group(subtype: &str, mark: &str, mut parts: Vec<Part>) -> Option<Part> {
    if parts.len() < 2 {
        return parts.pop();
    }
    // No encoding of ours makes a line that begins with `--=_`.
    let boundary = format!("=_{mark}_{}", parts.iter().map(|part| part.body.len()).sum::<usize>());
    let mut body = Vec::new();
    for part in &parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        write_part(&mut body, part);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Some(Part { kind: format!("multipart/{subtype}; boundary=\"{boundary}\""), headers: Vec::new(), body })
}

fn write_part(out: &mut Vec<u8>, part: &Part) {
    out.extend_from_slice(format!("Content-Type: {}\r\n", part.kind).as_bytes());
    for header in &part.headers {
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&part.body);
}

/// A display name and an address as a mailbox (RFC 5322, section 3.4).
pub fn mailbox(name: &str, address: &str, charset: Charset) -> String {
    if name.is_empty() {
        return address.to_owned();
    }
    if !name.is_ascii() {
        return format!("{} <{address}>", encoded_words(name, charset));
    }
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') {
        return format!("{name} <{address}>");
    }
    format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Free text as encoded words of at most 75 characters, folded; ASCII stays as it is.
pub fn encoded_words(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let room = 75 - charset.name().len() - "=?".len() - "?B?".len() - "?=".len();
    let mut words = Vec::new();
    let mut piece = String::new();
    for character in text.chars() {
        let longer = format!("{piece}{character}");
        // A character must not be split between two words.
        if STANDARD.encode(charset.encode(&longer)).len() > room {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(character);
    }
    words.push(piece);
    let coded: Vec<String> = words
        .iter()
        .map(|word| format!("=?{}?B?{}?=", charset.name(), STANDARD.encode(charset.encode(word))))
        .collect();
    coded.join("\r\n ")
}

/// A MIME parameter, by RFC 2231 where it is not ASCII.
fn parameter(name: &str, value: &str) -> String {
    if value.is_ascii() {
        return format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut coded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            let _ = write!(coded, "%{byte:02X}");
        }
    }
    format!("{name}*=utf-8''{coded}")
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let coded = STANDARD.encode(bytes);
    let mut out = Vec::with_capacity(coded.len() + coded.len() / 38 + 2);
    for line in coded.as_bytes().chunks(76) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Quoted-printable of text whose lines end in CRLF (RFC 2045, section 6.7).
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut column = 0;
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        if rest.starts_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
            (column, rest) = (0, &rest[2..]);
            continue;
        }
        let at_end = tail.is_empty() || tail.starts_with(b"\r\n");
        let plain = (byte.is_ascii_graphic() && byte != b'=') || (byte == b' ' && !at_end);
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if plain {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("={byte:02X}").as_bytes());
        }
        column += width;
        rest = tail;
    }
    out
}

/// A date as RFC 5322 writes it.
pub fn rfc_date(at: Timestamp, hours_east: i8) -> String {
    let zone = Offset::from_hours(hours_east).unwrap_or(Offset::UTC).to_time_zone();
    at.to_zoned(zone).strftime("%a, %-d %b %Y %H:%M:%S %z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_message_has_its_parts_in_their_places() {
        let bytes = MessageBuilder::new()
            .person("From", "Anna Müller", "anna@studio.example", Charset::Latin1)
            .text_header("Subject", "Grüße", Charset::Utf8)
            .date(Timestamp::UNIX_EPOCH, 1)
            .text("Hallo\nbis bald = später", Charset::Utf8, Transfer::QuotedPrintable)
            .html("<p>Hallo", Charset::Utf8, Transfer::Base64)
            .attach("Übersicht.pdf", "application/pdf", b"%PDF")
            .build();
        let text = String::from_utf8_lossy(&bytes);
        for expected in [
            "From: =?iso-8859-1?B?QW5uYSBN/GxsZXI=?= <anna@studio.example>\r\n",
            "Date: Thu, 1 Jan 1970 01:00:00 +0100\r\n",
            "Content-Type: multipart/mixed; boundary=",
            "Content-Type: multipart/alternative; boundary=",
            "Hallo\r\nbis bald =3D sp=C3=A4ter\r\n",
            "filename*=utf-8''%C3%9Cbersicht.pdf\r\n",
        ] {
            assert!(text.contains(expected), "{expected} is missing in\n{text}");
        }
    }

    #[test]
    fn long_subjects_are_cut_between_characters() {
        let folded = encoded_words(&"漢字かな".repeat(20), Charset::Iso2022Jp);
        assert!(folded.split("\r\n ").all(|word| word.len() <= 75 && word.ends_with("?=")), "{folded}");
    }
}
