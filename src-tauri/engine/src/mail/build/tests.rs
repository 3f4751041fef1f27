use super::{Built, Enclosed, Letter, TEST_HEADER, build, message_id};
use crate::mail::codec;
use crate::mail::{attachment, parse};
use crate::model::{Mailbox, Timestamp};
use std::io::{self, Write};
use std::path::Path;

/// A name with an address.
fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: name.to_owned(), address: address.to_owned() }
}

/// A small letter.
fn letter() -> Letter {
    Letter {
        from: mailbox("Jo Brandt", "jo@studio.example"),
        to: vec![mailbox("Anna Meyer", "anna@client.example")],
        cc: Vec::new(),
        subject: "Re: Offer".to_owned(),
        html: "<p>Dear Anna,</p>".to_owned(),
        message_id: "1.2@studio.example".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        date: Timestamp::from_seconds(1_772_357_400),
        token: None,
        files: Vec::new(),
    }
}

fn written(letter: &Letter) -> (String, Built) {
    let mut out = Vec::new();
    let built = build(letter, &mut out).unwrap();
    assert_eq!(built.size, out.len() as u64);
    (String::from_utf8(out).unwrap(), built)
}

/// The header as it stands, folds included, without the line of the content type.
fn header(letter: &Letter) -> String {
    let (all, _) = written(letter);
    all.split("Content-Type:").next().unwrap().to_owned()
}

/// The value of a field, folds included; `None`: there is none.
fn field(letter: &Letter, name: &str) -> Option<String> {
    let header = header(letter);
    let from = header.find(&format!("\r\n{name}:"))? + 2 + name.len() + 1;
    let mut rest = &header[from..];
    let mut value = String::new();
    loop {
        let (line, after) = rest.split_once("\r\n").unwrap();
        value += line;
        if !after.starts_with(' ') {
            return Some(value.trim_start().to_owned());
        }
        value += "|";
        rest = after;
    }
}

/// Packs bytes as a file that a letter encloses.
fn packed(folder: &Path, name: &str, bytes: &[u8]) -> Enclosed {
    let path = folder.join(format!("{}.zst", bytes.len()));
    std::fs::write(&path, zstd::encode_all(bytes, 1).unwrap()).unwrap();
    Enclosed {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        path,
        size: bytes.len() as u64,
    }
}

#[test]
fn a_letter_byte_for_byte() {
    let mut letter = letter();
    letter.in_reply_to = Some("a@client.example".to_owned());
    letter.references = vec!["0@client.example".to_owned(), "a@client.example".to_owned()];
    letter.html = "<p>Grüße, <b>Jo</b></p><div class=\"signature\">Jo Brandt</div>".to_owned();
    let (all, built) = written(&letter);
    let boundary = all.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let lines = [
        "From: Jo Brandt <jo@studio.example>",
        "To: Anna Meyer <anna@client.example>",
        "Subject: Re: Offer",
        "Date: Sun, 01 Mar 2026 09:30:00 +0000",
        "Message-ID: <1.2@studio.example>",
        "In-Reply-To: <a@client.example>",
        "References: <0@client.example> <a@client.example>",
        "MIME-Version: 1.0",
        &format!("Content-Type: multipart/alternative; boundary=\"{boundary}\""),
        "",
        &format!("--{boundary}"),
        "Content-Type: text/plain; charset=utf-8; format=flowed",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Gr=C3=BC=C3=9Fe, Jo",
        "",
        "--=20",
        "Jo Brandt",
        "",
        &format!("--{boundary}"),
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>Gr=C3=BC=C3=9Fe, <b>Jo</b></p><div class=3D\"signature\">Jo Brandt</div>",
        &format!("--{boundary}--"),
        "",
    ];
    assert_eq!(all, lines.join("\r\n"));
    assert!(!built.needs_utf8);
}

