//! The structure of a mail (RFC 2046): a flat list of parts, found in one pass over the lines.
//!
//! The pass holds the open boundaries in a bounded stack and looks at each line once, so neither depth nor
//! the number of parts costs more than the bytes they take. A message inside the message stays closed.

use super::header::{Header, line_at};
use super::mime_fields::PartFields;

/// Multiparts inside one another; a deeper one is not opened.
const MAX_DEPTH: usize = 48;
/// Parts of one mail; what lies behind them is not looked at.
const MAX_PARTS: usize = 16_384;
/// RFC 2046 allows 70 bytes; real ones are a little longer at times.
const MAX_BOUNDARY: usize = 256;

/// One node of the structure.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub fields: PartFields,
    /// The body as it stands, still encoded.
    pub body: &'a [u8],
    /// Indices of the parts in a multipart; empty for a leaf.
    pub children: Vec<usize>,
    /// It is a multipart whose parts were found.
    pub multipart: bool,
}

/// A mail taken apart. `parts[0]` is the whole.
#[derive(Debug)]
pub(super) struct Structure<'a> {
    pub parts: Vec<Part<'a>>,
    /// A multipart could not be cut: no boundary, none found, or over a bound.
    pub broken: bool,
}

/// A multipart whose end has not been seen.
struct Open {
    part: usize,
    boundary: Vec<u8>,
}

impl<'a> Structure<'a> {
    /// Takes the body apart that follows `header` in `raw` at `body_at`.
    pub fn read(raw: &'a [u8], header: &Header<'_>, body_at: usize) -> Self {
        let mut walk = Walk { raw, parts: Vec::new(), open: Vec::new(), leaf: None, broken: false };
        walk.begin(header, "text/plain", body_at);
        let mut at = body_at;
        while at < raw.len() && !walk.open.is_empty() {
            let (line, next) = line_at(raw, at);
            at = match delimiter(&walk.open, line) {
                Some((level, closing)) => walk.delimiter(level, closing, at, next),
                None => next,
            };
        }
        walk.close(0, raw.len());
        walk.end_leaf(raw.len());
        let mut structure = Self { parts: walk.parts, broken: walk.broken };
        structure.settle();
        structure
    }

    /// A multipart without a single part is text that was called one.
    fn settle(&mut self) {
        for part in &mut self.parts {
            if part.multipart && part.children.is_empty() {
                part.multipart = false;
                "text/plain".clone_into(&mut part.fields.media_type);
                self.broken = true;
            }
        }
    }
}

/// Which open boundary the line is, the innermost first, and whether it closes it.
fn delimiter(open: &[Open], line: &[u8]) -> Option<(usize, bool)> {
    let rest = line.strip_prefix(b"--")?;
    open.iter().enumerate().rev().find_map(|(level, multipart)| {
        let tail = rest.strip_prefix(multipart.boundary.as_slice())?;
        let (tail, closing) = match tail.strip_prefix(b"--") {
            Some(tail) => (tail, true),
            None => (tail, false),
        };
        tail.iter().all(u8::is_ascii_whitespace).then_some((level, closing))
    })
}

struct Walk<'a> {
    raw: &'a [u8],
    parts: Vec<Part<'a>>,
    open: Vec<Open>,
    /// The leaf whose body is being passed.
    leaf: Option<usize>,
    broken: bool,
}

impl Walk<'_> {
    /// A boundary line stands at `at`; answers where to go on.
    fn delimiter(&mut self, level: usize, closing: bool, at: usize, next: usize) -> usize {
        // The line end before a boundary belongs to the boundary.
        let end = end_before(self.raw, at);
        self.end_leaf(end);
        self.close(level + usize::from(!closing), end);
        if closing {
            return next;
        }
        if self.parts.len() >= MAX_PARTS {
            self.broken = true;
            self.open.clear();
            return self.raw.len();
        }
        let digest = self
            .open
            .last()
            .and_then(|multipart| self.parts.get(multipart.part))
            .is_some_and(|part| part.fields.media_type == "multipart/digest");
        let rest = self.raw.get(next..).unwrap_or_default();
        let (header, length) = Header::read_until(rest, |line| delimiter(&self.open, line).is_some());
        self.begin(&header, if digest { "message/rfc822" } else { "text/plain" }, next + length);
        next + length
    }

    /// A part begins; its header is read.
    fn begin(&mut self, header: &Header<'_>, default: &str, body_at: usize) {
        let index = self.parts.len();
        let mut fields = PartFields::read(header, default);
        let mut boundary = None;
        if fields.media_type.starts_with("multipart/") {
            boundary = fields
                .content_type
                .parameter("boundary")
                .map(|b| b.trim_end().as_bytes().to_vec())
                .filter(|b| !b.is_empty() && b.len() <= MAX_BOUNDARY && self.open.len() < MAX_DEPTH);
            if boundary.is_none() {
                self.broken = true;
                "text/plain".clone_into(&mut fields.media_type);
            }
        }
        if let Some(parent) = self.open.last().and_then(|multipart| self.parts.get_mut(multipart.part)) {
            parent.children.push(index);
        }
        self.parts.push(Part {
            fields,
            body: self.raw.get(body_at..).unwrap_or_default(),
            children: Vec::new(),
            multipart: boundary.is_some(),
        });
        match boundary {
            Some(boundary) => self.open.push(Open { part: index, boundary }),
            None => self.leaf = Some(index),
        }
    }

    /// The body of the leaf being passed ends at `end`.
    fn end_leaf(&mut self, end: usize) {
        if let Some(leaf) = self.leaf.take() {
            self.cut(leaf, end);
        }
    }

    /// The multiparts from `level` on end at `end`.
    fn close(&mut self, level: usize, end: usize) {
        for multipart in self.open.split_off(level.min(self.open.len())) {
            self.cut(multipart.part, end);
        }
    }

    fn cut(&mut self, index: usize, end: usize) {
        if let Some(part) = self.parts.get_mut(index) {
            let start = self.raw.len() - part.body.len();
            part.body = self.raw.get(start..end.max(start)).unwrap_or_default();
        }
    }
}

/// `at` without the line end directly before it.
fn end_before(raw: &[u8], at: usize) -> usize {
    match raw.get(..at) {
        Some([.., b'\r', b'\n']) => at - 2,
        Some([.., b'\n']) => at - 1,
        _ => at,
    }
}
