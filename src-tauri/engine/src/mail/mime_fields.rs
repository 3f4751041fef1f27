//! The fields that say what a body part is (RFC 2045, 2183, 2231).

use super::codec::{TransferEncoding, decode_charset, hex};
use super::header::Header;
use super::words;
use std::collections::BTreeMap;

/// A longer field is read up to here.
const MAX_FIELD: usize = 64 * 1024;
/// More parameters than this are not looked at.
const MAX_PARAMETERS: usize = 300;

/// A value and its parameters, as in Content-Type and Content-Disposition.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameterised {
    /// Lower case, without white space.
    pub value: String,
    /// Names in lower case; values decoded.
    parameters: BTreeMap<String, String>,
}

impl Parameterised {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Reads `value; name=value; name*0*=…`.
    pub fn read(raw: &[u8]) -> Self {
        let raw = raw.get(..raw.len().min(MAX_FIELD)).unwrap_or(raw);
        let mut pieces = pieces(raw);
        let value: Vec<u8> =
            pieces.next().unwrap_or_default().into_iter().filter(u8::is_ascii_graphic).collect();
        let mut plain = BTreeMap::new();
        // RFC 2231: the segments of each name, and whether each is percent-encoded.
        let mut segments: BTreeMap<String, BTreeMap<u32, (bool, Vec<u8>)>> = BTreeMap::new();
        for piece in pieces.take(MAX_PARAMETERS) {
            let Some(equals) = piece.iter().position(|&b| b == b'=') else { continue };
            let name: Vec<u8> =
                piece.iter().take(equals).copied().filter(|b| *b > b' ' && *b != b'"').collect();
            let name = String::from_utf8_lossy(&name).to_ascii_lowercase();
            let value = unquoted(piece.get(equals + 1..).unwrap_or_default());
            match name.split_once('*') {
                None => {
                    plain.entry(name).or_insert_with(|| words::decode(&value));
                }
                Some((base, rest)) => {
                    let encoded = rest.is_empty() || rest.ends_with('*');
                    let number = rest.trim_end_matches('*').parse().unwrap_or(0);
                    segments.entry(base.to_owned()).or_default().entry(number).or_insert((encoded, value));
                }
            }
        }
        for (name, parts) in segments {
            plain.insert(name, joined(parts));
        }
        Self { value: String::from_utf8_lossy(&value).to_ascii_lowercase(), parameters: plain }
    }
}

/// Cuts at semicolons outside quotes, and drops comments outside quotes.
fn pieces(raw: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut bytes = raw.iter().copied().peekable();
    std::iter::from_fn(move || {
        bytes.peek()?;
        let mut piece = Vec::new();
        let (mut quoted, mut depth) = (false, 0u32);
        while let Some(b) = bytes.next() {
            match b {
                b'\\' if quoted => {
                    piece.push(b);
                    piece.extend(bytes.next());
                    continue;
                }
                b'"' if depth == 0 => quoted = !quoted,
                b'(' if !quoted => depth += 1,
                b')' if !quoted && depth > 0 => {
                    depth -= 1;
                    continue;
                }
                b';' if !quoted && depth == 0 => return Some(piece),
                b'\r' | b'\n' | 0 => continue,
                _ => {}
            }
            if depth == 0 {
                piece.push(b);
            }
        }
        Some(piece)
    })
}

/// A parameter's value without its quotes. A backslash before a letter is kept: Windows paths come unescaped.
fn unquoted(raw: &[u8]) -> Vec<u8> {
    let raw = raw.trim_ascii();
    let Some(inner) = raw.strip_prefix(b"\"") else { return raw.to_vec() };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        match b {
            b'"' => break,
            b'\\' if matches!(bytes.peek(), Some(b'"' | b'\\')) => out.extend(bytes.next()),
            _ => out.push(b),
        }
    }
    out
}

/// The segments of one RFC 2231 parameter: percent escapes undone, then decoded by the charset of the first.
fn joined(parts: BTreeMap<u32, (bool, Vec<u8>)>) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (index, (encoded, value)) in parts.into_values().enumerate() {
        if !encoded {
            bytes.extend(value);
            continue;
        }
        let mut text = value.as_slice();
        if index == 0 {
            let mut cut = value.splitn(3, |&b| b == b'\'');
            if let (Some(name), Some(_), Some(rest)) = (cut.next(), cut.next(), cut.next()) {
                charset = Some(String::from_utf8_lossy(name).into_owned());
                text = rest;
            }
        }
        percent_decoded(text, &mut bytes);
    }
    words::for_people(&decode_charset(&bytes, charset.as_deref()).text)
}

