//! Mails handed to scripted servers.

use super::{Follow, Mail, NotSent, Receipt, send};
use crate::model::{Address, Cause, Endpoint, Envelope, Failure, Security};
use crate::net::scripted::{Authority, SHORT, Scripted, Turn, hear, say};
use crate::net::{Deadlines, Terms};
use crate::secrets::{Credentials, Secret};
use std::io::{self, Cursor, Read};
use std::sync::Arc;

pub(super) const OFFER: &str = "250-mail.example.com\n250-SIZE 1000\n250-8BITMIME\n250 AUTH PLAIN LOGIN\n";
pub(super) const TEXT: &str = "Subject: x\r\n\r\n.hidden\r\nlast\r\n";

/// What a follower heard.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) sent: Vec<u64>,
    pub(super) limit: Option<u64>,
    /// The dot was allowed.
    pub(super) dot: bool,
    /// The dot is not allowed for this.
    pub(super) refuses: Option<Failure>,
}

impl Follow for Heard {
    fn sent(&mut self, bytes: u64) {
        self.sent.push(bytes);
    }

    fn limit(&mut self, bytes: u64) {
        self.limit = Some(bytes);
    }

    async fn before_dot(&mut self) -> Result<(), Failure> {
        self.dot = self.refuses.is_none();
        self.refuses.clone().map_or(Ok(()), Err)
    }
}

pub(super) fn address(text: &str) -> Address {
    let (local, domain) = text.rsplit_once('@').unwrap();
    Address::from_parts(local, domain).unwrap()
}

pub(super) fn envelope(to: &[&str]) -> Envelope {
    Envelope { from: address("anna@studio.example"), to: to.iter().map(|to| address(to)).collect() }
}

pub(super) fn text(text: &str) -> Mail<Cursor<Vec<u8>>> {
    let size = u64::try_from(text.len()).unwrap();
    Mail { bytes: Cursor::new(text.as_bytes().to_vec()), size, needs_utf8: false }
}

pub(super) async fn sent_to<R: Read + Send + 'static>(
    port: u16,
    envelope: &Envelope,
    mail: Mail<R>,
    deadlines: &Deadlines,
    follow: &mut impl Follow,
) -> Result<Receipt, NotSent> {
    let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port, security: Security::Plaintext };
    let password = Credentials::Password(Secret::new("geheim".into()));
    let terms = Terms::default();
    send(&endpoint, &terms, "anna", &password, envelope, mail, Arc::default(), deadlines, follow).await
}

/// After a sign-in on a server that then plays these turns: what came of it, and every line that it heard.
async fn played<R: Read + Send + 'static>(
    offer: &str,
    turns: Vec<Turn>,
    envelope: &Envelope,
    mail: Mail<R>,
    follow: &mut Heard,
) -> (Result<Receipt, NotSent>, String) {
    let mut all = vec![say("220 hi\n"), hear("EHLO [127.0.0.1]"), say(offer), hear("AUTH"), say("235 in\n")];
    all.extend(turns);
    let server = Scripted::plays(all).await;
    let result = sent_to(server.port, envelope, mail, &SHORT, follow).await;
    (result, server.heard().await)
}

fn mail_and(more: Vec<Turn>) -> Vec<Turn> {
    let mut turns = vec![hear("MAIL FROM:<anna@studio.example>"), say("250 ok\n")];
    turns.extend(more);
    turns
}

/// Hears the mail and its dot.
fn hears_text() -> Vec<Turn> {
    ["Subject: x", "", "..hidden", "last", "."].map(hear).to_vec()
}

fn refused(result: Result<Receipt, NotSent>) -> (Failure, Vec<(Address, Failure)>) {
    match result {
        Err(NotSent::Refused { failure, recipients }) => (failure, recipients),
        other => panic!("{other:?}"),
    }
}

fn causes(refused: &[(Address, Failure)]) -> Vec<(&str, Cause)> {
    refused.iter().map(|(address, failure)| (address.as_str(), failure.cause)).collect()
}

