use super::{Parsed, attachment, inline_image, parse};
use crate::mail::FromField;

/// A mail with these header lines and this body, with the line ends of mail.
fn mail(header: &str, body: &str) -> Vec<u8> {
    let all = format!(
        "From: Anna Meyer <anna@studio.example>\nTo: Jo <jo@me.example>\nSubject: Offer\n\
         Date: Sun, 1 Mar 2026 09:30:00 +0000\nMessage-ID: <1@studio.example>\n{header}\n\n{body}"
    );
    all.replace("\n\n\n", "\n\n").replace('\n', "\r\n").into_bytes()
}

fn read(header: &str, body: &str) -> Parsed {
    parse(&mail(header, body))
}

/// A multipart body; each part is header, empty line, content.
fn multipart(kind: &str, boundary: &str, parts: &[&str]) -> (String, String) {
    let body: String = parts.iter().flat_map(|part| ["--", boundary, "\n", part, "\n"]).collect();
    (
        format!("Content-Type: {kind}; boundary=\"{boundary}\""),
        format!("preamble\n{body}--{boundary}--\nepilogue"),
    )
}

#[test]
fn a_plain_mail() {
    let read = read("Content-Type: text/plain; charset=utf-8", "Dear Jo,\n\nthank you.\n-- \nAnna");
    assert_eq!((read.from.name.as_str(), read.from.address.as_str()), ("Anna Meyer", "anna@studio.example"));
    assert_eq!(read.to.first().map(|m| m.address.as_str()), Some("jo@me.example"));
    assert!(matches!(read.deciding.from, FromField::One(_)));
    assert_eq!(read.subject, "Offer");
    assert_eq!(read.text, "Dear Jo,\n\nthank you.\n-- \nAnna");
    assert_eq!(read.preview, "Dear Jo, thank you.");
    assert_eq!((read.html, read.attachments.len(), read.unparsable, read.automatic), (None, 0, false, false));
    assert_eq!(read.date.unwrap().rfc3339(), "2026-03-01T09:30:00Z");
}

#[test]
fn charsets_and_transfer_encodings() {
    for (header, body, text) in [
        ("", "Gr\u{fc}\u{df}e", "Grüße"),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
            "R3LDvMOfZQ==",
            "Grüße",
        ),
        (
            "Content-Type: text/plain; charset=\"ISO-8859-1\"\nContent-Transfer-Encoding: Quoted-Printable",
            "Gr=FC=DFe=\n!",
            "Grüße!",
        ),
        (
            "Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: 7bit",
            "\x1b$B$3$s\x1b(B",
            "こん",
        ),
        ("Content-Type: text/plain; charset=gb18030\nContent-Transfer-Encoding: base64", "xOO6ww==", "你好"),
        ("Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64", "8NLJ18XU", "Привет"),
        ("Content-Type: text", "plain", "plain"),
        ("Content-Type: text/plain; format=flowed", "one \ntwo", "one two\n"),
    ] {
        let read = read(header, body);
        assert_eq!((read.text.as_str(), read.unparsable), (text, false), "{header:?}");
    }
}

#[test]
fn html_and_its_plain_form() {
    let (header, body) = multipart(
        "multipart/alternative",
        "b",
        &["Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\n<p>rich</p>"],
    );
    let both = read(&header, &body);
    assert_eq!((both.text.as_str(), both.html.as_deref()), ("plain", Some("<p>rich</p>")));

    let (header, body) = multipart(
        "multipart/alternative",
        "b",
        &["Content-Type: text/plain\n\n ", "Content-Type: text/html\n\n<p>rich</p>"],
    );
    assert_eq!(read(&header, &body).text, "rich\n", "an empty plain part is none");

    let only = read("Content-Type: text/html; charset=utf-8", "<p>Dear <b>Jo</b></p><p>x</p>");
    assert_eq!(only.text, "Dear Jo\n\nx\n");
    assert!(only.html.is_some());
}

#[test]
fn files_inline_pictures_and_nested_structure() {
    let (inner_header, inner) = multipart(
        "multipart/alternative",
        "inner",
        &[
            "Content-Type: text/plain\n\nsee the plan",
            "Content-Type: text/html\n\n<p>see <img src=\"cid:pic%40x\"></p>",
        ],
    );
    let (related_header, related) = multipart(
        "multipart/related",
        "related",
        &[
            &format!("{inner_header}\n\n{inner}"),
            "Content-Type: image/png; name=logo.png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\niVBO",
        ],
    );
    let (header, body) = multipart(
        "multipart/mixed",
        "outer",
        &[
            &format!("{related_header}\n\n{related}"),
            "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\
             Content-Disposition: attachment; filename=\"../plan.pdf\"\n\nJVBERi0=",
            "Content-Type: text/plain; name=notes.txt\nContent-ID: <other@x>\n\nnotes",
            "Content-Type: message/rfc822\n\nSubject: Old/mail\n\nhello",
            "Content-Type: text/plain\n\nfooter",
        ],
    );
    let raw = mail(&header, &body);
    let read = parse(&raw);
    assert_eq!(read.text, "see the plan\nfooter");
    assert!(read.html.as_deref().unwrap().contains("footer</div>"));
    let files: Vec<_> = read
        .attachments
        .iter()
        .map(|f| (f.index, f.name.as_str(), f.media_type.as_str(), f.size, f.content_id.as_deref()))
        .collect();
    assert_eq!(
        files,
        [
            (0, "logo.png", "image/png", 3, Some("pic@x")),
            (1, "plan.pdf", "application/pdf", 5, None),
            (2, "notes.txt", "text/plain", 5, None),
            (3, "Old_mail.eml", "message/rfc822", 26, None),
        ]
    );
    let (file, bytes) = attachment(&raw, 1).unwrap();
    assert_eq!((file.name.as_str(), bytes.as_slice()), ("plan.pdf", &b"%PDF-"[..]));
    assert!(attachment(&raw, 4).is_none());
    assert_eq!(inline_image(&raw, "pic@x"), Some(("image/png".to_owned(), vec![0x89, b'P', b'N'])));
    assert_eq!(inline_image(&raw, "none@x"), None);
    assert_eq!(inline_image(&raw, "other@x"), None, "no image");
    assert!(!read.unparsable);
}

