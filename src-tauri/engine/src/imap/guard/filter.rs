//! The guard's rules, without I/O: bytes of a server in, bytes that imap-proto reads without fail out.

use super::GuardError;
use super::fetch::{Fate, Fetch};
use super::named::{Kind, Named};
use super::token::{is_atom, number};

/// The longest line, or part of a line between literals.
const LONGEST_LINE: usize = 64 * 1024;
/// A SEARCH answer is one line, whatever its length; it passes on in parts of about this size.
const SEARCH_PART: usize = 8 * 1024;
/// The longest SEARCH answer: about two million UIDs.
const LONGEST_SEARCH: u64 = 16 * 1024 * 1024;
/// What an answer may hold beside one literal of the greatest size.
const BESIDE_LITERAL: u64 = 1024 * 1024;
/// So many lines that nobody asked for, one after the other, are an attack.
const MOST_DROPPED: u32 = 100_000;

/// The answer whose end has not come yet.
#[derive(Debug)]
enum Open {
    None,
    Fetch(Fetch),
    Named(Named),
    Search,
    /// Of an unwanted kind.
    Skip,
}

/// Frames lines and literals; lets pass what was asked for.
#[derive(Debug)]
pub(super) struct Filter {
    greeting_due: bool,
    line: Vec<u8>,
    open: Open,
    /// What is missing of the current literal, and what becomes of it.
    literal: u64,
    fate: Fate,
    collected: Vec<u8>,
    /// Bytes of the current answer.
    size: u64,
    literal_cap: u64,
    dropped: u64,
    dropped_in_a_row: u32,
}

impl Filter {
    pub(super) const fn new(greeting_due: bool, literal_cap: u64) -> Self {
        Self {
            greeting_due,
            line: Vec::new(),
            open: Open::None,
            literal: 0,
            fate: Fate::Drop,
            collected: Vec::new(),
            size: 0,
            literal_cap,
            dropped: 0,
            dropped_in_a_row: 0,
        }
    }

    pub(super) const fn set_literal_cap(&mut self, cap: u64) {
        self.literal_cap = cap;
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// An answer has begun and not ended.
    #[cfg(test)]
    pub(super) const fn is_within(&self) -> bool {
        !matches!(self.open, Open::None) || self.literal > 0
    }

    pub(super) fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), GuardError> {
        while !input.is_empty() {
            if self.literal > 0 {
                let take = usize::try_from(self.literal).unwrap_or(usize::MAX).min(input.len());
                let (bytes, rest) = input.split_at(take);
                match self.fate {
                    Fate::Pass => out.extend_from_slice(bytes),
                    Fate::Collect => self.collected.extend_from_slice(bytes),
                    Fate::Drop => {}
                }
                input = rest;
                self.literal -= take as u64;
                if self.literal == 0 {
                    self.literal_ended();
                }
                continue;
            }
            let Some(end) = input.iter().position(|&b| b == b'\n') else {
                self.line.extend_from_slice(input);
                return self.unfinished(out);
            };
            self.line.extend_from_slice(&input[..end]);
            input = &input[end + 1..];
            if self.line.len() > LONGEST_LINE {
                self.unfinished(out)?;
            }
            let mut line = std::mem::take(&mut self.line);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            self.size += line.len() as u64;
            self.fragment(&line, out)?;
            line.clear();
            self.line = line;
        }
        Ok(())
    }

    fn literal_ended(&mut self) {
        if self.fate == Fate::Collect {
            let bytes = std::mem::take(&mut self.collected);
            match &mut self.open {
                Open::Fetch(fetch) => fetch.collected(bytes),
                Open::Named(named) => named.collected(bytes),
                Open::None | Open::Search | Open::Skip => {}
            }
        }
    }

