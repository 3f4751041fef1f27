//! Ten thousand letters that want to be more than one letter.

use super::{Enclosed, Letter, TEST_HEADER, build};
use crate::mail::html::written_text;
use crate::mail::words::for_people;
use crate::mail::{FromField, attachment, clean_written, file_name, parse};
use crate::model::{Address, Mailbox, Timestamp};
use std::io;
use std::path::Path;

/// splitmix64: the same letters for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }

    /// Pieces in a row.
    fn text(&mut self, most: usize) -> String {
        let count = self.roll(most + 1);
        let mut out: String = (0..count).map(|_| self.one(PIECES)).collect();
        if self.roll(60) == 0 {
            let piece = self.one(&["x", "ü", "漢", ". ", "=", "\"", "\r\n", " "]);
            out += &piece.repeat(1 + self.roll(1_500));
        }
        out
    }

    fn mailboxes(&mut self, most: usize) -> Vec<Mailbox> {
        let count = self.roll(most + 1);
        (0..count).map(|_| Mailbox { name: self.text(4), address: self.one(ADDRESSES).to_owned() }).collect()
    }
}

const PIECES: &[&str] = &[
    "\r\nBcc: evil@x.example\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "\r\n.\r\n",
    "\n.\n",
    ".",
    "..",
    "\0",
    "\t",
    " ",
    "  ",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "\u{202e}",
    "\u{7f}",
    "Anna",
    "Meyer, Anna",
    "Grüße",
    "写真",
    "👩‍👩‍👧",
    "\"",
    "\\",
    "<evil@x.example>",
    "evil@x.example",
    "(",
    ")",
    ",",
    ";",
    ":",
    "=?utf-8?q?x?=",
    "=?",
    "?=",
    "=",
    "=20",
    "=_text_",
    "\r\n--=_mail_00\r\n",
    "--",
    "-- ",
    "From ",
    "\nFrom x\n",
    "\n> ",
    ">",
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<br>",
    "<li>",
    "<a href=\"https://x.example/?a=1&amp;b=2\">",
    "</a>",
    "<blockquote>",
    "</blockquote>",
    "<div class=\"signature\">",
    "</div>",
    "<script>x</script>",
    "&amp;",
    "&lt;b&gt;",
    "&#13;&#10;",
    "&#0;",
    "a/b\\c",
    "%0d%0a",
];

const ADDRESSES: &[&str] = &[
    "jo@client.example",
    "anna@münchen.example",
    "jö@client.example",
    "写真@写真.example",
    "john smith@client.example",
    "a\"b\\c@client.example",
    "a,b@client.example",
    "<x>@client.example",
    "jo@client.example, evil@x.example",
    "\"jo>,<evil@x.example",
    "jo@[192.0.2.1]",
    "o'neil+tag@client.example",
    "very.long.local.part.that.goes.on.and.on.and.on.until.it.is.long@a.very.long.domain.that.goes.on.client.example",
];

const BAD_ADDRESSES: &[&str] = &[
    "jo@client.example\r\nBcc: evil@x.example",
    "jo\n@client.example",
    "\0jo@client.example",
    "jo@client.example>",
    "jo@client .example",
    "jo@\u{ff1c}x.example",
    "jo",
    "",
    "\u{2029}@client.example",
];

fn letter(dice: &mut Dice, files: &[Enclosed]) -> Letter {
    let ids =
        |dice: &mut Dice, most: usize| -> Vec<String> {
            let count = dice.roll(most + 1);
            (0..count)
                .map(|n| {
                    if dice.roll(4) == 0 { dice.text(3) } else { format!("{n}.{}@x.example", dice.roll(999)) }
                })
                .collect()
        };
    let enclosed = if dice.roll(4) == 0 { dice.roll(3) } else { 0 };
    Letter {
        from: Mailbox { name: dice.text(3), address: dice.one(ADDRESSES).to_owned() },
        to: dice.mailboxes(4),
        cc: dice.mailboxes(2),
        subject: dice.text(8),
        html: clean_written(&dice.text(16)),
        message_id: format!("{}.x@studio.example", dice.0),
        in_reply_to: ids(dice, 1).pop(),
        references: ids(dice, 30),
        date: Timestamp::from_seconds(1_772_357_400),
        token: (dice.roll(3) == 0).then(|| dice.text(2)),
        files: (0..enclosed)
            .map(|_| Enclosed {
                name: dice.text(5),
                media_type: dice.text(1),
                ..files[dice.roll(files.len())].clone()
            })
            .collect(),
    }
}

/// What mail servers ask of every line, and the names of the header's fields.
fn fields(raw: &[u8], utf8: bool) -> Vec<String> {
    let text = std::str::from_utf8(raw).unwrap();
    assert!(text.ends_with("\r\n") && !text.contains('\0'));
    assert!(utf8 || text.is_ascii());
    let mut names = Vec::new();
    let mut body = false;
    for line in text.split("\r\n") {
        assert!(line.len() <= 998, "{}", line.len());
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        assert!(!line.starts_with('.'), "{line:?}");
        body |= line.is_empty();
        if !body && !line.starts_with(' ') {
            names.push(line.split_once(':').unwrap().0.to_owned());
        }
        assert!(body || !line.trim().is_empty());
    }
    names
}

