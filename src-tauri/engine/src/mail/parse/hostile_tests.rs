//! Bytes that mean harm: nothing panics, overflows the stack, or takes more than linear time.

use super::{attachment, inline_image, parse};
use crate::mail::{SearchText, clean, match_expression, text_to_html};
use std::time::{Duration, Instant};

/// One of everything.
const SAMPLE: &[u8] = b"Return-Path: <anna@studio.example>\r\n\
From: =?utf-8?B?QW5uYSDDnA==?= (the \"one\" (and only)) <\"anna\"@studio.example>\r\n\
To: Team: jo@me.example, \"x, y\" <z@[192.0.2.1]>;, b@xn--mnchen-3ya.example\r\n\
Subject: =?iso-2022-jp?B?GyRCJDMkcxsoQg==?= =?utf-8?q?K=C3=B6ln?=\r\n folded\r\n\
Date: Sun, 1 Mar 2026 09:30:00 +0100 (CET)\r\nMessage-ID: <1@x>\r\nReferences: <a@x> <b@x>\r\n\
Auto-Submitted: auto-replied; x=y\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\npreamble\r\n--out\r\n\
Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\
Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
Gr=C3=BC=C3=9Fe https://x.example/?a=3Db =\r\n> quote\r\n-- \r\nAnna\r\n--in\r\nContent-Type: text/html; charset=gb18030\r\n\r\n\
<div style='color:red;background:url(https://t.example/p)'>\xc4\xe3 &lt;&#x41;&amp; <a href=\"https://x.example/\">y</a>\
<img src=cid:p@x><table><td>z</table></div>\r\n--in--\r\n--out\r\n\
Content-Type: image/png; name*0*=utf-8''a%C3%A4; name*1=\".png\"\r\nContent-ID: <p@x>\r\n\
Content-Transfer-Encoding: base64\r\nContent-Disposition: inline\r\n\r\niVBORw0KGgo=\r\n--out\r\n\
Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n--out--\r\nepilogue\r\n";

/// Everything that is done with a mail.
fn use_all(raw: &[u8]) {
    let read = parse(raw);
    let _ = SearchText::from(&read);
    let _ = text_to_html(&read.text);
    let _ = read.html.as_deref().map(clean);
    let _ = match_expression(&read.subject);
    for index in 0..3 {
        let _ = attachment(raw, index);
    }
    let _ = inline_image(raw, "p@x");
}

#[test]
fn the_sample_is_read_whole() {
    let read = parse(SAMPLE);
    assert_eq!(read.from.address, "anna@studio.example");
    assert_eq!(read.subject, "こんKöln folded");
    assert_eq!((read.attachments.len(), read.unparsable, read.automatic), (2, false, true));
    assert!(read.text.contains("Grüße"));
    assert!(read.html.unwrap().contains('你'));
    assert_eq!(inline_image(SAMPLE, "p@x").unwrap().1, b"\x89PNG\r\n\x1a\n");
}

#[test]
fn a_mail_cut_anywhere_is_still_read() {
    for end in 0..SAMPLE.len() {
        use_all(&SAMPLE[..end]);
        use_all(&SAMPLE[end..]);
    }
}

/// A small generator (xorshift): the same bytes in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

#[test]
fn random_and_damaged_bytes_are_still_read() {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        let length = noise.below(2_000);
        let bytes: Vec<u8> = (0..length).map(|_| noise.next().to_le_bytes()[0]).collect();
        use_all(&bytes);
    }
    for _ in 0..1_000 {
        let mut damaged = SAMPLE.to_vec();
        for _ in 0..=noise.below(8) {
            let at = noise.below(damaged.len());
            match noise.below(4) {
                0 => damaged[at] = noise.next().to_le_bytes()[0],
                1 => drop(damaged.remove(at)),
                2 => damaged.insert(at, b"<>\"'()=?-\r\n\0&;:,@"[noise.below(17)]),
                _ => {
                    let end = (at + noise.below(60)).min(damaged.len());
                    let piece = damaged[at..end].to_vec();
                    let to = noise.below(damaged.len());
                    damaged.splice(to..to, piece);
                }
            }
        }
        use_all(&damaged);
    }
}

/// A generous bound for a loaded machine: quadratic time on these sizes would be minutes.
fn soon(what: &str, work: impl FnOnce()) {
    let started = Instant::now();
    work();
    assert!(started.elapsed() < Duration::from_mins(1), "{what}: {:?}", started.elapsed());
}

#[test]
fn ten_thousand_parts() {
    let mut raw = b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n".to_vec();
    for _ in 0..10_000 {
        raw.extend_from_slice(b"--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n");
    }
    soon("parts", || {
        let read = parse(&raw);
        assert_eq!((read.attachments.len(), read.unparsable), (10_000, false));
        assert!(attachment(&raw, 9_999).is_some());
    });
    raw.extend_from_slice(&b"--b\n\n".repeat(100_000));
    soon("too many parts", || assert!(parse(&raw).unparsable));
}

#[test]
fn deep_structures_and_lost_boundaries() {
    let nested = |header: &str, count: usize| {
        let mut raw = b"From: a@x.example\n".to_vec();
        for level in 0..count {
            raw.extend_from_slice(header.replace("NN", &level.to_string()).as_bytes());
        }
        raw
    };
    for (what, raw) in [
        ("multiparts", nested("Content-Type: multipart/mixed; boundary=bNN\n\n--bNN\n", 20_000)),
        ("one boundary", nested("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 20_000)),
        ("messages", nested("Content-Type: message/rfc822\n\n", 100_000)),
        ("digests", nested("Content-Type: multipart/digest; boundary=bNN\n\n--bNN\n\n", 20_000)),
        ("lost boundaries", {
            let mut raw = b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n".to_vec();
            for part in 0..20_000 {
                let lost = format!("--b\nContent-Type: multipart/mixed; boundary=lost{part}\n\n");
                raw.extend_from_slice(lost.as_bytes());
            }
            raw
        }),
        ("header fields", [&b"From: a@x.example\n"[..], &b"X: y\n".repeat(200_000)].concat()),
        ("folds", [&b"From: a@x.example\nSubject: x\n"[..], &b" y\n".repeat(200_000)].concat()),
        (
            "dashes",
            [&b"Content-Type: multipart/mixed; boundary=\"-\"\n\n"[..], &b"--\n".repeat(200_000)].concat(),
        ),
        ("parameters", [&b"Content-Type: text/plain"[..], &b"; name*0=a".repeat(200_000)].concat()),
        ("html", [&b"Content-Type: text/html\n\n"[..], &b"<div>".repeat(200_000)].concat()),
        ("quotes", [&b"From: a@x.example\n\n"[..], &b">".repeat(400_000)].concat()),
        ("references", [&b"References: "[..], &b"<a@b> ".repeat(200_000)].concat()),
        ("brackets", [&b"References: "[..], &b"<".repeat(400_000)].concat()),
    ] {
        soon(what, || use_all(&raw));
    }
}