fn percent_decoded(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        let pair = (text.get(at + 1).and_then(|&d| hex(d)), text.get(at + 2).and_then(|&d| hex(d)));
        if let (b'%', (Some(high), Some(low))) = (b, pair) {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(b);
            at += 1;
        }
    }
}

/// What one body part says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct PartFields {
    /// Media type in lower case, `type/subtype`; the container's default where none can be read.
    pub media_type: String,
    /// Content-Type with its parameters.
    pub content_type: Parameterised,
    /// `inline`, `attachment`, or empty.
    pub disposition: String,
    /// The file name, decoded, not yet made safe.
    pub file_name: Option<String>,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// Content-Description, decoded.
    pub description: Option<String>,
    /// How the body is encoded.
    pub encoding: TransferEncoding,
}

impl PartFields {
    /// Reads a part's header; `default` is the media type where none is given.
    pub fn read(header: &Header<'_>, default: &str) -> Self {
        let content_type = header.first("Content-Type").map(Parameterised::read).unwrap_or_default();
        let disposition = header.first("Content-Disposition").map(Parameterised::read).unwrap_or_default();
        let media_type = match content_type.value.split_once('/') {
            Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() => content_type.value.clone(),
            // RFC 2045, 5.2; "Content-Type: text" is what an old Solaris wrote.
            _ => default.to_owned(),
        };
        let file_name = disposition
            .parameter("filename")
            .or_else(|| content_type.parameter("name"))
            .map(str::to_owned)
            .filter(|name| !name.is_empty());
        Self {
            media_type,
            file_name,
            content_id: header.first("Content-ID").and_then(super::message_ids::message_id),
            description: header.first("Content-Description").map(words::decode).filter(|d| !d.is_empty()),
            encoding: header
                .first("Content-Transfer-Encoding")
                .map(TransferEncoding::read)
                .unwrap_or_default(),
            disposition: disposition.value,
            content_type,
        }
    }

    /// The charset, where one is named.
    pub fn charset(&self) -> Option<&str> {
        self.content_type.parameter("charset")
    }

    /// Its sender wants it saved, not shown in the text.
    pub fn is_attached(&self) -> bool {
        self.disposition == "attachment"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_every_dress() {
        for (raw, name, value) in [
            ("text/plain; charset=utf-8", "charset", "utf-8"),
            ("text/plain; charset=\"utf-8\" (comment; x)", "charset", "utf-8"),
            ("Text/Plain ;\r\n CHARSET = utf-8", "charset", "utf-8"),
            ("a/b; name=\"a; b.pdf\"", "name", "a; b.pdf"),
            ("a/b; name=two words.pdf", "name", "two words.pdf"),
            ("a/b; name=\"quoted \\\"x\\\".pdf\"", "name", "quoted \"x\".pdf"),
            ("a/b; name=\"C:\\Users\\a.pdf\"", "name", "C:\\Users\\a.pdf"),
            ("a/b; name=\"=?utf-8?q?Gr=C3=BC=C3=9Fe?=.pdf\"", "name", "Grüße.pdf"),
            ("a/b; name*=utf-8''Gr%C3%BC%C3%9Fe.pdf", "name", "Grüße.pdf"),
            ("a/b; name*0*=iso-8859-1'de'Gr%FC; name*1=\"sse.pdf\"", "name", "Grüsse.pdf"),
            ("a/b; name*1=b; name*0=a; name*10=d; name*2=c", "name", "abcd"),
            ("a/b; name=old; name*=utf-8''new", "name", "new"),
            ("a/b; name=\"Gr\u{fc}n.pdf\"", "name", "Grün.pdf"),
            ("a/b; name=\"never closed", "name", "never closed"),
        ] {
            let read = Parameterised::read(raw.as_bytes());
            assert_eq!(read.parameter(name), Some(value), "{raw:?}");
        }
        assert_eq!(Parameterised::read(b" Text / HTML (x)").value, "text/html");
    }
}
