//! LIST and STATUS answers on their way through the guard: put together whole, because a mailbox name may be a
//! literal, and passed on with the name as a literal, so that nothing in it needs escaping.

use super::fetch::{Fate, quote};
use super::token::{Token, Tokens, number};

/// Longer names, and answers with more tokens, are no folders of people.
const LONGEST_NAME: u64 = 4096;
const MOST_TOKENS: usize = 200;

/// Name attributes that imap-proto reads as what they are (it takes `\AllMail` for `\All` and stumbles).
const ATTRIBUTES: &[&str] = &[
    "\\Noinferiors",
    "\\Noselect",
    "\\Marked",
    "\\Unmarked",
    "\\NonExistent",
    "\\HasChildren",
    "\\HasNoChildren",
    "\\Subscribed",
    "\\Remote",
    "\\All",
    "\\Archive",
    "\\Drafts",
    "\\Flagged",
    "\\Junk",
    "\\Sent",
    "\\Trash",
    "\\Important",
];
const STATUS_ITEMS: &[&str] = &["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"];

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Open,
    Close,
    Atom(Vec<u8>),
    Text(Vec<u8>),
}

/// Which answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `* LIST (attributes) delimiter name …`
    List,
    /// `* STATUS name (items)`
    Status,
}

/// One answer, fragment by fragment.
#[derive(Debug)]
pub(super) struct Named {
    kind: Kind,
    pieces: Vec<Piece>,
}

impl Named {
    pub(super) const fn new(kind: Kind) -> Self {
        Self { kind, pieces: Vec::new() }
    }

    /// Takes the text up to a literal, or up to the end: then the answer passes, if it is one.
    pub(super) fn fragment(&mut self, text: &[u8], literal: Option<u64>, out: &mut Vec<u8>) -> (Fate, bool) {
        for token in Tokens::of(text).take(MOST_TOKENS.saturating_sub(self.pieces.len())) {
            self.pieces.push(match token {
                Token::Open => Piece::Open,
                Token::Close => Piece::Close,
                Token::Atom(atom) | Token::Cut(atom) => Piece::Atom(atom.to_vec()),
                Token::Quoted(text) => Piece::Text(text.into_owned()),
            });
        }
        match literal {
            Some(size) if size <= LONGEST_NAME => (Fate::Collect, false),
            Some(_) => (Fate::Drop, false),
            None => {
                let whole = match self.kind {
                    Kind::List => self.list(),
                    Kind::Status => self.status(),
                };
                let passed = whole.is_some();
                out.extend(whole.unwrap_or_default());
                (Fate::Drop, passed)
            }
        }
    }

    /// The bytes of a literal that was to be collected.
    pub(super) fn collected(&mut self, bytes: Vec<u8>) {
        self.pieces.push(Piece::Text(bytes));
    }

    fn list(&self) -> Option<Vec<u8>> {
        let Some((Piece::Open, rest)) = self.pieces.split_first() else { return None };
        let close = rest.iter().position(|piece| *piece == Piece::Close)?;
        let known = rest[..close].iter().filter_map(|piece| match piece {
            Piece::Atom(atom) => ATTRIBUTES.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(atom)),
            _ => None,
        });
        let attributes: Vec<&str> = known.copied().collect();
        let [delimiter, name, ..] = &rest[close + 1..] else { return None };
        let mut out = format!("* LIST ({}) ", attributes.join(" ")).into_bytes();
        match delimiter {
            Piece::Text(one) if one.len() == 1 && one[0].is_ascii_graphic() => quote(one, &mut out),
            Piece::Text(_) | Piece::Atom(_) => out.extend_from_slice(b"NIL"),
            Piece::Open | Piece::Close => return None,
        }
        put_name(name, &mut out)?;
        out.extend_from_slice(b"\r\n");
        Some(out)
    }

    fn status(&self) -> Option<Vec<u8>> {
        let [name, Piece::Open, items @ ..] = self.pieces.as_slice() else { return None };
        let mut out = b"* STATUS".to_vec();
        put_name(name, &mut out)?;
        let mut kept: Vec<String> = Vec::new();
        for pair in items.windows(2) {
            if let [Piece::Atom(key), Piece::Atom(value)] = pair
                && let Some(key) =
                    STATUS_ITEMS.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(key))
            {
                let most = if *key == "HIGHESTMODSEQ" { u64::MAX } else { u64::from(u32::MAX) };
                kept.extend(number(value, most).map(|value| format!("{key} {value}")));
            }
        }
        out.extend_from_slice(format!(" ({})\r\n", kept.join(" ")).as_bytes());
        Some(out)
    }
}

/// ` {n}CRLF name`. A name that is no UTF-8, or has control characters, could not be sent back.
fn put_name(piece: &Piece, out: &mut Vec<u8>) -> Option<()> {
    let (Piece::Atom(name) | Piece::Text(name)) = piece else { return None };
    let text = std::str::from_utf8(name).ok()?;
    if text.chars().any(char::is_control) {
        return None;
    }
    out.extend_from_slice(format!(" {{{}}}\r\n{text}", name.len()).as_bytes());
    Some(())
}
