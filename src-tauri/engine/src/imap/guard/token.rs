//! The tokens of a server's data lines (RFC 9051, section 9), cut without recursion.

use std::borrow::Cow;

/// One token of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// Anything up to a space or parenthesis.
    Atom(&'a [u8]),
    /// A quoted string, unescaped.
    Quoted(Cow<'a, [u8]>),
    /// A key whose `[section` runs into a literal.
    Cut(&'a [u8]),
}

/// Cuts a line into tokens.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
    /// In FETCH, `BODY[HEADER.FIELDS (FROM)]<0>` is one token.
    sections: bool,
}

impl<'a> Tokens<'a> {
    pub(super) const fn of(line: &'a [u8]) -> Self {
        Self { rest: line, sections: false }
    }

    pub(super) const fn of_fetch(line: &'a [u8]) -> Self {
        Self { rest: line, sections: true }
    }

    fn quoted(&mut self) -> Token<'a> {
        let body = &self.rest[1..];
        let mut unescaped: Option<Vec<u8>> = None;
        let mut at = 0;
        while at < body.len() {
            match body[at] {
                b'"' => {
                    self.rest = &body[at + 1..];
                    return Token::Quoted(unescaped.map_or(Cow::Borrowed(&body[..at]), Cow::Owned));
                }
                b'\\' if at + 1 < body.len() => {
                    unescaped.get_or_insert_with(|| body[..at].to_vec()).push(body[at + 1]);
                    at += 2;
                }
                other => {
                    if let Some(text) = &mut unescaped {
                        text.push(other);
                    }
                    at += 1;
                }
            }
        }
        // Never closed: the line ends it.
        self.rest = &[];
        Token::Quoted(unescaped.map_or(Cow::Borrowed(body), Cow::Owned))
    }

    fn atom(&mut self) -> Token<'a> {
        let mut at = 0;
        while at < self.rest.len() && !b" ()".contains(&self.rest[at]) {
            if self.sections && self.rest[at] == b'[' {
                let Some(end) = section_end(&self.rest[at..]) else {
                    let cut = std::mem::take(&mut self.rest);
                    return Token::Cut(cut);
                };
                at += end;
            }
            at += 1;
        }
        let (atom, rest) = self.rest.split_at(at);
        self.rest = rest;
        Token::Atom(atom)
    }
}

/// Where the `]` of a section stands; header names may be quoted.
pub(super) fn section_end(text: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
        match self.rest.first()? {
            b'(' => {
                self.rest = &self.rest[1..];
                Some(Token::Open)
            }
            b')' => {
                self.rest = &self.rest[1..];
                Some(Token::Close)
            }
            b'"' => Some(self.quoted()),
            _ => Some(self.atom()),
        }
    }
}

/// A whole number without sign, as a server writes it, not above `most`.
pub(super) fn number(text: &[u8], most: u64) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|n| *n <= most)
}

/// Whether every byte may stand in an atom that imap-proto reads (RFC 9051, ATOM-CHAR).
pub(super) fn is_atom(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_into_tokens() {
        let line = br#"(UID 4 BODY[HEADER.FIELDS ("a]b" TO)]<0> "a\"b\\c" NIL)"#;
        let tokens: Vec<_> = Tokens::of_fetch(line).collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Atom(b"UID"),
                Token::Atom(b"4"),
                Token::Atom(b"BODY[HEADER.FIELDS (\"a]b\" TO)]<0>"),
                Token::Quoted(Cow::Borrowed(b"a\"b\\c")),
                Token::Atom(b"NIL"),
                Token::Close,
            ]
        );
        assert_eq!(
            Tokens::of_fetch(b"BODY[HEADER.FIELDS (").last(),
            Some(Token::Cut(b"BODY[HEADER.FIELDS ("))
        );
        assert_eq!(Tokens::of(b"\"open").last(), Some(Token::Quoted(Cow::Borrowed(b"open"))));
        assert_eq!(Tokens::of(b"[Gmail").last(), Some(Token::Atom(b"[Gmail")));
    }
}