    /// The line is not at its end yet and must not grow for ever.
    fn unfinished(&mut self, out: &mut Vec<u8>) -> Result<(), GuardError> {
        if self.greeting_due && self.line.first().is_some_and(|&b| b != b'*') {
            return Err(GuardError::NotImap(self.line.clone()));
        }
        let search = matches!(self.open, Open::Search)
            || (matches!(self.open, Open::None)
                && self.line.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"* SEARCH ")));
        if search && self.line.len() > SEARCH_PART {
            let end = self.line.iter().rposition(|&b| b == b' ').unwrap_or(0);
            let part: Vec<u8> = self.line.drain(..end).collect();
            let numbers =
                if matches!(self.open, Open::Search) { &part[..] } else { &part[9.min(part.len())..] };
            put_search(numbers, out);
            self.open = Open::Search;
            self.size += part.len() as u64;
            if self.size > LONGEST_SEARCH {
                return Err(GuardError::AnswerTooLong);
            }
        }
        if self.line.len() > LONGEST_LINE { Err(GuardError::LineTooLong) } else { Ok(()) }
    }

    fn fragment(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<(), GuardError> {
        if self.greeting_due {
            let greets = status_line(line.strip_prefix(b"* ").unwrap_or_default());
            if !greets.is_some_and(|word| ["OK", "PREAUTH", "BYE"].contains(&word)) {
                return Err(GuardError::NotImap(line.to_vec()));
            }
            self.greeting_due = false;
        }
        if let (Open::None, Some(rest)) = (&self.open, line.strip_prefix(b"* ")) {
            return self.untagged(line, rest, out);
        }
        match &self.open {
            Open::None => {
                let passes = match line.strip_prefix(b"+") {
                    Some(rest) => {
                        out.extend_from_slice(b"+ ");
                        put_text(rest.strip_prefix(b" ").unwrap_or(rest), out);
                        out.extend_from_slice(b"\r\n");
                        true
                    }
                    None => put_tagged(line, out),
                };
                self.ended(passes);
                Ok(())
            }
            Open::Search => {
                let passes = put_search(line, out);
                self.ended(passes);
                Ok(())
            }
            Open::Fetch(_) | Open::Named(_) | Open::Skip => self.data(line, out),
        }
    }

    fn untagged(&mut self, line: &[u8], rest: &[u8], out: &mut Vec<u8>) -> Result<(), GuardError> {
        if let Some(word) = status_line(rest) {
            out.extend_from_slice(b"* ");
            put_status(word, &rest[word.len()..], out);
            self.ended(true);
            return Ok(());
        }
        let mut words = rest.splitn(3, |&b| b == b' ').map(<[u8]>::to_ascii_uppercase);
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let most = u64::from(u32::MAX);
        match (first.as_slice(), second.as_slice()) {
            (b"LIST", _) => {
                self.open = Open::Named(Named::new(Kind::List));
                self.data(&rest[4..], out)
            }
            (b"STATUS", _) => {
                self.open = Open::Named(Named::new(Kind::Status));
                self.data(&rest[6..], out)
            }
            (b"SEARCH", _) => {
                let passes = put_search(&rest[6..], out);
                self.ended(passes);
                Ok(())
            }
            (b"CAPABILITY", _) => {
                put_capabilities(&rest[10..], out);
                self.ended(true);
                Ok(())
            }
            (b"VANISHED", _) => {
                let passes = put_vanished(&rest[8..], out);
                self.ended(passes);
                Ok(())
            }
            (digits, b"EXISTS" | b"EXPUNGE") if number(digits, most).is_some() => {
                out.extend_from_slice(b"* ");
                out.extend_from_slice(digits);
                out.push(b' ');
                out.extend_from_slice(&second);
                out.extend_from_slice(b"\r\n");
                self.ended(true);
                Ok(())
            }
            (digits, b"FETCH") if number(digits, most).is_some() => {
                let sequence = number(digits, most).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
                self.open = Open::Fetch(Fetch::new(sequence));
                self.data(rest.get(digits.len() + 6..).unwrap_or_default(), out)
            }
            _ => {
                self.open = Open::Skip;
                self.data(line, out)
            }
        }
    }

    /// A part of an answer in which literals may stand.
    fn data(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), GuardError> {
        let (text, literal) = split_literal(text)?;
        if let Some(size) = literal {
            if size > self.literal_cap {
                return Err(GuardError::LiteralTooLarge(size));
            }
            self.size += size;
            if self.size > self.literal_cap.saturating_add(BESIDE_LITERAL) {
                return Err(GuardError::AnswerTooLong);
            }
        }
        let (fate, passed) = match &mut self.open {
            Open::Fetch(fetch) => {
                let fate = fetch.fragment(text, literal, out);
                (fate, fetch.began)
            }
            Open::Named(named) => named.fragment(text, literal, out),
            Open::None | Open::Search | Open::Skip => (Fate::Drop, false),
        };
        match literal {
            None => self.ended(passed),
            Some(size) => {
                self.literal = size;
                self.fate = fate;
                if size == 0 {
                    self.literal_ended();
                }
            }
        }
        if self.dropped_in_a_row > MOST_DROPPED { Err(GuardError::Flood) } else { Ok(()) }
    }

    fn ended(&mut self, passed: bool) {
        self.open = Open::None;
        self.size = 0;
        if passed {
            self.dropped_in_a_row = 0;
        } else {
            self.dropped += 1;
            self.dropped_in_a_row += 1;
        }
    }
}

