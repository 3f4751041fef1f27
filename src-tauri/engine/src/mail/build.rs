//! From what was written to the bytes of a mail (RFC 5322, MIME): one pass, any size, into any writer.

mod body;
mod header;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

use super::file_name;
use super::html::written_text;
use crate::model::{Address, Mailbox, Timestamp};
use header::Field;
use sha2::{Digest, Sha256};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// A file that is enclosed. Read while the mail is written: it may be large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// Its name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Where its bytes lie, zstd.
    pub path: PathBuf,
    /// Its size, unpacked.
    pub size: u64,
}

/// What a mail is made of. Whatever its texts hold, a mail of one header and one body comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// From: one mailbox.
    pub from: Mailbox,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc. Bcc is nowhere in a mail.
    pub cc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// The text as cleaned HTML (`html::clean_written`); the plain text is made from it.
    pub html: String,
    /// Message-ID, without brackets.
    pub message_id: String,
    /// Message-ID of what it answers, without brackets.
    pub in_reply_to: Option<String>,
    /// References, oldest first, without brackets.
    pub references: Vec<String>,
    /// Date.
    pub date: Timestamp,
    /// A test email's token.
    pub token: Option<String>,
    /// Enclosed files.
    pub files: Vec<Enclosed>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Bytes, with CRLF line ends.
    pub size: u64,
    /// An address has letters beyond ASCII before the `@`: only a server with SMTPUTF8 may get it (RFC 6532).
    pub needs_utf8: bool,
}

/// The header in which a test email carries its token.
pub const TEST_HEADER: &str = "X-Hatstand-Test";

/// Writes the mail. Its parts are text and HTML as alternatives, with the files around them, if there are any.
///
/// Line ends and control characters in names, subject and token become spaces. An address that cannot be
/// written, or an own Message-ID that is none, is `InvalidInput`, before anything was written. A file that is
/// not as large as it was said to be is `InvalidData`.
pub fn build(letter: &Letter, out: &mut impl Write) -> io::Result<Built> {
    let (fields, needs_utf8) = header::fields(letter)?;
    let mut out = BufWriter::with_capacity(64 * 1024, Counted { out, written: 0 });
    out.write_all(fields.as_bytes())?;
    let (inner, outer) = boundaries(&letter.message_id);
    if letter.files.is_empty() {
        texts(letter, &inner, &mut out)?;
    } else {
        write!(out, "Content-Type: multipart/mixed; boundary=\"{outer}\"\r\n\r\n--{outer}\r\n")?;
        texts(letter, &inner, &mut out)?;
        for (index, file) in (0..).zip(&letter.files) {
            write!(out, "--{outer}\r\n{}\r\n", file_fields(file, index))?;
            body::base64_file(file, &mut out)?;
            if file.size == 0 {
                // The line end before a boundary belongs to it; the one of the header cannot be that too.
                write!(out, "\r\n")?;
            }
        }
        write!(out, "--{outer}--\r\n")?;
    }
    out.flush()?;
    Ok(Built { size: out.get_ref().written, needs_utf8 })
}

/// A Message-ID, without brackets: 128 random bits at the domain of the sender. It tells nothing of this machine.
pub fn message_id(domain: &str, random: [u8; 16]) -> String {
    let (left, right) = random.split_at(8);
    let domain = domain.rsplit('@').next().unwrap_or_default();
    let domain = Address::from_parts("x", domain).map(|address| address.domain().to_owned());
    let good =
        |d: &String| d.len() <= 253 && d.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.[]:".contains(&b));
    // RFC 2606: a name that nobody has.
    let domain = domain.filter(good).unwrap_or_else(|| "mail.invalid".to_owned());
    format!("{}.{}@{domain}", hex(left), hex(right))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, b| out + &format!("{b:02x}"))
}

/// The boundaries of the texts and of the whole. `=_` stands in no quoted-printable and in no base64.
fn boundaries(message_id: &str) -> (String, String) {
    let sum = Sha256::digest(message_id.as_bytes());
    let sum = hex(sum.get(..12).unwrap_or_default());
    (format!("=_text_{sum}"), format!("=_mail_{sum}"))
}

/// The text in its two forms, the plainer first (RFC 2046, 5.1.4).
fn texts(letter: &Letter, boundary: &str, out: &mut impl Write) -> io::Result<()> {
    write!(out, "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n")?;
    let text = body::flowed(&written_text(&letter.html));
    for (kind, text) in
        [("plain; charset=utf-8; format=flowed", &text), ("html; charset=utf-8", &letter.html)]
    {
        write!(out, "--{boundary}\r\nContent-Type: text/{kind}\r\n")?;
        write!(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n")?;
        body::quoted_printable(text, out)?;
        write!(out, "\r\n")?;
    }
    write!(out, "--{boundary}--\r\n")
}

/// The header of a file's part.
fn file_fields(file: &Enclosed, index: u32) -> String {
    let media_type = media_type(&file.media_type);
    let name = file_name::safe(Some(&file.name), media_type, index);
    let mut out = String::new();
    for (field, value, tokens) in [
        ("Content-Type", media_type, header::old_parameter("name", &name)),
        ("Content-Disposition", "attachment", header::parameter("filename", &name)),
    ] {
        let mut field = Field::begin(&mut out, field);
        field.token(&format!("{value};"));
        field.tokens(&tokens);
        field.end();
    }
    out.push_str("Content-Transfer-Encoding: base64\r\n");
    out
}

/// The media type, where it is one. A message or multipart may not be in base64 (RFC 2046, 5.2.1): its name
/// tells what it is.
fn media_type(said: &str) -> &str {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    match said.split_once('/') {
        Some((kind, subtype))
            if said.len() <= 60
                && token(kind)
                && token(subtype)
                && !["message", "multipart"].iter().any(|no| kind.eq_ignore_ascii_case(no)) =>
        {
            said
        }
        _ => "application/octet-stream",
    }
}

/// Counts what passes.
struct Counted<'a, W> {
    out: &'a mut W,
    written: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
