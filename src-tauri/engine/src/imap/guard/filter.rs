//! The guard's rules, without I/O: bytes of a server in, bytes that imap-proto reads without fail out.

use super::GuardError;
use super::fetch::{Fate, Fetch};
use super::named::{Kind, Named};
use super::put::{
    put_capabilities, put_search, put_status, put_tagged, put_text, put_vanished, split_literal, status_line,
};
use super::token::number;

/// The longest line, or part of a line between literals.
const LONGEST_LINE: usize = 64 * 1024;
/// A SEARCH answer is one line, whatever its length; it passes on in parts of about this size.
pub(super) const SEARCH_PART: usize = 8 * 1024;
/// The longest SEARCH answer: about two million UIDs.
const LONGEST_SEARCH: u64 = 16 * 1024 * 1024;
/// What an answer may hold beside one literal of the greatest size.
const BESIDE_LITERAL: u64 = 1024 * 1024;
/// So many lines that nobody asked for, one after the other, are an attack.
const MOST_DROPPED: u32 = 100_000;

/// Answers that come with most commands and that the session does not read.
const UNNEEDED: &[&[u8]] = &[b"FLAGS", b"ID", b"ENABLED"];

/// The answer whose end has not come yet.
#[derive(Debug)]
enum Open {
    None,
    Fetch(Fetch),
    Named(Named),
    Search,
    /// Of a usual kind that nobody reads.
    Unneeded,
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
                Open::None | Open::Search | Open::Unneeded | Open::Skip => {}
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
            Open::Fetch(_) | Open::Named(_) | Open::Unneeded | Open::Skip => self.data(line, out),
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
                let usual = UNNEEDED.contains(&first.as_slice()) || second == b"RECENT";
                self.open = if usual { Open::Unneeded } else { Open::Skip };
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
            Open::None | Open::Search | Open::Unneeded | Open::Skip => (Fate::Drop, false),
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
        let ended = std::mem::replace(&mut self.open, Open::None);
        self.size = 0;
        if passed {
            self.dropped_in_a_row = 0;
            return;
        }
        self.dropped_in_a_row += 1;
        if !matches!(ended, Open::Unneeded) {
            self.dropped += 1;
        }
    }
}
