//! Dialogues with scripted servers.

use super::verify;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::scripted::{Authority, HASTY, SHORT, Scripted, Turn, hear, say};
use crate::net::{Deadlines, Terms};
use crate::secrets::{Credentials, Secret};
use std::sync::Arc;

const OFFER: &str = "250-mail.example.com\n250-8BITMIME\n250 AUTH PLAIN LOGIN\n";

async fn verified(
    security: Security,
    turns: Vec<Turn>,
    terms: &Terms,
    deadlines: &Deadlines,
) -> (Result<(), Failure>, String) {
    let server = Scripted::plays(turns).await;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security };
    let password = Credentials::Password(Secret::new("geheim".into()));
    let result = verify(&endpoint, terms, "anna", &password, Arc::default(), deadlines).await;
    (result.map(drop), server.heard().await)
}

async fn plain(turns: Vec<Turn>) -> (Result<(), Failure>, String) {
    verified(Security::Plaintext, turns, &Terms::default(), &SHORT).await
}

fn cause(result: Result<(), Failure>) -> Cause {
    result.unwrap_err().cause
}

#[tokio::test]
async fn the_largest_mail_that_it_takes_is_known_from_the_sign_in_on() {
    for (offer, largest) in [("250-SIZE 35882577\n", Some(35_882_577)), ("250-SIZE 0\n", None), ("", None)] {
        let server = Scripted::plays(vec![
            say("220 hi\n"),
            hear("EHLO [127.0.0.1]"),
            say(&format!("250-hi\n{offer}250 AUTH PLAIN\n")),
            hear("AUTH PLAIN AGFubmEAZ2VoZWlt"),
            say("235 ok\n"),
            hear("QUIT"),
            say("221 bye\n"),
        ])
        .await;
        let endpoint =
            Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Plaintext };
        let password = Credentials::Password(Secret::new("geheim".into()));
        let terms = Terms::default();
        let seen = verify(&endpoint, &terms, "anna", &password, Arc::default(), &SHORT).await.unwrap();
        assert_eq!((seen.largest, seen.issuer), (largest, None), "{offer}");
    }
}

#[tokio::test]
async fn a_good_sign_in_ends_with_quit_and_names_no_machine() {
    let authority = Authority::new("Studio CA");
    let terms = Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() };
    let tls = || Turn::Tls(authority.server(&["localhost"], 2045));
    let signs_in = || {
        [
            hear("EHLO [127.0.0.1]"),
            say(OFFER),
            hear("AUTH PLAIN AGFubmEAZ2VoZWlt"),
            say("235 ok\n"),
            hear("QUIT"),
            say("221 bye\n"),
        ]
    };
    let mut implicit = vec![tls(), say("220-mail.example.com\n220 ESMTP\n")];
    implicit.extend(signs_in());
    let (result, heard) = verified(Security::Tls, implicit, &terms, &SHORT).await;
    assert_eq!(result, Ok(()));
    assert_eq!(heard.lines().count(), 3);

    let mut explicit = vec![
        say("220 hi\n"),
        hear("EHLO [127.0.0.1]"),
        say("250-hi\n250 STARTTLS\n"),
        hear("STARTTLS"),
        say("220 go\n"),
        tls(),
    ];
    explicit.extend(signs_in());
    let (result, heard) = verified(Security::Starttls, explicit, &terms, &SHORT).await;
    assert_eq!(result, Ok(()));
    assert_eq!(heard.lines().count(), 5);
}

#[tokio::test]
async fn a_server_with_login_alone_is_asked_by_login() {
    let turns = vec![
        say("220 hi\n"),
        hear("EHLO"),
        say("250-hi\n250 AUTH LOGIN\n"),
        hear("AUTH LOGIN"),
        say("334 VXNlcm5hbWU6\n"),
        hear("YW5uYQ=="),
        say("334 UGFzc3dvcmQ6\n"),
        hear("Z2VoZWlt"),
        say("535 5.7.8 no: geheim\n"),
    ];
    let (result, _) = plain(turns).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.cause, Cause::WrongPassword);
    assert_eq!(failure.server_said.as_deref(), Some("535 5.7.8 no: ***"));
}

