//! Address lists (RFC 5322, 3.4, with the obsolete forms of 4.4), read for the question "who wrote this?".
//!
//! Nothing that only a person reads can become an address here: a display name, a comment, an encoded word
//! and a group's name are passed over as what they are. What looks like an address and cannot be read as
//! exactly one is kept as an entry without an address, so that it still counts: a second author who is
//! written badly must not make the first one the only one.

use super::{codec, words};
use crate::model::Address;

#[cfg(test)]
mod tests;

/// Longer than any addr-spec may be (RFC 5321, 4.5.3.1), with room for quoting.
const MAX_PART: usize = 1_000;

/// One mailbox of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The display name decoded for people, else the comment beside the address; may be empty.
    pub name: String,
    /// The address, when exactly one could be read.
    pub address: Option<Address>,
    /// What stood in the address's place, cleaned for people. Empty when there was only a name, as in
    /// `undisclosed-recipients:;`: such an entry is nobody.
    pub raw: String,
}

impl Entry {
    /// Something stood in the place of an address, readable or not.
    pub const fn claims_an_address(&self) -> bool {
        !self.raw.is_empty()
    }
}

/// Reads the value of a From, To, Cc, Bcc or Reply-To field, raw and folded as it came.
pub fn address_list(raw: &[u8]) -> Vec<Entry> {
    Reader { raw, ..Reader::default() }.read()
}

/// What the grammar is made of. Comments and white space lie between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An atom, or an encoded word as a whole.
    Word,
    /// A quoted string.
    Quoted,
    /// A domain literal.
    Literal,
    /// A comment.
    Comment,
    /// `.`
    Dot,
    /// `@`
    At,
    /// `<`
    Open,
    /// `>`
    Close,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `;`
    Semicolon,
    /// What has no place in an address list: a stray bracket, a quote that never ends.
    Junk,
}

/// A token and where it stands in the raw value.
#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Cuts the value into tokens. Linear, and nesting of comments is a counter, not recursion.
fn tokens(raw: &[u8]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&b) = raw.get(at) {
        let start = at;
        let single = |kind| (kind, start + 1);
        let (kind, end) = match b {
            // NUL and other control bytes separate like white space.
            0..=b' ' | 127 => {
                at += 1;
                continue;
            }
            b'(' => comment(raw, start),
            b'"' => enclosed(raw, start, b'"', Kind::Quoted),
            b'[' => enclosed(raw, start, b']', Kind::Literal),
            b'<' => single(Kind::Open),
            b'>' => single(Kind::Close),
            b'@' => single(Kind::At),
            b',' => single(Kind::Comma),
            b':' => single(Kind::Colon),
            b';' => single(Kind::Semicolon),
            b'.' => single(Kind::Dot),
            b')' | b']' | b'\\' => single(Kind::Junk),
            _ => match words::encoded_word_end(raw, start) {
                // Sloppy senders leave specials in encoded words; as a whole it is only a word.
                Some(end) => (Kind::Word, end),
                None => (Kind::Word, atom_end(raw, start)),
            },
        };
        at = end.max(start + 1);
        if kind != Kind::Word || end > start {
            out.push(Token { kind, start, end });
        }
    }
    out
}

/// Where the atom ends. A stray byte 0x80 separates: Dovecot hands a NUL out as that.
fn atom_end(raw: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&b) = raw.get(at) {
        match b {
            0..=b' '
            | 127
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b':'
            | b';'
            | b'@'
            | b'\\'
            | b','
            | b'.'
            | b'"' => break,
            0x80.. => match utf8_length(raw.get(at..).unwrap_or_default()) {
                Some(length) => at += length,
                None if b == 0x80 => break,
                None => at += 1,
            },
            _ => at += 1,
        }
    }
    at
}

/// The length of the UTF-8 character at the start, if one stands there.
fn utf8_length(bytes: &[u8]) -> Option<usize> {
    (2..=4).find(|&length| bytes.get(..length).is_some_and(|c| std::str::from_utf8(c).is_ok()))
}

