//! A header block cut into fields (RFC 5322, 2.2), tolerant of what real mail does to it.

/// One header field. The value keeps its folds, comments and encoded words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// The name as it was written; compare without case.
    pub name: &'a [u8],
    /// Everything after the colon up to the end of the last folded line.
    pub value: &'a [u8],
}

/// The fields of one header block in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Header<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Header<'a> {
    /// Reads a header from the start of `raw`; the second value is where the body begins.
    ///
    /// Lines may end in CRLF or LF. A line that is neither a field nor a fold (an mbox `From ` line, a
    /// stray word) is passed over; the block ends at the first empty line or at the end of the bytes.
    pub fn read(raw: &'a [u8]) -> (Self, usize) {
        Self::read_until(raw, |_| false)
    }

    /// The same, ending also before a line for which `stop` holds: in a MIME part without a body, the next
    /// boundary line ends the header.
    pub fn read_until(raw: &'a [u8], stop: impl Fn(&[u8]) -> bool) -> (Self, usize) {
        let mut fields: Vec<Field<'a>> = Vec::new();
        // Some programs begin a file with a byte order mark.
        let mut at = if raw.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        // Where the value of the field being read began; `None` after a line that was passed over.
        let mut open: Option<usize> = None;
        while at < raw.len() {
            let (line, next) = line_at(raw, at);
            if line.is_empty() {
                return (Self { fields }, next);
            }
            if stop(line) {
                break;
            }
            if matches!(line.first(), Some(b' ' | b'\t')) {
                if let (Some(start), Some(field)) = (open, fields.last_mut()) {
                    field.value = raw.get(start..at + line.len()).unwrap_or_default();
                }
            } else if let Some(colon) = field_name_end(line) {
                let name = trim_end(line.get(..colon).unwrap_or_default());
                let value = line.get(colon + 1..).unwrap_or_default();
                fields.push(Field { name, value });
                open = Some(at + colon + 1);
            } else {
                open = None;
            }
            at = next;
        }
        (Self { fields }, at)
    }

    /// No field at all was found.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first field of this name.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Every field of this name, in order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }
}

/// The line that begins at `at`, without its line end, and where the next one begins.
pub(super) fn line_at(raw: &[u8], at: usize) -> (&[u8], usize) {
    let rest = raw.get(at..).unwrap_or_default();
    let (line, next) = match rest.iter().position(|&b| b == b'\n') {
        Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
        None => (rest, raw.len()),
    };
    let mut line = line;
    while let [head @ .., b'\r'] = line {
        line = head;
    }
    (line, next)
}

/// The place of the colon when the line begins like a field: printable ASCII, then perhaps spaces (RFC 5322,
/// 4.5 allows them), then a colon.
fn field_name_end(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&b| b == b':')?;
    let name = trim_end(line.get(..colon)?);
    let good = !name.is_empty() && name.iter().all(|b| (33..=126).contains(b));
    good.then_some(colon)
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [head @ .., b' ' | b'\t'] = bytes {
        bytes = head;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(raw: &str) -> Vec<(String, String)> {
        let (header, _) = Header::read(raw.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        header.fields.iter().map(|f| (text(f.name), text(f.value))).collect()
    }

    #[test]
    fn fields_keep_their_folds_and_strays_are_passed_over() {
        let raw = "From anna Mon Mar 1\r\nSubject : one\r\n two\r\nno field here\r\n lost\r\nTo: x\n\tfolded\n\nBody: no";
        assert_eq!(
            fields(raw),
            [("Subject".into(), " one\r\n two".into()), ("To".into(), " x\n\tfolded".into())]
        );
        let (_, body) = Header::read(raw.as_bytes());
        assert_eq!(&raw[body..], "Body: no");
    }

    #[test]
    fn a_text_without_header_has_no_fields() {
        let (header, _) = Header::read(b"Hello there\n\nno header");
        assert!(header.is_empty());
        assert!(Header::read(b"\xef\xbb\xbfTo: x").0.first("to").is_some());
        assert!(Header::read(b"").0.is_empty());
        assert!(Header::read(b"\r\nbody").0.is_empty());
    }
}
