//! Which parts of a mail are its text, and which are files beside it.

use super::codec::{Text, decode_charset};
use super::html::html_to_text;
use super::mime::{Part, Structure};

/// Text for reading is cut here; the original keeps everything.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// One stretch of the text, in one form or in both.
struct Piece {
    plain: Option<String>,
    /// `format=flowed` (RFC 3676): `Some(delsp)`.
    flowed: Option<bool>,
    html: Option<String>,
}

/// The text of a mail and the indices of its files.
#[derive(Default)]
pub(super) struct Reading {
    pieces: Vec<Piece>,
    /// Indices into [`Structure::parts`], in the order of the mail.
    pub files: Vec<usize>,
    /// A charset was not known.
    pub guessed: bool,
}

impl Reading {
    /// Sorts the parts.
    pub fn of(structure: &Structure<'_>) -> Self {
        let mut reading = Self::default();
        reading.part(structure, 0);
        reading
    }

    /// Bounded by the depth that [`Structure`] allows.
    fn part(&mut self, structure: &Structure<'_>, index: usize) {
        let Some(part) = structure.parts.get(index) else { return };
        if !part.multipart {
            self.leaf(part, index);
            return;
        }
        match part.fields.media_type.as_str() {
            "multipart/alternative" => self.alternative(structure, part),
            "multipart/related" => {
                let root = related_root(structure, part);
                self.part(structure, root);
                for &child in part.children.iter().filter(|&&child| child != root) {
                    match structure.parts.get(child) {
                        Some(other) if !other.multipart => self.files.push(child),
                        _ => self.part(structure, child),
                    }
                }
            }
            _ => part.children.iter().for_each(|&child| self.part(structure, child)),
        }
    }

    /// The same text in several forms: the plainest of them to read and search, the richest to show.
    fn alternative(&mut self, structure: &Structure<'_>, part: &Part<'_>) {
        let mut both = Piece { plain: None, flowed: None, html: None };
        for &child in &part.children {
            let mut form = Self::default();
            form.part(structure, child);
            self.guessed |= form.guessed;
            self.files.append(&mut form.files);
            let rich = form.pieces.iter().any(|piece| piece.html.is_some());
            if rich {
                both.html = form.html();
                // Within one form (Apple Mail: HTML, a picture, HTML) the plain pieces are part of the HTML.
            } else if both.plain.is_none() && !form.pieces.is_empty() {
                both.flowed = form.pieces.first().and_then(|piece| piece.flowed);
                let plain: Vec<String> = form.pieces.into_iter().filter_map(|piece| piece.plain).collect();
                both.plain = Some(plain.join("\n"));
            }
        }
        if both.plain.as_deref().is_some_and(|text| text.trim().is_empty()) && both.html.is_some() {
            // Some programs send an empty plain part because there must be one.
            both.plain = None;
        }
        if both.plain.is_some() || both.html.is_some() {
            self.pieces.push(both);
        }
    }

    fn leaf(&mut self, part: &Part<'_>, index: usize) {
        let fields = &part.fields;
        let first = self.pieces.is_empty() && self.files.is_empty();
        let named = fields.file_name.is_some() && !first;
        let kind = fields.media_type.as_str();
        let html = matches!(kind, "text/html" | "application/xhtml+xml");
        let plain = matches!(
            kind,
            "text/plain" | "text/enriched" | "text/markdown" | "text/x-markdown" | "text/richtext"
        );
        if fields.is_attached() || named || !(html || plain) {
            // The AMP form of a newsletter is a program, not a file anybody sent.
            if kind != "text/x-amp-html" {
                self.files.push(index);
            }
            return;
        }
        let bytes = fields.encoding.decode(part.body);
        let label = if html { fields.charset().or(html_charset(&bytes)) } else { fields.charset() };
        let Text { text, known } = decode_charset(&bytes, label);
        self.guessed |= !known;
        self.pieces.push(if html {
            Piece { plain: None, flowed: None, html: Some(text) }
        } else {
            let parameter =
                |name| fields.content_type.parameter(name).unwrap_or_default().to_ascii_lowercase();
            let flowed = (parameter("format") == "flowed").then(|| parameter("delsp") == "yes");
            Piece { plain: Some(text), flowed, html: None }
        });
    }

    /// The text to read, from HTML where there is no plain form.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            let text = match (&piece.plain, &piece.html) {
                (Some(plain), _) => match piece.flowed {
                    Some(delsp) => unflowed(plain, delsp),
                    None => plain.replace("\r\n", "\n"),
                },
                (None, Some(html)) => html_to_text(html),
                (None, None) => continue,
            };
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&text);
        }
        out.retain(|c| c != '\0' && c != '\r');
        truncate(&mut out);
        out
    }

    /// The HTML to show, when any of the text has that form.
    pub fn html(&self) -> Option<String> {
        if self.pieces.iter().all(|piece| piece.html.is_none()) {
            return None;
        }
        let mut out = String::new();
        for piece in &self.pieces {
            if let Some(html) = &piece.html {
                out.push_str(html);
            } else if let Some(plain) = &piece.plain {
                out.push_str("<div style=\"white-space: pre-wrap\">");
                super::html::escape_into(plain, &mut out);
                out.push_str("</div>");
            }
        }
        truncate(&mut out);
        Some(out)
    }

    /// The decoded source of the text, for the fingerprint: never what this version makes of it.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| piece.plain.as_deref().or(piece.html.as_deref()))
    }
}

/// The part that a multipart/related is about (RFC 2387, 3.2): the one named by `start`, else the first.
fn related_root(structure: &Structure<'_>, part: &Part<'_>) -> usize {
    let start = part.fields.content_type.parameter("start").map(|id| id.trim_matches(['<', '>']));
    let named = |child: &&usize| {
        start.is_some()
            && structure.parts.get(**child).is_some_and(|p| p.fields.content_id.as_deref() == start)
    };
    let first = part.children.first().copied().unwrap_or(usize::MAX);
    part.children.iter().find(named).copied().unwrap_or(first)
}

/// The charset that HTML names in its own head, when the mail names none.
fn html_charset(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(2048))?;
    let at = head.windows(8).position(|w| w.eq_ignore_ascii_case(b"charset="))? + 8;
    let rest = head.get(at..)?;
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let length = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)))?;
    std::str::from_utf8(rest.get(..length)?).ok().filter(|label| !label.is_empty())
}

/// Undoes format=flowed (RFC 3676, 4): lines that end in a space go on in the next of the same quote depth.
fn unflowed(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the line that goes on, if one does.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        let body = line.trim_start_matches('>');
        let depth = line.len() - body.len();
        let body = body.strip_prefix(' ').unwrap_or(body);
        let signature = body == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = body.ends_with(' ') && !signature;
        let shown = if flows && delsp { body.get(..body.len() - 1).unwrap_or(body) } else { body };
        out.push_str(shown);
        open = flows.then_some(depth);
        if !flows {
            out.push('\n');
        }
    }
    out
}

fn truncate(text: &mut String) {
    if text.len() > MAX_TEXT {
        let mut end = MAX_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::unflowed;

    #[test]
    fn flowed_text_is_put_together() {
        assert_eq!(unflowed("one \r\ntwo\r\nthree\r\n", false), "one two\nthree\n");
        assert_eq!(unflowed("> one \n> two\n>> deep \nout", false), "> one two\n>> deep \nout\n");
        assert_eq!(unflowed("ein \nwort", true), "einwort\n");
        assert_eq!(unflowed(" >no quote\n-- \nAnna", false), ">no quote\n-- \nAnna\n");
    }
}