/// A comment with those nested in it. One that never ends takes in the rest.
fn comment(raw: &[u8], start: usize) -> (Kind, usize) {
    let mut depth = 0usize;
    let mut at = start;
    while let Some(&b) = raw.get(at) {
        match b {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return (Kind::Comment, at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    (Kind::Comment, raw.len())
}

/// A quoted string or a domain literal. One that never ends is junk up to the end of the field.
fn enclosed(raw: &[u8], start: usize, close: u8, kind: Kind) -> (Kind, usize) {
    let mut at = start + 1;
    while let Some(&b) = raw.get(at) {
        match b {
            b'\\' => at += 1,
            _ if b == close => return (kind, at + 1),
            _ => {}
        }
        at += 1;
    }
    (Kind::Junk, raw.len())
}

/// The content of a quoted string, literal or comment: without its delimiters, quoted pairs undone, and
/// without the line ends of folds and NULs.
fn content(raw: &[u8], token: Token) -> Vec<u8> {
    let inner = raw.get(token.start + 1..token.end.saturating_sub(1)).unwrap_or_default();
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&b) = bytes.next() {
        match b {
            b'\\' => out.extend(bytes.next()),
            b'\r' | b'\n' | 0 => {}
            _ => out.push(b),
        }
    }
    out
}

/// Reads entries from the tokens of one field.
#[derive(Default)]
struct Reader<'a> {
    raw: &'a [u8],
    entries: Vec<Entry>,
    /// Tokens since the last separator.
    pending: Vec<Token>,
    /// Names that an unquoted comma cut off, as in `Meyer, Anna <anna@studio.example>`.
    carried: Vec<Token>,
    /// The name of the open group and how many entries there were when it was opened.
    group: Option<(Vec<Token>, usize)>,
    /// The last entry stands directly before: a comment here may be its name.
    after_angle: bool,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Entry> {
        let all = tokens(self.raw);
        let mut rest = all.as_slice();
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            match token.kind {
                Kind::Open => rest = self.angle(after),
                Kind::Comma => {
                    self.flush(true);
                    if !self.carried.is_empty() {
                        self.carried.push(*token);
                    }
                }
                Kind::Colon => self.open_group(),
                Kind::Semicolon => self.close_group(),
                _ => self.pending.push(*token),
            }
        }
        self.close_group();
        self.entries
    }

    /// `<` was read: a route-less or routed addr-spec up to `>`. Answers what follows.
    fn angle<'t>(&mut self, mut rest: &'t [Token]) -> &'t [Token] {
        while let [Token { kind: Kind::Open, .. }, after @ ..] = rest {
            rest = after;
        }
        let end = rest.iter().position(|t| matches!(t.kind, Kind::Close | Kind::Open)).unwrap_or(rest.len());
        let inner = rest.get(..end).unwrap_or_default();
        let closed = rest.get(end).is_some_and(|t| t.kind == Kind::Close);
        let after = rest.get(end + usize::from(closed)..).unwrap_or_default();
        // `<a@x.example <b@y.example>`: nobody can say which was meant.
        let readable = closed || end == rest.len();
        let spec = without_route(inner);
        let address = if readable { self.addr_spec(spec) } else { None };
        let mut phrase = std::mem::take(&mut self.carried);
        phrase.append(&mut self.pending);
        let mut name = self.phrase(&phrase);
        if name.is_empty() {
            name = self.comments(inner);
        }
        let raw = self.written(inner, "<>");
        self.entries.push(Entry { name, address, raw });
        self.after_angle = true;
        after
    }

    /// A separator: what was pending is a bare addr-spec, or a name alone.
    fn flush(&mut self, comma: bool) {
        let pending = std::mem::take(&mut self.pending);
        let after_angle = std::mem::take(&mut self.after_angle);
        if pending.iter().any(|t| t.kind == Kind::At) {
            self.name_alone();
            let address = self.addr_spec(&pending);
            let (name, raw) = (self.comments(&pending), self.written(&pending, "@"));
            self.entries.push(Entry { name, address, raw });
        } else if after_angle {
            // Words behind the angle brackets say nothing; a comment may be the name.
            let name = self.comments(&pending);
            if let Some(last) = self.entries.last_mut().filter(|e| e.name.is_empty()) {
                last.name = name;
            }
        } else {
            self.carried.extend(pending);
            if !comma {
                self.name_alone();
            }
        }
    }

    /// What was carried belongs to no address.
    fn name_alone(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        let name = self.phrase(&carried);
        if !name.is_empty() {
            self.entries.push(Entry { name, address: None, raw: String::new() });
        }
    }

    /// `:` was read: what was pending names a group.
    fn open_group(&mut self) {
        if self.pending.iter().any(|t| t.kind == Kind::At) {
            // No group can be called so; it counts as an address that cannot be read.
            let raw = self.written(&self.pending, ":");
            self.entries.push(Entry { name: String::new(), address: None, raw });
            self.pending.clear();
        }
        self.carried.clear();
        self.after_angle = false;
        self.group = Some((std::mem::take(&mut self.pending), self.entries.len()));
    }

    /// `;` or the end was read. An empty group is shown by its name.
    fn close_group(&mut self) {
        self.flush(false);
        if let Some((name, before)) = self.group.take()
            && self.entries.len() == before
        {
            self.carried = name;
            self.name_alone();
        }
    }

    /// Exactly one addr-spec (comments allowed anywhere), or nothing.
    fn addr_spec(&self, spec: &[Token]) -> Option<Address> {
        let mut parts = spec.iter().filter(|t| t.kind != Kind::Comment);
        let mut local = String::new();
        let mut after_word = false;
        loop {
            let token = parts.next()?;
            match token.kind {
                Kind::Word if !after_word => local.push_str(self.utf8(*token)?),
                Kind::Quoted if !after_word => {
                    local.push_str(&String::from_utf8(content(self.raw, *token)).ok()?);
                }
                Kind::Dot => local.push('.'),
                Kind::At => break,
                _ => return None,
            }
            after_word = token.kind != Kind::Dot;
        }
        let mut domain = String::new();
        let mut after_word = false;
        for token in parts {
            match token.kind {
                Kind::Word if !after_word => domain.push_str(self.utf8(*token)?),
                Kind::Literal if domain.is_empty() => {
                    domain = format!("[{}]", String::from_utf8(content(self.raw, *token)).ok()?);
                }
                Kind::Dot if after_word => domain.push('.'),
                _ => return None,
            }
            after_word = token.kind != Kind::Dot;
        }
        if local.is_empty() || local.len() > MAX_PART || domain.len() > MAX_PART {
            return None;
        }
        Address::from_parts(&local, &domain)
    }

    /// A word's text, when it is UTF-8.
    fn utf8(&self, token: Token) -> Option<&str> {
        std::str::from_utf8(self.raw.get(token.start..token.end)?).ok()
    }

    /// A phrase for people: quotes undone, encoded words read, spaces kept where there were any.
    fn phrase(&self, tokens: &[Token]) -> String {
        let mut text: Vec<u8> = Vec::new();
        let mut last_end = None;
        for token in tokens {
            if last_end.is_some_and(|end| end != token.start) {
                text.push(b' ');
            }
            match token.kind {
                Kind::Quoted => text.append(&mut content(self.raw, *token)),
                Kind::Comment => {}
                _ => text.extend_from_slice(self.raw.get(token.start..token.end).unwrap_or_default()),
            }
            last_end = Some(token.end);
        }
        let name = words::decode(&text);
        let name = name.trim_matches([',', ' ']);
        if name.is_empty() { self.comments(tokens) } else { name.to_owned() }
    }

    /// The text of the comments, for an address that has no other name.
    fn comments(&self, tokens: &[Token]) -> String {
        let mut text: Vec<u8> = Vec::new();
        for token in tokens.iter().filter(|t| t.kind == Kind::Comment) {
            text.append(&mut content(self.raw, *token));
            text.push(b' ');
        }
        words::decode(&text)
    }

    /// What stood there, for a person to see; `instead` where it was empty.
    fn written(&self, tokens: &[Token], instead: &str) -> String {
        let text = match (tokens.first(), tokens.last()) {
            (Some(first), Some(last)) => {
                let end = last.end.min(first.start + MAX_PART);
                words::for_people(&codec::guess(self.raw.get(first.start..end).unwrap_or_default()))
            }
            _ => String::new(),
        };
        if text.is_empty() { instead.to_owned() } else { text }
    }
}

/// Drops the obsolete route `@a.example,@b.example:` (RFC 5322, 4.4).
fn without_route(spec: &[Token]) -> &[Token] {
    let first = spec.iter().find(|t| t.kind != Kind::Comment);
    if first.is_some_and(|t| matches!(t.kind, Kind::At | Kind::Comma))
        && let Some(colon) = spec.iter().position(|t| t.kind == Kind::Colon)
        && spec.iter().take(colon).all(|t| {
            matches!(t.kind, Kind::At | Kind::Comma | Kind::Dot | Kind::Word | Kind::Literal | Kind::Comment)
        })
    {
        return spec.get(colon + 1..).unwrap_or_default();
    }
    spec
}