/// What is spawned must be able to move between threads.
#[test]
fn sending_can_be_spawned() {
    fn sendable<T: Send>(_: &T) {}
    let (terms, to, counters) = (Terms::default(), envelope(&["a@x.example"]), Arc::default());
    let endpoint = Endpoint { host: String::new(), port: 1, security: Security::Tls };
    let password = Credentials::Password(Secret::new(String::new()));
    let mut heard = Heard::default();
    sendable(&send(&endpoint, &terms, "", &password, &to, text(""), counters, &SHORT, &mut heard));
}

#[tokio::test]
async fn a_mail_goes_out_whole_and_under_tls() {
    let authority = Authority::new("Studio CA");
    let terms = Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() };
    let mut turns = vec![
        Turn::Tls(authority.server(&["localhost"], 2045)),
        say("220 hi\n"),
        hear("EHLO [127.0.0.1]"),
        say(OFFER),
        hear("AUTH PLAIN"),
        say("235 in\n"),
        hear("MAIL FROM:<anna@studio.example> SIZE=29"),
        say("250 2.1.0 ok\n"),
        hear("RCPT TO:<a@x.example>"),
        say("250 2.1.5 ok\n"),
        hear("RCPT TO:<b@xn--mller-kva.example>"),
        say("251 2.1.5 will forward\n"),
        hear("DATA"),
        say("354 go on\n"),
    ];
    turns.extend(hears_text());
    turns.extend([say("250-2.0.0 taken\n250 2.0.0 as 4711\n"), hear("QUIT")]);
    let server = Scripted::plays(turns).await;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Tls };
    let password = Credentials::Password(Secret::new("geheim".into()));
    let to = envelope(&["a@x.example", "b@müller.example"]);
    let mut heard = Heard::default();
    let counters = Arc::default();
    let result =
        send(&endpoint, &terms, "anna", &password, &to, text(TEXT), counters, &SHORT, &mut heard).await;
    let receipt = result.unwrap();
    assert_eq!((receipt.accepted, receipt.refused), (to.to, Vec::new()));
    assert_eq!(receipt.server_said, "250 2.0.0 taken as 4711");
    assert_eq!((heard.sent, heard.limit, heard.dot), (vec![29], Some(1000), true));
    assert!(!server.heard().await.contains("BODY="));
}

#[tokio::test]
async fn some_refused_is_a_mail_to_the_others() {
    let mut turns = mail_and(vec![
        hear("RCPT TO:<a@x.example>"),
        say("550 5.1.1 <a@x.example>: unknown\n"),
        hear("RCPT TO:<b@x.example>"),
        say("250 ok\n"),
        hear("RCPT TO:<c@x.example>"),
        say("450 4.2.0 Greylisted\n"),
        hear("DATA"),
        say("354 go on\n"),
    ]);
    turns.extend(hears_text());
    turns.extend([say("250 ok\n"), hear("QUIT")]);
    let to = envelope(&["a@x.example", "b@x.example", "c@x.example"]);
    let (result, _) = played(OFFER, turns, &to, text(TEXT), &mut Heard::default()).await;
    let receipt = result.unwrap();
    assert_eq!(receipt.accepted, [address("b@x.example")]);
    let expected = [("a@x.example", Cause::RecipientRefused), ("c@x.example", Cause::TryLater)];
    assert_eq!(causes(&receipt.refused), expected);
    assert_eq!(receipt.refused[0].1.server_said.as_deref(), Some("550 5.1.1 <a@x.example>: unknown"));
}

#[tokio::test]
async fn all_refused_is_no_mail() {
    for (answers, expected) in [
        (["550 5.1.1 no", "550 5.1.1 no"], Cause::RecipientRefused),
        (["550 5.1.1 no", "450 4.2.0 later"], Cause::TryLater),
        (
            ["553 5.7.1 <anna@studio.example>: Sender address rejected: not owned by user anna"; 2],
            Cause::SenderRefused,
        ),
    ] {
        let turns = mail_and(vec![
            hear("RCPT"),
            say(&format!("{}\n", answers[0])),
            hear("RCPT"),
            say(&format!("{}\n", answers[1])),
            hear("QUIT"),
        ]);
        let mut heard = Heard::default();
        let to = envelope(&["a@x.example", "b@x.example"]);
        let (result, lines) = played(OFFER, turns, &to, text(TEXT), &mut heard).await;
        let (failure, recipients) = refused(result);
        assert_eq!(failure.cause, expected);
        assert_eq!(recipients.len(), 2);
        assert!(!lines.contains("DATA") && !heard.dot);
    }
}