#[test]
fn automatic_mail_and_reports() {
    let (report, body) = multipart(
        "multipart/report; report-type=delivery-status",
        "b",
        &["\nIt could not be delivered.", "Content-Type: message/delivery-status\n\nAction: failed"],
    );
    let read_report = read(&report, &body);
    assert!(read_report.automatic);
    assert_eq!(read_report.text, "It could not be delivered.");
    assert_eq!(read_report.attachments.len(), 1);
    assert!(read("Auto-Submitted: auto-replied (vacation)", "I am away").automatic);
    assert!(!read("Auto-Submitted: no", "hi").automatic);
    assert!(!read("Return-Path: <>", "hi").automatic);
}

#[test]
fn what_cannot_be_parsed_is_shown_as_text() {
    for (raw, shown) in [
        (&b"no header at all\n\njust text \xfc"[..], "no header at all\n\njust text ü"),
        (b"", ""),
        (b"\r\n\r\nonly a body", "\n\nonly a body"),
        (b"From: a@x.example\nContent-Type: multipart/mixed\n\nno boundary", "no boundary"),
        (b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\nnever used", "never used"),
        (b"From: a@x.example\nContent-Type: text/plain; charset=x-klingon\n\nqapla", "qapla"),
        (b"From: a@x.example\nContent-Type: text/html; charset=x-klingon\n\n<b>qapla</b>", "qapla\n"),
    ] {
        let read = parse(raw);
        assert!(read.unparsable, "{shown:?}");
        assert_eq!((read.text.as_str(), read.html), (shown, None));
    }
}

#[test]
fn boundaries_as_they_come() {
    for (body, text) in [
        // No closing boundary, white space behind a boundary, a boundary that begins like another.
        ("--b\n\none", "one"),
        ("--b  \n\none\n--b--", "one"),
        ("--b\n\none\n--bb\nmore\n--b--", "one\n--bb\nmore"),
        ("--b\n\n--b\n\ntwo\n--b--", "two"),
        // A part without the empty line after its header.
        ("--b\nContent-Type: text/plain\n--b\n\ntwo\n--b--", "two"),
        ("--b\n\none\n--b--\n--b\n\nafter the end", "one"),
    ] {
        let read = read("Content-Type: multipart/mixed; boundary=b", body);
        assert_eq!((read.text.trim(), read.unparsable), (text, false), "{body:?}");
    }
}

#[test]
fn copies_of_one_mail_have_one_fingerprint() {
    let original = read("Content-Type: text/plain; charset=utf-8", "Grüße  aus\nKöln\n").fingerprint;
    let copies: &[&[u8]] = &[
        // Trace fields, another encoding and charset, folded and encoded header, other white space.
        b"Return-Path: <anna@studio.example>\r\nReceived: from x by y; Sun, 1 Mar 2026 09:31:00 +0000\r\n\
          From: =?utf-8?q?Anna_Meyer?=\r\n <ANNA@studio.example>\r\nSubject: =?iso-8859-1?q?Offer?=\r\n\
          Date: Sun, 1 Mar 2026 10:30:00 +0100\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
          Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe aus=20\r\nK=F6ln",
        b"From: \"Anna Meyer\" <anna@studio.example>\nBcc: secret@x.example\nSubject:  Offer \n\
          Date: Sun, 01 Mar 2026 09:30:00 GMT\nContent-Type: text/plain; charset=utf-8\n\
          Content-Transfer-Encoding: base64\nX-Status: sent\n\nR3LDvMOfZSBhdXMgS8O2bG4=\n",
    ];
    for copy in copies {
        assert_eq!(parse(copy).fingerprint, original, "{}", String::from_utf8_lossy(copy));
    }
}

#[test]
fn another_mail_has_another_fingerprint() {
    let base = "From: A <a@x.example>\nSubject: s\nDate: Sun, 1 Mar 2026 09:30:00 +0000\n\ntext one";
    let original = parse(base.as_bytes()).fingerprint;
    for (old, new) in [
        ("a@x.example", "b@x.example"),
        ("From: A ", "From: B "),
        ("Subject: s", "Subject: t"),
        ("09:30:00", "09:30:01"),
        ("text one", "text two"),
        ("text one", "textone"),
        ("Subject: s", "Subject: s text"),
    ] {
        assert_ne!(parse(base.replace(old, new).as_bytes()).fingerprint, original, "{new:?}");
    }
    // What moves from one field to the next is not the same.
    let moved = base.replace("Subject: s", "Subject: s text").replace("text one", "one");
    assert_ne!(parse(moved.as_bytes()).fingerprint, original);
}