#[test]
fn subjects_and_names_in_their_dress() {
    for (subject, expected) in [
        ("Offer", "Offer"),
        ("", ""),
        (" two  spaces ", "two spaces"),
        ("a\r\nBcc: evil@x.example", "a Bcc: evil@x.example"),
        ("a\nb\rc\0d\u{85}e\u{2028}f\tg", "a b c d e f g"),
        ("Grüße", "=?utf-8?B?R3LDvMOfZQ==?="),
        ("Offer für Anna", "=?utf-8?Q?Offer_f=C3=BCr_Anna?="),
        ("写真の件", "=?utf-8?B?5YaZ55yf44Gu5Lu2?="),
        ("=?utf-8?q?fake?=", "=?utf-8?B?PT91dGYtOD9xP2Zha2U/PQ==?="),
        (
            "A subject that is longer than seventy-eight characters is folded where it has a space",
            "A subject that is longer than seventy-eight characters is folded| where it has a space",
        ),
    ] {
        let letter = Letter { subject: subject.to_owned(), ..letter() };
        assert_eq!(field(&letter, "Subject").as_deref(), Some(expected), "{subject:?}");
    }
    for (name, expected) in [
        ("", "anna@client.example"),
        ("Anna", "Anna <anna@client.example>"),
        ("Meyer, Anna", "\"Meyer, Anna\" <anna@client.example>"),
        ("Anna \"A\\\" M.", "\"Anna \\\"A\\\\\\\" M.\" <anna@client.example>"),
        ("evil@x.example", "\"evil@x.example\" <anna@client.example>"),
        ("Anna\r\n <evil@x.example>", "\"Anna <evil@x.example>\" <anna@client.example>"),
        ("Jürgen", "=?utf-8?Q?J=C3=BCrgen?= <anna@client.example>"),
        ("=?utf-8?q?a?=", "=?utf-8?B?PT91dGYtOD9xP2E/PQ==?= <anna@client.example>"),
        ("\r\n", "anna@client.example"),
    ] {
        let letter = Letter { to: vec![mailbox(name, "anna@client.example")], ..letter() };
        assert_eq!(field(&letter, "To").as_deref(), Some(expected), "{name:?}");
    }
}

#[test]
fn addresses_are_what_was_chosen_or_nothing_is_written() {
    for (address, expected, utf8) in [
        ("jo@client.example", "jo@client.example", false),
        ("jo@münchen.example", "jo@xn--mnchen-3ya.example", false),
        ("jö@client.example", "jö@client.example", true),
        ("john smith@client.example", "\"john smith\"@client.example", false),
        ("a\"b\\c@client.example", "\"a\\\"b\\\\c\"@client.example", false),
        (".jo.@client.example", "\".jo.\"@client.example", false),
        ("jo@[192.0.2.1]", "jo@[192.0.2.1]", false),
        ("jo@y.example>,<evil@x.example", "\"jo@y.example>,<evil\"@x.example", false),
        ("jo+tag@client.example", "jo+tag@client.example", false),
    ] {
        let letter = Letter { to: vec![mailbox("", address)], ..letter() };
        assert_eq!(field(&letter, "To").as_deref(), Some(expected), "{address:?}");
        assert_eq!(written(&letter).1.needs_utf8, utf8, "{address:?}");
    }
    for address in [
        "",
        "jo",
        "@client.example",
        "jo@",
        "jo@client.example\r\nBcc: evil@x.example",
        "jo\r\n@client.example",
        "jo\0@client.example",
        "jo\u{2028}@client.example",
        "jo@client\u{ff1e}.example",
        "jo@client\u{3000}x.example",
        "jo@[192.0.2.1]>",
        "jo@[a\"]",
        &format!("{}@client.example", "a".repeat(1_000)),
    ] {
        for (to, cc) in [(vec![mailbox("", address)], Vec::new()), (Vec::new(), vec![mailbox("Jo", address)])]
        {
            let mut out = Vec::new();
            let error = build(&Letter { to, cc, ..letter() }, &mut out).unwrap_err();
            assert_eq!((error.kind(), out.len()), (io::ErrorKind::InvalidInput, 0), "{address:?}");
        }
    }
}

#[test]
fn nobody_in_sight_and_a_token() {
    let letter = Letter { to: Vec::new(), token: Some("AB12-x\r\nBcc: y".to_owned()), ..letter() };
    assert_eq!(field(&letter, "To").as_deref(), Some("undisclosed-recipients:;"));
    assert_eq!(field(&letter, TEST_HEADER).as_deref(), Some("AB12-x Bcc: y"));
    assert_eq!(field(&letter, "Bcc"), None);
    assert_eq!(field(&letter, "Cc"), None);
}

