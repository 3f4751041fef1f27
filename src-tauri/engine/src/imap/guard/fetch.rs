//! A FETCH answer on its way through the guard: the attributes that the session asks for pass, in one spelling;
//! all others are left out with their values, however deeply those are nested.

use super::token::{Token, Tokens, is_atom, number, section_end};

/// What becomes of the literal that follows a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its bytes go on as they come.
    Pass,
    /// Its bytes are left out.
    Drop,
    /// Its bytes are a small part of what is put together.
    Collect,
}

/// Values put together from a list: flags, labels.
const MOST_IN_LIST: usize = 1000;
/// A label longer than this is left out.
const LONGEST_LABEL: u64 = 1024;

#[derive(Debug)]
enum Place {
    Start,
    Key,
    Section,
    Value,
    List,
    Skip(u32),
    Done,
}

#[derive(Debug)]
enum Key {
    Number(&'static str, u64),
    InternalDate,
    Flags,
    Labels,
    ModSeq,
    Body(String),
    Unwanted,
}

impl Key {
    fn of(token: &[u8]) -> Self {
        let upper = token.to_ascii_uppercase();
        let small = u64::from(u32::MAX);
        match upper.as_slice() {
            b"UID" => Self::Number("UID", small),
            b"RFC822.SIZE" => Self::Number("RFC822.SIZE", small),
            b"X-GM-MSGID" => Self::Number("X-GM-MSGID", u64::MAX),
            b"X-GM-THRID" => Self::Number("X-GM-THRID", u64::MAX),
            b"INTERNALDATE" => Self::InternalDate,
            b"FLAGS" => Self::Flags,
            b"X-GM-LABELS" => Self::Labels,
            b"MODSEQ" => Self::ModSeq,
            _ => upper.strip_prefix(b"BODY[").and_then(body).map_or(Self::Unwanted, Self::Body),
        }
    }
}

/// `BODY[…]` in the one spelling that passes: the fields of a header are the header, since only one such
/// section is ever asked for at a time.
fn body(after_bracket: &[u8]) -> Option<String> {
    let end = section_end(after_bracket)?;
    let (section, rest) = after_bracket.split_at(end);
    let origin = match &rest[1..] {
        b"" => String::new(),
        [b'<', digits @ .., b'>'] => format!("<{}>", number(digits, u64::from(u32::MAX))?),
        _ => return None,
    };
    let section = std::str::from_utf8(section).ok()?;
    if section.is_empty() {
        return Some(format!("BODY[]{origin}"));
    }
    if section == "HEADER" || section.starts_with("HEADER.FIELDS") {
        return Some(format!("BODY[HEADER]{origin}"));
    }
    let numbers = section.strip_suffix(".MIME").unwrap_or(section);
    let part = |part: &str| part.len() <= 9 && number(part.as_bytes(), u64::MAX).is_some();
    numbers.split('.').all(part).then(|| format!("BODY[{section}]{origin}"))
}

/// One FETCH answer, fragment by fragment.
#[derive(Debug)]
pub(super) struct Fetch {
    sequence: u32,
    place: Place,
    key: Key,
    list: Vec<Vec<u8>>,
    /// Something of it has passed.
    pub(super) began: bool,
}

impl Fetch {
    pub(super) const fn new(sequence: u32) -> Self {
        Self { sequence, place: Place::Start, key: Key::Unwanted, list: Vec::new(), began: false }
    }

    /// Takes the text up to the end of the line, or up to a literal of that size.
    pub(super) fn fragment(&mut self, text: &[u8], literal: Option<u64>, out: &mut Vec<u8>) -> Fate {
        let mut text = text;
        if matches!(self.place, Place::Section)
            && let Some(end) = section_end(text)
        {
            let after = &text[end + 1..];
            let value = after.iter().position(|&b| b == b' ').unwrap_or(after.len());
            text = &after[value..];
            self.place = Place::Value;
        }
        if !matches!(self.place, Place::Section | Place::Done) {
            for token in Tokens::of_fetch(text) {
                self.token(token, out);
            }
        }
        if let Some(size) = literal {
            return self.literal(size, out);
        }
        if self.began {
            out.extend_from_slice(b")\r\n");
        }
        Fate::Drop
    }

    /// The bytes of a literal that was to be collected.
    pub(super) fn collected(&mut self, bytes: Vec<u8>) {
        self.list.push(bytes);
    }