#[tokio::test]
async fn a_refusal_at_each_step_keeps_the_servers_words() {
    let to_data = || vec![hear("RCPT"), say("250 ok\n"), hear("DATA")];
    let whole = |answer: &str| {
        let mut turns = to_data();
        turns.push(say("354 go on\n"));
        turns.extend(hears_text());
        turns.push(say(answer));
        turns
    };
    for (turns, expected, words) in [
        (mail_and(vec![hear("RCPT"), say("421 4.3.2 bye\n")]), Cause::TryLater, "421 4.3.2 bye"),
        (mail_and([to_data(), vec![say("554 no\n")]].concat()), Cause::MailRefused, "554 no"),
        (mail_and([to_data(), vec![say("250 what\n")]].concat()), Cause::NotAMailServer, "250 what"),
        (
            mail_and(whole("554 5.7.1 Spam message rejected\n")),
            Cause::MailRefused,
            "554 5.7.1 Spam message rejected",
        ),
        (
            mail_and(whole("552 5.3.4 Error: message file too big\n")),
            Cause::MessageTooLarge,
            "552 5.3.4 Error: message file too big",
        ),
        (
            mail_and(whole("451 4.3.0 queue file write error\n")),
            Cause::TryLater,
            "451 4.3.0 queue file write error",
        ),
        (mail_and(whole("421 4.3.0 leaving\n")), Cause::TryLater, "421 4.3.0 leaving"),
        (vec![hear("MAIL"), say("553 5.1.8 not yours\n")], Cause::SenderRefused, "553 5.1.8 not yours"),
        (vec![hear("MAIL"), say("354 what\n")], Cause::NotAMailServer, "354 what"),
    ] {
        let (result, _) =
            played(OFFER, turns, &envelope(&["a@x.example"]), text(TEXT), &mut Heard::default()).await;
        let (failure, recipients) = refused(result);
        assert_eq!((failure.cause, failure.server_said.as_deref()), (expected, Some(words)));
        assert!(recipients.len() < 2);
    }
}

#[tokio::test]
async fn too_large_and_letters_are_known_before_anything_is_sent() {
    let hello = |offer: &str| vec![say("220 hi\n"), hear("EHLO"), say(offer), hear("QUIT")];
    let big = || Mail { size: 1001, ..text(TEXT) };
    let utf8 = || Mail { needs_utf8: true, ..text(TEXT) };
    let plain = envelope(&["a@x.example"]);
    let letters = envelope(&["käthe@x.example", "a@x.example"]);
    for (to, mail, expected, named) in [
        (&plain, big(), Cause::MessageTooLarge, vec![]),
        (&plain, utf8(), Cause::Utf8NotOffered, vec![]),
        (&letters, text(TEXT), Cause::Utf8NotOffered, vec!["käthe@x.example"]),
    ] {
        let server = Scripted::plays(hello(OFFER)).await;
        let mut heard = Heard::default();
        let (failure, recipients) = refused(sent_to(server.port, to, mail, &SHORT, &mut heard).await);
        assert_eq!(failure.cause, expected);
        assert_eq!(recipients.iter().map(|(address, _)| address.as_str()).collect::<Vec<_>>(), named);
        assert_eq!(heard.limit, Some(1000));
        assert_eq!(server.heard().await, "EHLO [127.0.0.1]\nQUIT\n");
    }
    let offer = "250-hi\n250-SIZE 0\n250-8BITMIME\n250-SMTPUTF8\n250 AUTH PLAIN\n";
    let mut turns = vec![
        hear("MAIL FROM:<anna@studio.example> SIZE=29 BODY=8BITMIME SMTPUTF8"),
        say("250 ok\n"),
        hear("RCPT TO:<käthe@x.example>"),
        say("250 ok\n"),
        hear("RCPT"),
        say("250 ok\n"),
        hear("DATA"),
        say("354 ok\n"),
    ];
    turns.extend(hears_text());
    turns.push(say("250 ok\n"));
    let mut heard = Heard::default();
    let (result, _) = played(offer, turns, &letters, text(TEXT), &mut heard).await;
    assert_eq!(result.unwrap().accepted.len(), 2);
    assert_eq!(heard.limit, None);
}

