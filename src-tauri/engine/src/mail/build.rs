//! From what was written to the bytes of a mail (RFC 5322, MIME): one pass, any size, into any writer.

use crate::model::{Mailbox, Timestamp};
use std::io::{self, Write};
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

/// Writes the mail.
pub fn build(_letter: &Letter, _out: &mut impl Write) -> io::Result<Built> {
    Err(io::Error::other("unfinished"))
}

/// A Message-ID, without brackets: 128 random bits at the domain of the sender. It tells nothing of this machine.
pub fn message_id(_domain: &str, _random: [u8; 16]) -> String {
    String::new()
}