    fn token(&mut self, token: Token<'_>, out: &mut Vec<u8>) {
        self.place = match (std::mem::replace(&mut self.place, Place::Done), token) {
            (Place::Start, Token::Open) | (Place::Key, Token::Quoted(_)) | (Place::Skip(1), Token::Close) => {
                Place::Key
            }
            (Place::Start | Place::Done, _) | (Place::Key | Place::Value, Token::Close) => Place::Done,
            (Place::Key, Token::Atom(atom)) => {
                self.key = Key::of(atom);
                Place::Value
            }
            (Place::Key, Token::Cut(cut)) => {
                let header = cut.to_ascii_uppercase().starts_with(b"BODY[HEADER.FIELDS");
                self.key = if header { Key::Body("BODY[HEADER]".to_owned()) } else { Key::Unwanted };
                Place::Section
            }
            (Place::Key, Token::Open) => Place::Skip(1),
            (Place::Value, Token::Atom(atom) | Token::Cut(atom)) => {
                self.atom(atom, out);
                Place::Key
            }
            (Place::Value, Token::Quoted(text)) => {
                self.quoted(&text, out);
                Place::Key
            }
            (Place::Value, Token::Open) => {
                self.list.clear();
                let wanted = matches!(self.key, Key::Flags | Key::Labels | Key::ModSeq);
                if wanted { Place::List } else { Place::Skip(1) }
            }
            (Place::List, Token::Atom(text) | Token::Cut(text)) => self.listed(text),
            (Place::List, Token::Quoted(text)) => self.listed(&text),
            (Place::List, Token::Open) => Place::Skip(2),
            (Place::List, Token::Close) => {
                self.close_list(out);
                Place::Key
            }
            (Place::Skip(depth), Token::Open) => Place::Skip(depth.saturating_add(1)),
            (Place::Skip(depth), Token::Close) => Place::Skip(depth - 1),
            (Place::Skip(depth), _) => Place::Skip(depth),
            (Place::Section, _) => Place::Section,
        };
    }

    fn literal(&mut self, size: u64, out: &mut Vec<u8>) -> Fate {
        match self.place {
            Place::Value => {
                self.place = Place::Key;
                if let Key::Body(key) = std::mem::replace(&mut self.key, Key::Unwanted) {
                    self.begin(out);
                    out.extend_from_slice(format!("{key} {{{size}}}\r\n").as_bytes());
                    return Fate::Pass;
                }
                Fate::Drop
            }
            Place::List
                if matches!(self.key, Key::Labels)
                    && size <= LONGEST_LABEL
                    && self.list.len() < MOST_IN_LIST =>
            {
                Fate::Collect
            }
            _ => Fate::Drop,
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.began {
            out.push(b' ');
        } else {
            self.began = true;
            out.extend_from_slice(format!("* {} FETCH (", self.sequence).as_bytes());
        }
    }

    fn listed(&mut self, text: &[u8]) -> Place {
        if self.list.len() < MOST_IN_LIST {
            self.list.push(text.to_vec());
        }
        Place::List
    }

    fn atom(&mut self, atom: &[u8], out: &mut Vec<u8>) {
        match &self.key {
            Key::Number(name, most) => {
                if let Some(number) = number(atom, *most) {
                    let item = format!("{name} {number}");
                    self.begin(out);
                    out.extend_from_slice(item.as_bytes());
                }
            }
            Key::Body(name) if atom.eq_ignore_ascii_case(b"NIL") => {
                let item = format!("{name} NIL");
                self.begin(out);
                out.extend_from_slice(item.as_bytes());
            }
            // INTERNALDATE NIL is what imap-proto panics at.
            _ => {}
        }
    }

    fn quoted(&mut self, text: &[u8], out: &mut Vec<u8>) {
        match &self.key {
            Key::InternalDate if text.iter().all(|b| b.is_ascii_alphanumeric() || b" :+-".contains(b)) => {
                self.begin(out);
                out.extend_from_slice(b"INTERNALDATE \"");
                out.extend_from_slice(text);
                out.push(b'"');
            }
            // imap-proto leaves escapes in quoted strings; a literal has none.
            Key::Body(name) => {
                let item = format!("{name} {{{}}}\r\n", text.len());
                self.begin(out);
                out.extend_from_slice(item.as_bytes());
                out.extend_from_slice(text);
            }
            _ => {}
        }
    }

    fn close_list(&mut self, out: &mut Vec<u8>) {
        let list = std::mem::take(&mut self.list);
        match &self.key {
            Key::Flags => {
                let bare = |flag: &&Vec<u8>| is_atom(flag.strip_prefix(b"\\").unwrap_or(flag));
                let flags: Vec<&[u8]> = list.iter().filter(bare).map(Vec::as_slice).collect();
                self.begin(out);
                out.extend_from_slice(b"FLAGS (");
                out.extend_from_slice(&flags.join(&b' '));
                out.push(b')');
            }
            Key::Labels => {
                self.begin(out);
                out.extend_from_slice(b"X-GM-LABELS (");
                let mut first = true;
                for label in list.iter().filter(|label| !label.iter().any(u8::is_ascii_control)) {
                    if !first {
                        out.push(b' ');
                    }
                    first = false;
                    quote(label, out);
                }
                out.push(b')');
            }
            Key::ModSeq => {
                if let [one] = list.as_slice()
                    && let Some(value) = number(one, u64::MAX)
                {
                    self.begin(out);
                    out.extend_from_slice(format!("MODSEQ ({value})").as_bytes());
                }
            }
            _ => {}
        }
    }
}

/// A quoted string with its escapes.
pub(super) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}