/// A file that breaks in the middle.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        self.0 -= 1;
        buf[0] = b'a';
        Ok(1)
    }
}

#[tokio::test]
async fn without_the_whole_mail_or_the_leave_to_end_it_no_dot_leaves() {
    let to_text =
        || mail_and(vec![hear("RCPT"), say("250 ok\n"), hear("DATA"), say("354 ok\n"), Turn::Silence]);
    let to = envelope(&["a@x.example"]);
    let mut stopped = Heard { refuses: Some(Failure::of(Cause::DiskFull)), ..Heard::default() };
    let (result, lines) = played(OFFER, to_text(), &to, text(TEXT), &mut stopped).await;
    assert_eq!(refused(result).0.cause, Cause::DiskFull);
    assert!(lines.ends_with("DATA\nSubject: x\n\n..hidden\nlast\n"), "{lines}");

    for size in [28, 30] {
        let mut heard = Heard::default();
        let (result, lines) = played(OFFER, to_text(), &to, Mail { size, ..text(TEXT) }, &mut heard).await;
        assert_eq!(refused(result).0.cause, Cause::Unknown);
        assert!(!heard.dot && !lines.lines().any(|line| line == "."), "{lines}");
    }
    let mut heard = Heard::default();
    let broken = Mail { bytes: Breaks(20), size: 40, needs_utf8: false };
    let (result, lines) = played(OFFER, to_text(), &to, broken, &mut heard).await;
    let words = refused(result).0.server_said.unwrap();
    assert!(words.contains("the disk is gone"), "{words}");
    assert!(!heard.dot && !lines.lines().any(|line| line == "."), "{lines}");
}

/// What was said before the dot is no answer to it.
#[tokio::test]
async fn an_answer_that_comes_too_early_is_none() {
    for (early, expected) in
        [("250 ok\n", Cause::NotAMailServer), ("552 5.3.4 enough\n", Cause::MessageTooLarge)]
    {
        let turns = mail_and(vec![
            hear("RCPT"),
            say("250 ok\n"),
            hear("DATA"),
            say(&format!("354 ok\n{early}")),
            Turn::Silence,
        ]);
        let mut heard = Heard::default();
        let to = envelope(&["a@x.example"]);
        let (result, lines) = played(OFFER, turns, &to, text(TEXT), &mut heard).await;
        assert_eq!(refused(result).0.cause, expected);
        assert!(!heard.dot && !lines.lines().any(|line| line == "."), "{lines}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_reaches_no_server() {
    let bad = "a\r\nRCPT TO:<b@x.example>\r\n@x.example";
    let mut heard = Heard::default();
    // Nothing listens on port 1; it is not even tried.
    let result = sent_to(1, &envelope(&["a@x.example", bad]), text(TEXT), &SHORT, &mut heard).await;
    let (failure, recipients) = refused(result);
    assert_eq!(failure.cause, Cause::RecipientRefused);
    assert_eq!(recipients.len(), 1);
    let from = Envelope { from: address(bad), ..envelope(&["a@x.example"]) };
    let result = sent_to(1, &from, text(TEXT), &SHORT, &mut heard).await;
    assert_eq!(refused(result).0.cause, Cause::SenderRefused);
    let result = sent_to(1, &envelope(&[]), text(TEXT), &SHORT, &mut heard).await;
    assert_eq!(refused(result).0.cause, Cause::RecipientRefused);
}
