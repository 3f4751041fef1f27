use super::{Deciding, FromField};
use crate::model::Address;

fn one(address: &str) -> FromField {
    FromField::One(Address::parse(address).unwrap())
}

fn from(header: &str) -> FromField {
    Deciding::read(header.as_bytes()).from
}

#[test]
fn the_author_is_one_or_none() {
    let anna = one("anna@studio.example");
    for (header, author) in [
        ("From: Anna <anna@studio.example>\r\n", anna.clone()),
        ("fRoM : anna@studio.example\n", anna.clone()),
        ("From:\r\n Anna\r\n <anna@studio.example>\r\n\r\n", anna.clone()),
        ("X: y\nFrom: Team: anna@studio.example;\n", anna.clone()),
        ("From: Meyer, Anna <anna@studio.example>\n", anna),
        ("From: anna@studio.example\nFrom: anna@studio.example\n", FromField::Several),
        ("From: anna@studio.example\nX: y\nfrom: evil@x.example\n", FromField::Several),
        ("From: anna@studio.example, evil@x.example\n", FromField::Several),
        ("From: anna@studio.example, evil@@x\n", FromField::Several),
        ("From: anna@studio.example, <>\n", FromField::Several),
        ("From: a@x.example, b@y.example\nFrom: Anna\n", FromField::Several),
        ("From: Anna\n", FromField::None),
        ("From: evil@@x\n", FromField::None),
        ("From: \n", FromField::None),
        ("Sender: anna@studio.example\nReply-To: anna@studio.example\n", FromField::None),
        ("X-From: anna@studio.example\nResent-From: anna@studio.example\n", FromField::None),
        // Behind the empty line nothing is a header.
        ("Subject: x\n\nFrom: anna@studio.example\n", FromField::None),
        // A fold belongs to the field above it.
        ("Subject: x\n From: anna@studio.example\n", FromField::None),
        ("From: evil@x.example\nReply-To: anna@studio.example\n", one("evil@x.example")),
        ("From: \"anna@studio.example\" <evil@x.example>\n", one("evil@x.example")),
    ] {
        assert_eq!(from(header), author, "{header:?}");
    }
}

#[test]
fn all_fields_of_recipients_count() {
    let read = Deciding::read(
        b"To: a@x.example, Team: b@x.example;\r\nTo: c@x.example\r\nCc: broken@@x, d@x.example\r\n\
          Bcc: e@x.example\r\nBcc: undisclosed-recipients:;\r\n\r\n",
    );
    let list =
        |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(list(&read.to), "a@x.example b@x.example c@x.example");
    assert_eq!(list(&read.cc), "d@x.example");
    assert_eq!(list(&read.bcc), "e@x.example");
}

#[test]
fn ids_and_date() {
    let read = Deciding::read(
        b"Message-ID: <1@x.example>\nMessage-ID: <other@x>\nIn-Reply-To: <a@x> <b@x>\nReferences: <r@x>\n <a@x>\n\
          Date: Sun, 1 Mar 2026 09:30:00 +0100\n\n",
    );
    assert_eq!(read.message_id.as_deref(), Some("1@x.example"));
    assert_eq!(read.in_reply_to, ["a@x", "b@x"]);
    assert_eq!(read.references, ["r@x", "a@x"]);
    assert_eq!(read.date.unwrap().rfc3339(), "2026-03-01T08:30:00Z");
    let bare = Deciding::read(b"Subject: x\n\n");
    assert_eq!((bare.message_id, bare.date, bare.automatic), (None, None, false));
}

#[test]
fn automatic_is_anything_but_no() {
    for (value, automatic) in [
        ("no", false),
        ("No (really)", false),
        (" NO; x=y", false),
        ("", false),
        ("auto-replied", true),
        ("Auto-Generated; type=vacation", true),
        ("(comment) auto-replied", true),
        ("auto-notified", true),
        ("no-such-word", true),
    ] {
        let header = format!("From: a@x.example\nAuto-Submitted: {value}\n\n");
        assert_eq!(Deciding::read(header.as_bytes()).automatic, automatic, "{value:?}");
    }
}

#[test]
fn a_delivery_report_is_told_by_its_header() {
    let form = "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n";
    for (header, report) in [
        (form, true),
        ("Content-Type: Multipart/Report;\n\tboundary=\"x\";\n\treport-type=\"Delivery-Status\"\n", true),
        ("Content-Type: multipart/report; report-type=disposition-notification\n", false),
        ("Content-Type: multipart/mixed; report-type=delivery-status\n", false),
        ("X-Failed-Recipients: anna@x.example\nFrom: Mail <mailer-daemon@y.example>\n", true),
        ("Return-Path: <>\nFrom: MAILER-DAEMON@y.example (Mail Delivery System)\n", true),
        ("Return-Path: < >\nFrom: Postmaster <postmaster@y.example>\n", true),
        ("Return-Path: <a@y.example>\nFrom: postmaster@y.example\n", false),
        ("From: postmaster@y.example\n", false),
        ("Return-Path: <>\nFrom: anna@x.example\nAuto-Submitted: auto-replied\n", false),
        ("From: anna@x.example\n", false),
    ] {
        assert_eq!(Deciding::read(header.as_bytes()).report, report, "{header:?}");
    }
}