fn expected_fields(letter: &Letter) -> Vec<&'static str> {
    let legal = |id: &String| id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    let legal = |id: &&String| !id.is_empty() && id.len() <= 900 && legal(id);
    let mut names = vec!["From"];
    if !letter.to.is_empty() || letter.cc.is_empty() {
        names.push("To");
    }
    if !letter.cc.is_empty() {
        names.push("Cc");
    }
    names.extend(["Subject", "Date", "Message-ID"]);
    if letter.in_reply_to.iter().any(|id| legal(&id)) {
        names.push("In-Reply-To");
    }
    if letter.references.iter().any(|id| legal(&id)) {
        names.push("References");
    }
    if letter.token.is_some() {
        names.push(TEST_HEADER);
    }
    names.extend(["MIME-Version", "Content-Type"]);
    names
}

fn address(text: &str) -> String {
    let (local, domain) = text.rsplit_once('@').unwrap();
    Address::from_parts(local, domain).unwrap().to_string()
}

fn same_mailboxes(read: &[Mailbox], chosen: &[Mailbox]) {
    let chosen: Vec<Mailbox> = chosen
        .iter()
        .map(|m| Mailbox {
            name: for_people(&m.name).trim_matches([',', ' ']).to_owned(),
            address: address(&m.address),
        })
        .collect();
    assert_eq!(read, chosen);
}

/// The lines of a text, quote marks in one dress, without spaces at the ends.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let body = line.trim_start_matches('>');
            let marks = &line[..line.len() - body.len()];
            let body = if marks.is_empty() { body } else { body.strip_prefix(' ').unwrap_or(body) };
            format!("{marks} {}", body.trim_end_matches(' '))
        })
        .collect()
}

fn check(letter: &Letter, raw: &[u8], needs_utf8: bool, bytes: &dyn Fn(&Path) -> Vec<u8>) {
    assert_eq!(fields(raw, needs_utf8), expected_fields(letter));
    let all = || std::iter::once(&letter.from).chain(&letter.to).chain(&letter.cc);
    assert_eq!(needs_utf8, all().any(|m| !m.address.rsplit_once('@').unwrap().0.is_ascii()));
    let read = parse(raw);
    assert!(!read.unparsable && !read.automatic);
    assert!(
        matches!(&read.deciding.from, FromField::One(one) if one.as_str() == address(&letter.from.address))
    );
    same_mailboxes(std::slice::from_ref(&read.from), std::slice::from_ref(&letter.from));
    same_mailboxes(&read.cc, &letter.cc);
    if !letter.to.is_empty() {
        same_mailboxes(&read.to, &letter.to);
    }
    assert!(read.deciding.bcc.is_empty());
    assert_eq!(read.subject, for_people(&letter.subject));
    assert_eq!(read.deciding.message_id.as_deref(), Some(letter.message_id.as_str()));
    assert_eq!(read.date, Some(letter.date));
    assert_eq!(read.html.unwrap_or_default().replace("\r\n", "\n"), letter.html);
    let text = written_text(&letter.html);
    if !text.trim().is_empty() {
        assert_eq!(lines(&read.text), lines(&text), "{:?}", letter.html);
    }
    assert_eq!(read.attachments.len(), letter.files.len());
    for (index, file) in (0..).zip(&letter.files) {
        let (found, content) = attachment(raw, index).unwrap();
        assert_eq!(found.name, file_name::safe(Some(&file.name), &found.media_type, index));
        assert!(content == bytes(&file.path), "the bytes of {:?}", file.name);
    }
    // Another reader sees the same.
    let other = mail_parser::MessageParser::default().parse(raw).unwrap();
    assert_eq!(other.attachment_count(), letter.files.len());
    assert_eq!(other.body_html(0).unwrap_or_default().replace("\r\n", "\n"), letter.html);
    assert_eq!(other.message_id(), Some(letter.message_id.as_str()));
    assert!(other.bcc().is_none());
    assert_eq!(for_people(other.subject().unwrap_or_default()), for_people(&letter.subject));
}

#[test]
fn ten_thousand_letters_are_one_letter_each() {
    let folder = tempfile::tempdir().unwrap();
    let contents: Vec<Vec<u8>> =
        vec![Vec::new(), b"--=_mail_\r\n.\r\nFrom x\n\0".repeat(40), (0..=255).cycle().take(5_000).collect()];
    let files: Vec<Enclosed> = contents
        .iter()
        .enumerate()
        .map(|(n, bytes)| {
            let path = folder.path().join(n.to_string());
            std::fs::write(&path, zstd::encode_all(bytes.as_slice(), 1).unwrap()).unwrap();
            Enclosed { name: String::new(), media_type: String::new(), path, size: bytes.len() as u64 }
        })
        .collect();
    let bytes =
        |path: &Path| contents[path.file_name().unwrap().to_str().unwrap().parse::<usize>().unwrap()].clone();
    for seed in 0..10_000 {
        let mut dice = Dice(seed);
        let mut letter = letter(&mut dice, &files);
        let mut raw = Vec::new();
        if dice.roll(10) == 0 {
            let bad = Mailbox { name: dice.text(2), address: dice.one(BAD_ADDRESSES).to_owned() };
            letter.to.push(bad);
            let error = build(&letter, &mut raw).unwrap_err();
            assert_eq!((error.kind(), raw.len()), (io::ErrorKind::InvalidInput, 0), "seed {seed}");
            continue;
        }
        let built = build(&letter, &mut raw).unwrap();
        assert_eq!(built.size, raw.len() as u64, "seed {seed}");
        let checked = std::panic::catch_unwind(|| check(&letter, &raw, built.needs_utf8, &bytes));
        assert!(checked.is_ok(), "seed {seed}: {letter:?}\n{}", String::from_utf8_lossy(&raw));
    }
}
