//! Bodies made fit for mail: quoted-printable, base64, flowed text.

use super::Enclosed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

/// Characters of a line of flowed text (RFC 3676, 4.2).
const FLOWED: usize = 76;
/// Characters of an encoded line before the `=` of a soft break (RFC 2045, 6.7).
const ENCODED: usize = 75;
/// Bytes that make a line of 76 characters in base64.
const BASE64_LINE: usize = 57;

/// Writes text in quoted-printable. LF and CRLF are line ends; everything else comes out as it went in. NUL is
/// left out: no text has it, and servers refuse it. A line never begins with a dot or as mbox's `From `, and no
/// boundary can stand in it.
pub(super) fn quoted_printable(text: &str, out: &mut impl Write) -> io::Result<()> {
    let text = text.replace('\0', "").replace("\r\n", "\n");
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.write_all(b"\r\n")?;
        }
        let mut used = 0;
        for (at, b) in line.bytes().enumerate() {
            let length = if is_literal(line, at, b, used) { 1 } else { 3 };
            if used + length > ENCODED {
                out.write_all(b"=\r\n")?;
                used = 0;
            }
            // Asked again: the break may have brought a dot to the start of a line.
            if is_literal(line, at, b, used) {
                out.write_all(&[b])?;
                used += 1;
            } else {
                write!(out, "={b:02X}")?;
                used += 3;
            }
        }
    }
    Ok(())
}

/// Whether the byte at `at` stands for itself, `used` characters after the start of an encoded line.
fn is_literal(line: &str, at: usize, b: u8, used: usize) -> bool {
    match b {
        b'=' => false,
        b'.' => used > 0,
        b'F' => used > 0 || !line.get(at..).is_some_and(|rest| rest.starts_with("From ")),
        b' ' | b'\t' => at + 1 < line.len(),
        b => b.is_ascii_graphic(),
    }
}

/// Writes a file in base64, a piece at a time. A file of another size than was said is an error: the mail
/// would not be the one that was looked at.
pub(super) fn base64_file(file: &Enclosed, out: &mut impl Write) -> io::Result<()> {
    let mut bytes = zstd::Decoder::with_buffer(BufReader::new(File::open(&file.path)?))?;
    let mut line = [0; BASE64_LINE];
    let mut text = String::with_capacity(BASE64_LINE / 3 * 4);
    let mut read: u64 = 0;
    loop {
        let length = fill(&mut bytes, &mut line)?;
        read += length as u64;
        if read > file.size || (length < line.len() && read != file.size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "An attachment has changed."));
        }
        if length > 0 {
            text.clear();
            STANDARD.encode_string(line.get(..length).unwrap_or_default(), &mut text);
            text.push_str("\r\n");
            out.write_all(text.as_bytes())?;
        }
        if length < line.len() {
            return Ok(());
        }
    }
}

/// Reads until the buffer is full or there is no more.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Plain text as `format=flowed` (RFC 3676): long lines are broken, and a reader puts them together again.
pub(super) fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        let body = line.trim_start_matches('>');
        let depth = line.len() - body.len();
        let marks = line.get(..depth).unwrap_or_default();
        let body = if depth > 0 { body.strip_prefix(' ').unwrap_or(body) } else { body };
        if body == "-- " {
            begin(marks, body, &mut out);
            out.push_str("-- \n");
            continue;
        }
        let mut rest = body.trim_end_matches(' ');
        loop {
            begin(marks, rest, &mut out);
            let Some(end) = break_at(rest, FLOWED.saturating_sub(marks.len() + 1)) else { break };
            let (piece, after) = rest.split_at(end);
            out.push_str(piece);
            out.push('\n');
            rest = after;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

/// What stands before a line's text: quote marks, or a space where the text could be taken for something else.
fn begin(marks: &str, text: &str, out: &mut String) {
    out.push_str(marks);
    let stuffed = text.starts_with([' ', '>']) || text.starts_with("From ");
    if !marks.is_empty() || stuffed {
        out.push(' ');
    }
}

/// Where a line of at most `width` characters ends, its last space with it. `None`: all of it is one line.
fn break_at(text: &str, width: usize) -> Option<usize> {
    let mut last = None;
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count >= width && last.is_some() {
            break;
        }
        // A line of two dashes would begin a signature.
        if c == ' ' && text.get(..at) != Some("--") {
            last = Some(at + 1);
        }
    }
    last.filter(|_| text.chars().nth(width).is_some())
}