/// `{n}` or `~{n}` at the end announces a literal of n bytes.
fn split_literal(text: &[u8]) -> Result<(&[u8], Option<u64>), GuardError> {
    let Some(inner) = text.strip_suffix(b"}") else { return Ok((text, None)) };
    let Some(brace) = inner.iter().rposition(|&b| b == b'{') else { return Ok((text, None)) };
    let digits = &inner[brace + 1..];
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Ok((text, None));
    }
    let before = inner[..brace].strip_suffix(b"~").unwrap_or(&inner[..brace]);
    if before.last().is_some_and(|&b| b != b' ' && b != b'(') {
        return Ok((text, None));
    }
    number(digits, u64::MAX >> 1)
        .map_or(Err(GuardError::LiteralTooLarge(u64::MAX)), |size| Ok((before, Some(size))))
}

/// The status word that a line begins with.
fn status_line(rest: &[u8]) -> Option<&'static str> {
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].into_iter().find(|word| {
        rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            && matches!(rest.get(word.len()), None | Some(b' '))
    })
}

fn put_tagged(line: &[u8], out: &mut Vec<u8>) -> bool {
    let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    let (tag, rest) = line.split_at(end);
    let ours = tag.len() > 1 && tag[0] == b'H' && tag[1..].iter().all(u8::is_ascii_digit);
    match status_line(rest.get(1..).unwrap_or_default()) {
        Some(word @ ("OK" | "NO" | "BAD")) if ours => {
            out.extend_from_slice(tag);
            out.push(b' ');
            put_status(word, &rest[1 + word.len()..], out);
            true
        }
        _ => false,
    }
}

fn put_status(word: &str, text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(word.as_bytes());
    out.push(b' ');
    put_text(text.strip_prefix(b" ").unwrap_or(text), out);
    out.extend_from_slice(b"\r\n");
}

/// The text of a status or continuation. imap-proto panics when the byte after a response code's `]` is not
/// ASCII, and takes `{n}` in a code for a literal.
fn put_text(text: &[u8], out: &mut Vec<u8>) {
    let code = text.first() == Some(&b'[');
    for (at, &byte) in text.iter().enumerate() {
        if code && byte >= 0x80 && at > 0 && text[at - 1] == b']' {
            out.push(b' ');
        }
        out.push(match byte {
            0..=31 | 127 => b' ',
            b'{' if code => b'(',
            other => other,
        });
    }
}

/// The numbers of a SEARCH answer; `(MODSEQ n)` at its end is left out (RFC 7162, section 3.1.5).
fn put_search(text: &[u8], out: &mut Vec<u8>) -> bool {
    let end = text.iter().position(|&b| b == b'(').unwrap_or(text.len());
    let mut words = text[..end].split(|&b| b == b' ').peekable();
    while words.peek().is_some() {
        out.extend_from_slice(b"* SEARCH");
        let mut length = 0;
        for word in words.by_ref() {
            if number(word, u64::from(u32::MAX)).is_some() {
                out.push(b' ');
                out.extend_from_slice(word);
                length += word.len() + 1;
                // async-imap parses a line anew whenever more of it has come: long lines would cost squares.
                if length > SEARCH_PART / 4 {
                    break;
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    true
}

/// imap-proto asks for IMAP4rev1 in every list, and takes a longer name that begins so for it.
fn put_capabilities(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"* CAPABILITY IMAP4rev1");
    for word in text.split(|&b| b == b' ').filter(|word| is_atom(word)) {
        if !word.to_ascii_uppercase().starts_with(b"IMAP4REV1") {
            out.push(b' ');
            out.extend_from_slice(word);
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn put_vanished(text: &[u8], out: &mut Vec<u8>) -> bool {
    let text = text.trim_ascii();
    let earlier = text.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"(EARLIER)"));
    let set = if earlier { text[9..].trim_ascii() } else { text };
    let most = u64::from(u32::MAX);
    let range = |part: &[u8]| part.splitn(2, |&b| b == b':').all(|end| number(end, most).is_some());
    if !set.split(|&b| b == b',').all(range) {
        return false;
    }
    out.extend_from_slice(if earlier { b"* VANISHED (EARLIER) " } else { b"* VANISHED " });
    out.extend_from_slice(set);
    out.extend_from_slice(b"\r\n");
    true
}
