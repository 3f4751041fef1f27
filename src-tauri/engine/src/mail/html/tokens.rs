//! HTML cut into tags and text (HTML, 13.2.5), each byte looked at a bounded number of times.
//!
//! This is not the parser that decides what is safe: what comes of these tokens is written anew and then
//! goes through ammonia, which parses as a browser does.

use super::entities;

/// Attributes of one tag that are read; the rest is passed over.
const MAX_ATTRIBUTES: usize = 64;
/// No element of HTML has a longer name.
const MAX_NAME: usize = 32;

/// One token. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Text as it stands, character references included.
    Text(&'a str),
    /// A start tag.
    Start(Tag),
    /// An end tag's name.
    End(String),
}

/// A start tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The element's name.
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute, character references undone; of doubles the first.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The tokens of a document. Comments, doctypes and the content of elements that hold no markup (script,
/// style, title and their like) are left out.
pub struct Tokens<'a> {
    rest: &'a str,
    /// Everything that follows is text.
    plaintext: bool,
}

impl<'a> Tokens<'a> {
    /// Begins at the start of the document.
    pub const fn new(html: &'a str) -> Self {
        Self { rest: html, plaintext: false }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (head, tail) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    /// Passes over everything up to and with `end`, or to the end of the document.
    fn skip_past(&mut self, end: &str) {
        let length = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len());
        self.take(length);
    }

    /// `<!` or `<?` or `</` and no letter: a comment of some kind.
    fn comment(&mut self) {
        let Some(inner) = self.rest.strip_prefix("<!--") else {
            self.skip_past(">");
            return;
        };
        if inner.starts_with('>') {
            self.take(5);
        } else if inner.starts_with("->") {
            self.take(6);
        } else {
            let normal = inner.find("-->").map(|at| at + 3);
            let bang =
                inner.get(..normal.unwrap_or(inner.len())).and_then(|i| i.find("--!>")).map(|at| at + 4);
            self.take(4 + bang.or(normal).unwrap_or(inner.len()));
        }
    }

    /// The content of `name`, which holds no markup, and its end tag.
    fn skip_raw(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest.get(from..).and_then(|rest| rest.find("</")) {
            let start = from + at + 2;
            let end = start + name.len();
            let found = self.rest.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(name));
            let next = self.rest.as_bytes().get(end).copied().unwrap_or(b'>');
            if found && (next.is_ascii_whitespace() || matches!(next, b'/' | b'>')) {
                self.take(end);
                self.skip_past(">");
                return;
            }
            from = start;
        }
        self.rest = "";
    }

    /// A tag's name and attributes, from after `<` or `</` to after `>`. `None` when the document ends in it.
    fn tag(&mut self) -> Option<Tag> {
        let bytes = self.rest.as_bytes();
        let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>');
        let mut at = bytes.iter().position(is_end).unwrap_or(bytes.len());
        let mut name = self.rest.get(..at).unwrap_or_default();
        if name.len() > MAX_NAME {
            name = "";
        }
        let name = name.to_ascii_lowercase();
        let mut attributes: Vec<(String, String)> = Vec::new();
        loop {
            while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
                at += 1;
            }
            match bytes.get(at) {
                None => return None,
                Some(b'>') => break,
                Some(_) => {}
            }
            let key_from = at;
            at += 1;
            while bytes.get(at).is_some_and(|b| !is_end(b) && *b != b'=') {
                at += 1;
            }
            let key = self.rest.get(key_from..at).unwrap_or_default();
            let mut peek = at;
            while bytes.get(peek).is_some_and(u8::is_ascii_whitespace) {
                peek += 1;
            }
            let mut value = "";
            if bytes.get(peek) == Some(&b'=') {
                at = peek + 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                let (length, quotes) = value_length(bytes.get(at..).unwrap_or_default())?;
                value = self.rest.get(at + quotes..at + quotes + length).unwrap_or_default();
                at += length + 2 * quotes;
            }
            if attributes.len() < MAX_ATTRIBUTES {
                let key = key.to_ascii_lowercase();
                if !attributes.iter().any(|(known, _)| *known == key) {
                    attributes.push((key, entities::decode(value).replace('\0', "")));
                }
            }
        }
        self.take(at + 1);
        Some(Tag { name, attributes })
    }
}

/// The length of an attribute's value and how many quotes stand on each side. `None`: the quotes never close.
fn value_length(rest: &[u8]) -> Option<(usize, usize)> {
    if let Some((quote @ (b'"' | b'\''), inner)) = rest.split_first() {
        return inner.iter().position(|b| b == quote).map(|length| (length, 1));
    }
    let length = rest.iter().position(|b| b.is_ascii_whitespace() || *b == b'>');
    Some((length.unwrap_or(rest.len()), 0))
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if self.plaintext {
                return Some(Token::Text(self.take(self.rest.len())));
            }
            let bytes = self.rest.as_bytes();
            match (bytes.first(), bytes.get(1), bytes.get(2)) {
                (Some(b'<'), Some(b'/'), Some(b)) if b.is_ascii_alphabetic() => {
                    self.take(2);
                    match self.tag() {
                        Some(tag) => return Some(Token::End(tag.name)),
                        None => self.rest = "",
                    }
                }
                (Some(b'<'), Some(b'!' | b'?' | b'/'), _) => self.comment(),
                (Some(b'<'), Some(b), _) if b.is_ascii_alphabetic() => {
                    self.take(1);
                    let Some(tag) = self.tag() else {
                        self.rest = "";
                        continue;
                    };
                    match tag.name.as_str() {
                        name @ ("script" | "style" | "title" | "textarea" | "xmp" | "iframe" | "noembed"
                        | "noframes") => {
                            let name = name.to_owned();
                            self.skip_raw(&name);
                        }
                        "plaintext" => self.plaintext = true,
                        _ => return Some(Token::Start(tag)),
                    }
                }
                _ => {
                    // A lone `<` is text; the next one may begin a tag.
                    let after = self.rest.get(1..).and_then(|rest| rest.find('<')).map(|at| at + 1);
                    // `get(1..)` fails inside a character, and then the first byte is no `<`.
                    let length = after.or_else(|| self.rest.find('<').filter(|&at| at > 0));
                    return Some(Token::Text(self.take(length.unwrap_or(self.rest.len()))));
                }
            }
        }
    }
}
