//! Commands, put together from typed values, so that no value can become a command of its own.

use super::Capabilities;
use crate::model::{Cause, Failure};

/// The longest command line, literals included (RFC 7162, section 4, asks servers for 8,192).
pub(super) const LONGEST: usize = 8 * 1024;
/// What LITERAL- lets through without waiting.
const SMALL_LITERAL: usize = 4096;

/// A command without its tag, in pieces: before each piece but the first the server must say `+`.
#[derive(Debug)]
pub(super) struct Command {
    pieces: Vec<Vec<u8>>,
    non_synchronising: usize,
    /// Text that must not be seen in what the server says back.
    pub(super) secrets: Vec<String>,
}

impl Command {
    /// Begins with fixed words.
    pub(super) fn new(words: &str, capabilities: &Capabilities) -> Self {
        let non_synchronising = match () {
            () if capabilities.literal_plus() => usize::MAX,
            () if capabilities.literal_minus() => SMALL_LITERAL,
            () => 0,
        };
        Self { pieces: vec![words.as_bytes().to_vec()], non_synchronising, secrets: Vec::new() }
    }

    /// Adds fixed words, or values that are numbers or were checked.
    pub(super) fn words(&mut self, words: &str) {
        debug_assert!(!words.contains(['\r', '\n', '\0']));
        self.last().extend_from_slice(words.as_bytes());
    }

    /// Adds a string: quoted, or as a literal where it is not ASCII. CR, LF and NUL are refused.
    pub(super) fn string(&mut self, text: &str) -> Result<(), Failure> {
        if text.contains(['\r', '\n', '\0']) {
            return Err(Failure::said(Cause::Unknown, "A line break in a value that is sent to the server."));
        }
        if text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.len() < 1000 {
            let line = self.last();
            line.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' || byte == b'\\' {
                    line.push(b'\\');
                }
                line.push(byte);
            }
            line.push(b'"');
        } else if text.len() <= self.non_synchronising {
            let line = self.last();
            line.extend_from_slice(format!("{{{}+}}\r\n", text.len()).as_bytes());
            line.extend_from_slice(text.as_bytes());
        } else {
            self.last().extend_from_slice(format!("{{{}}}\r\n", text.len()).as_bytes());
            self.pieces.push(text.as_bytes().to_vec());
        }
        Ok(())
    }

    /// The same for a secret: it is taken out of what the server says back.
    pub(super) fn secret(&mut self, text: &str) -> Result<(), Failure> {
        self.secrets.push(text.to_owned());
        // As a server may echo it, were it quoted.
        self.secrets.push(text.replace('\\', "\\\\").replace('"', "\\\""));
        self.string(text)
    }

    /// The pieces with tag and end.
    pub(super) fn pieces(&self, tag: &str) -> Vec<Vec<u8>> {
        let mut pieces = self.pieces.clone();
        if let Some(first) = pieces.first_mut() {
            *first = [tag.as_bytes(), b" ", first].concat();
        }
        if let Some(last) = pieces.last_mut() {
            last.extend_from_slice(b"\r\n");
        }
        pieces
    }

    /// How long it has become.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    fn last(&mut self) -> &mut Vec<u8> {
        if self.pieces.is_empty() {
            self.pieces.push(Vec::new());
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(capabilities: &str, text: &str) -> Result<Vec<String>, Failure> {
        let mut command = Command::new("X ", &Capabilities::of_words(capabilities));
        command.string(text)?;
        command.words(" Y");
        Ok(command.pieces("H1").into_iter().map(|piece| String::from_utf8(piece).unwrap()).collect())
    }

    #[test]
    fn values_stay_values() {
        assert_eq!(sent("", r#"a"b\c"#).unwrap(), [r#"H1 X "a\"b\\c" Y"#.to_owned() + "\r\n"]);
        assert_eq!(sent("", "ä").unwrap(), ["H1 X {2}\r\n", "ä Y\r\n"]);
        assert_eq!(sent("LITERAL+", "ä").unwrap(), ["H1 X {2+}\r\nä Y\r\n"]);
        assert_eq!(sent("LITERAL-", &"ä".repeat(3000)).unwrap().len(), 2);
        for bad in ["a\r\nH2 DELETE INBOX", "a\nb", "a\0b"] {
            assert_eq!(sent("LITERAL+", bad).unwrap_err().cause, Cause::Unknown, "{bad:?}");
        }
    }
}