#[tokio::test]
async fn refusals_keep_the_servers_words() {
    for (answer, expected) in [
        (
            "534-5.7.9 Application-specific password required.\n534 5.7.9 See the help\n",
            Cause::AppPasswordNeeded,
        ),
        ("454 4.7.0 Temporary authentication failure\n", Cause::TryLater),
        ("421 4.3.2 Shutting down\n", Cause::TryLater),
        ("whatever\n", Cause::NotAMailServer),
    ] {
        let turns = vec![say("220 hi\n"), hear("EHLO"), say(OFFER), hear("AUTH"), say(answer)];
        let (result, _) = plain(turns).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.cause, expected, "{answer} {failure:?}");
        assert!(failure.server_said.is_some());
    }
    // It may have refused the password without a word: nothing is sent again within a minute.
    let turns = vec![say("220 hi\n"), hear("EHLO"), say(OFFER), hear("AUTH")];
    assert_eq!(cause(plain(turns).await.0), Cause::TryLater);
    let before = vec![say("220 hi\n"), hear("EHLO")];
    assert_eq!(cause(plain(before).await.0), Cause::TimedOut);
}

#[tokio::test]
async fn no_secret_goes_where_tls_is_not_what_it_should_be() {
    let stranger = Authority::new("Stranger");
    let hello = || vec![say("220 hi\n"), hear("EHLO")];
    let with = |more: Vec<Turn>| hello().into_iter().chain(more).collect::<Vec<_>>();
    for (turns, expected) in [
        // Stripped, refused, and something slipped in before TLS.
        (with(vec![say(OFFER), Turn::Silence]), Cause::TlsNotOffered),
        (
            with(vec![say("250-hi\n250 STARTTLS\n"), hear("STARTTLS"), say("454 not now\n"), Turn::Silence]),
            Cause::TlsNotOffered,
        ),
        (
            with(vec![
                say("250-hi\n250 STARTTLS\n"),
                hear("STARTTLS"),
                say("220 go\n250 AUTH PLAIN\n"),
                Turn::Silence,
            ]),
            Cause::StandsInBetween,
        ),
        (
            with(vec![
                say("250-hi\n250 STARTTLS\n"),
                hear("STARTTLS"),
                say("220 go\n"),
                Turn::Tls(stranger.server(&["localhost"], 2045)),
                Turn::Silence,
            ]),
            Cause::CertificateUnknownIssuer,
        ),
    ] {
        let (result, heard) = verified(Security::Starttls, turns, &Terms::default(), &SHORT).await;
        assert_eq!(cause(result), expected);
        assert!(!heard.contains("AUTH") && !heard.contains("geheim"), "{heard}");
    }
}

#[tokio::test]
async fn what_greets_otherwise_is_no_mail_server() {
    for (greeting, expected) in [
        ("SSH-2.0-OpenSSH_9.2p1\n", Cause::NotAMailServer),
        ("HTTP/1.1 400 Bad Request\n\n", Cause::NotAMailServer),
        ("* OK IMAP4rev1\n", Cause::NotAMailServer),
        ("421 4.7.0 Too many connections\n", Cause::TooManyConnections),
        ("554 5.7.1 Blocked\n", Cause::ConnectionRefused),
        ("", Cause::ConnectionRefused),
    ] {
        let (result, heard) = plain(vec![say(greeting)]).await;
        assert_eq!(cause(result), expected, "{greeting}");
        assert_eq!(heard, "");
    }
    let endless = vec![Turn::Say(vec![b'2'; 100_000])];
    assert_eq!(cause(plain(endless).await.0), Cause::NotAMailServer);
    let (result, _) = verified(Security::Plaintext, vec![Turn::Silence], &Terms::default(), &HASTY).await;
    assert_eq!(cause(result), Cause::TimedOut);
    let silent_later = vec![say("220 hi\n"), hear("EHLO"), Turn::Silence];
    let (result, _) = verified(Security::Plaintext, silent_later, &Terms::default(), &HASTY).await;
    assert_eq!(cause(result), Cause::TimedOut);
}

#[tokio::test]
async fn a_server_without_sign_in() {
    let none = vec![say("220 hi\n"), hear("EHLO"), say("250 hi\n"), hear("QUIT"), say("221 bye\n")];
    let (result, heard) = plain(none).await;
    assert_eq!(result, Ok(()), "a relay on this machine");
    assert!(!heard.contains("AUTH"));
    let browser = vec![say("220 hi\n"), hear("EHLO"), say("250-hi\n250 AUTH XOAUTH2\n"), Turn::Silence];
    assert_eq!(cause(plain(browser).await.0), Cause::PasswordSignInOff);
}