#[test]
fn ids_that_cannot_stand_there_are_left_out() {
    let many: Vec<String> = (0..100).map(|n| format!("{n}@x")).collect();
    let mut expected = vec!["<0@x>".to_owned()];
    expected.extend((80..100).map(|n| format!("<{n}@x>")));
    let ids = |list: &str| list.replace('|', "").split(' ').map(str::to_owned).collect::<Vec<_>>();
    let letter = Letter { references: many, ..letter() };
    assert_eq!(ids(&field(&letter, "References").unwrap()), expected);

    let bad = ["a b@x", "a>\r\nBcc: y", "", "<a@x>", "ü@x", &"a".repeat(1_000)].map(str::to_owned);
    for id in &bad {
        let letter = Letter { in_reply_to: Some(id.clone()), references: bad.to_vec(), ..letter.clone() };
        assert_eq!((field(&letter, "In-Reply-To"), field(&letter, "References")), (None, None), "{id:?}");
        let letter = Letter { message_id: id.clone(), ..letter };
        assert_eq!(build(&letter, &mut Vec::new()).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
    let odd = "[weird]:id(1)%=$@[1.2.3.4]";
    let letter = Letter { references: vec![odd.to_owned()], ..letter };
    assert_eq!(parse(written(&letter).0.as_bytes()).deciding.references, [odd]);
}

#[test]
fn files_keep_their_names_and_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
    for (name, kept, wire) in [
        ("plan.pdf", "plan.pdf", "filename=\"plan.pdf\"\r\n"),
        ("my plan; \"x\".pdf", "my plan; _x_.pdf", "filename=\"my plan; _x_.pdf\"\r\n"),
        ("Grüße.pdf", "Grüße.pdf", "filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf\r\n"),
        ("a\r\nBcc: x\0.pdf", "aBcc_ x.pdf", "filename=\"aBcc_ x.pdf\"\r\n"),
        ("../../etc/passwd", "passwd", "filename=\"passwd\"\r\n"),
        ("", "attachment-1.pdf", "filename=\"attachment-1.pdf\"\r\n"),
        (
            &"写真".repeat(30),
            &"写真".repeat(30),
            "filename*0*=utf-8''%E5%86%99%E7%9C%9F%E5%86%99%E7%9C%9F%E5%86%99;\r\n filename*1*=",
        ),
    ] {
        let letter = Letter { files: vec![packed(folder.path(), name, &bytes)], ..letter() };
        let (all, _) = written(&letter);
        assert!(all.contains(wire), "{name:?}: {all}");
        let (file, read) = attachment(all.as_bytes(), 0).unwrap();
        assert_eq!((file.name.as_str(), file.media_type.as_str()), (kept, "application/pdf"), "{name:?}");
        assert_eq!(read, bytes);
        assert_eq!(parse(all.as_bytes()).text.trim(), "Dear Anna,");
    }
    for (said, expected) in [
        ("image/jpeg", "image/jpeg"),
        ("", "application/octet-stream"),
        ("image/png\r\nBcc: x", "application/octet-stream"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("text/html", "text/html"),
    ] {
        for size in [0, 1, 56, 57, 58, 114] {
            let mut file = packed(folder.path(), "a.bin", &bytes[..size]);
            said.clone_into(&mut file.media_type);
            let (all, _) = written(&Letter { files: vec![file.clone(), file], ..letter() });
            for index in 0..2 {
                let (found, read) = attachment(all.as_bytes(), index).unwrap();
                assert_eq!((found.media_type.as_str(), read.as_slice()), (expected, &bytes[..size]));
            }
        }
    }
}

#[test]
fn a_file_of_another_size_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let good = packed(folder.path(), "a.pdf", &[7; 1_140]);
    for size in [0, 1, 1_139, 1_141, 2_000] {
        let letter = Letter { files: vec![Enclosed { size, ..good.clone() }], ..letter() };
        let error = build(&letter, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{size}");
    }
    let whole = std::fs::read(&good.path).unwrap();
    std::fs::write(&good.path, &whole[..whole.len() / 2]).unwrap();
    build(&Letter { files: vec![good.clone()], ..letter() }, &mut io::sink()).unwrap_err();
    let gone = Enclosed { path: folder.path().join("gone"), ..good };
    let error = build(&Letter { files: vec![gone], ..letter() }, &mut io::sink()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

/// Keeps nothing of what it is given but the sizes.
#[derive(Default)]
struct Sink {
    bytes: u64,
    largest: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn twenty_megabytes_pass_in_small_pieces() {
    const SIZE: u64 = 20 * 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.zst");
    let mut packer = zstd::Encoder::new(std::fs::File::create(&path).unwrap(), 1).unwrap();
    for block in 0..SIZE / 4096 {
        packer.write_all(&[u8::try_from(block % 251).unwrap(); 4096]).unwrap();
    }
    packer.finish().unwrap();
    let file =
        Enclosed { name: "film.mov".to_owned(), media_type: "video/quicktime".to_owned(), path, size: SIZE };
    let mut sink = Sink::default();
    let built = build(&Letter { files: vec![file], ..letter() }, &mut sink).unwrap();
    assert_eq!(built.size, sink.bytes);
    // Four characters for three bytes, and a line end for 57 bytes.
    let encoded = SIZE.div_ceil(3) * 4 + SIZE.div_ceil(57) * 2;
    assert!(sink.bytes > encoded && sink.bytes < encoded + 2_000, "{}", sink.bytes);
    assert!(sink.largest <= 64 * 1024, "{}", sink.largest);
}

#[test]
fn texts_survive_their_encoding() {
    let long = "x".repeat(3_000);
    for text in [
        "",
        "\n",
        "one\ntwo\n",
        ".\n..\n.dot\nFrom here\nFoam",
        "trailing space \ntrailing tab\t\n ",
        "a\rb\r",
        "=20 = ==\n=_text_0123\n--=_mail_",
        "Grüße 写真 👩‍👩‍👧",
        &long,
        &".".repeat(500),
        &"F".repeat(500),
        &"ü ".repeat(500),
    ] {
        let mut out = Vec::new();
        super::body::quoted_printable(text, &mut out).unwrap();
        let encoded = String::from_utf8(out).unwrap();
        for line in encoded.split("\r\n") {
            assert!(line.len() <= 76 && !line.starts_with('.') && !line.contains("=_"), "{line:?}");
            assert!(!line.starts_with("From ") && !line.ends_with([' ', '\t']), "{line:?}");
            assert!(!line.contains(['\r', '\n']), "{line:?}");
        }
        let read = codec::quoted_printable(encoded.as_bytes());
        assert_eq!(String::from_utf8(read).unwrap().replace("\r\n", "\n"), text);
    }
}

#[test]
fn plain_text_flows() {
    let long = "word ".repeat(40);
    let mut letter = letter();
    for (html, text) in [
        ("<p>From here<br>&gt; no quote?<br>-- <br>x</p>", "From here\n> no quote?\n--\nx\n"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n> \n> b\n"),
        (
            "<p>See <a href=\"https://x.example/a\">the plan</a>, <a href=\"https://x.example/\">x.example</a>, \
             <a href=\"mailto:jo@x.example\">Jo</a>.</p>",
            "See the plan <https://x.example/a>, x.example, Jo <jo@x.example>.\n",
        ),
        (
            "<p>Hi</p><div class=\"signature\"><p>Jo</p></div><div class=\"quote\"><p>Anna wrote:</p>\
             <blockquote>x<blockquote>y</blockquote></blockquote></div>",
            "Hi\n\n-- \nJo\n\nAnna wrote:\n\n> x\n> \n>> y\n",
        ),
        (&format!("<p>{long}</p>"), &format!("{}\n", long.trim_end())),
        (&format!("<blockquote>{long}</blockquote>"), &format!("> {}\n", long.trim_end())),
        (
            &format!("<p>{}</p>", "-- > From ".repeat(30)),
            &format!("{}\n", "-- > From ".repeat(30).trim_end()),
        ),
    ] {
        html.clone_into(&mut letter.html);
        let (all, _) = written(&letter);
        assert_eq!(parse(all.as_bytes()).text, text, "{html:?}");
    }
    // A program that knows nothing of flowed text shows lines of a good length.
    let flowed = super::body::flowed(&format!("{long}\n> {long}\n>> {}", "x".repeat(200)));
    let too_long = flowed.lines().filter(|line| line.chars().count() > 78).count();
    assert_eq!((too_long, flowed.lines().count()), (1, 3 + 3 + 1), "{flowed}");
}

#[test]
fn message_ids_tell_of_the_domain_alone() {
    let random = [0xab; 16];
    for (domain, expected) in [
        ("studio.example", "studio.example"),
        ("STUDIO.example", "studio.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("jo@studio.example", "studio.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("", "mail.invalid"),
        ("a b", "mail.invalid"),
        ("x>\r\nBcc: y", "mail.invalid"),
        ("x\u{ff1e}.example", "mail.invalid"),
    ] {
        assert_eq!(message_id(domain, random), format!("abababababababab.abababababababab@{expected}"));
    }
    let mut other = random;
    other[15] = 0;
    assert_ne!(message_id("x.example", random), message_id("x.example", other));
}
