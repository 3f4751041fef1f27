//! AUTH with tokens, and what is no yes, against scripted servers.

use super::verify;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::Terms;
use crate::net::scripted::{SHORT, Scripted, Turn, hear, say};
use crate::secrets::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

const TOKEN: &str = "ya29.a0AfH6SMBxGe0123456789-_~";

async fn shown(token: &str, offer: &str, turns: Vec<Turn>) -> (Result<(), Failure>, String) {
    let mut all = vec![say("220 hi\n"), hear("EHLO"), say(&format!("250-hi\n250 AUTH {offer}\n"))];
    all.extend(turns);
    let server = Scripted::plays(all).await;
    let endpoint =
        Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Plaintext };
    let token = Credentials::Bearer(Secret::new(token.to_owned()));
    let result = verify(&endpoint, &Terms::default(), "anna", &token, Arc::default(), &SHORT).await;
    let heard = server.heard().await;
    (result.map(drop), heard.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default())
}

fn decoded(line: &str) -> String {
    let word = line.trim_end().rsplit(' ').next().unwrap_or_default();
    String::from_utf8(STANDARD.decode(word).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_shown_in_the_way_that_the_server_offers() {
    for (offer, command, message) in [
        ("LOGIN PLAIN XOAUTH2 OAUTHBEARER", "AUTH OAUTHBEARER ", "n,a=anna,\x01host=localhost\x01port="),
        ("LOGIN xoauth2", "AUTH XOAUTH2 ", "user=anna\x01auth=Bearer "),
    ] {
        let turns = vec![hear(command), say("235 2.7.0 Accepted\n"), hear("QUIT"), say("221 bye\n")];
        let (result, heard) = shown(TOKEN, offer, turns).await;
        assert_eq!(result, Ok(()));
        let message_heard = decoded(heard.lines().next().unwrap());
        assert!(message_heard.starts_with(message), "{message_heard:?}");
        assert!(message_heard.ends_with(&format!("auth=Bearer {TOKEN}\x01\x01")), "{message_heard:?}");
    }
    // Microsoft's tokens are longer than a command line may be: they wait for the challenge.
    let long = "t".repeat(8000);
    let turns = vec![
        hear("AUTH XOAUTH2"),
        say("334 \n"),
        hear(""),
        say("235 2.7.0 Accepted\n"),
        hear("QUIT"),
        say("221 bye\n"),
    ];
    let (result, heard) = shown(&long, "LOGIN XOAUTH2", turns).await;
    assert_eq!(result, Ok(()));
    let mut lines = heard.lines();
    assert_eq!(lines.next(), Some("AUTH XOAUTH2"));
    assert_eq!(decoded(lines.next().unwrap()), format!("user=anna\x01auth=Bearer {long}\x01\x01"));
}

#[tokio::test]
async fn a_refused_token_ends_by_its_mechanisms_rules_and_says_why() {
    for (offer, dummy, json, end, expected) in [
        (
            "XOAUTH2",
            "",
            r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#,
            "535 5.7.8 Username and Password not accepted.",
            Cause::SignInExpired,
        ),
        (
            "OAUTHBEARER",
            "AQ==",
            r#"{"status":"invalid_token"}"#,
            "535 5.7.8 Error: authentication failed",
            Cause::SignInExpired,
        ),
        (
            "OAUTHBEARER",
            "AQ==",
            r#"{"status":"500"}"#,
            "535 5.7.8 Error: authentication failed",
            Cause::TryLater,
        ),
        ("XOAUTH2", "", r#"{"status":"400"}"#, "454 4.7.0 Temporary authentication failure", Cause::TryLater),
    ] {
        let turns = vec![
            hear("AUTH"),
            say(&format!("334 {}\n", STANDARD.encode(json))),
            hear(""),
            say(&format!("{end}\n")),
        ];
        let (result, heard) = shown(TOKEN, offer, turns).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.cause, failure.server_said), (expected, Some(format!("{end} {json}"))));
        assert_eq!(heard.lines().nth(1), Some(dummy));
    }
    // A server that goes on asking is left.
    let turns = vec![hear("AUTH"), say("334 e30=\n"), hear(""), say("334 e30=\n"), Turn::Silence];
    let (result, heard) = shown(TOKEN, "XOAUTH2", turns).await;
    assert_eq!(result.unwrap_err().cause, Cause::Unknown);
    assert_eq!(heard.lines().count(), 2);
}

#[tokio::test]
async fn a_token_goes_nowhere_where_it_is_not_taken() {
    for (offer, token, expected) in [
        ("PLAIN LOGIN", TOKEN, Cause::Unknown),
        ("XOAUTH2", "two\r\nlines", Cause::SignInExpired),
        ("OAUTHBEARER", "a\x01auth=b", Cause::SignInExpired),
    ] {
        let (result, heard) = shown(token, offer, vec![Turn::Silence]).await;
        assert_eq!(result.unwrap_err().cause, expected, "{offer} {token:?}");
        assert_eq!(heard, "");
    }
}

#[tokio::test]
async fn only_235_is_a_yes() {
    for (answer, expected) in [
        ("250 fine\n", Cause::NotAMailServer),
        ("220 hello again\n", Cause::NotAMailServer),
        ("354 go ahead\n", Cause::NotAMailServer),
        ("235-half\n", Cause::TryLater),
        ("23", Cause::TryLater),
    ] {
        let (result, _) = shown(TOKEN, "XOAUTH2", vec![hear("AUTH"), say(answer)]).await;
        assert_eq!(result.unwrap_err().cause, expected, "{answer}");
    }
}

#[tokio::test]
async fn no_part_of_a_token_comes_back_in_the_servers_words() {
    let message = STANDARD.encode(format!("user=anna\x01auth=Bearer {TOKEN}\x01\x01"));
    for echo in [TOKEN, &TOKEN[..20], &message, &message[..60]] {
        let turns = vec![hear("AUTH"), say(&format!("535 5.7.8 refused: {echo}\n"))];
        let (result, _) = shown(TOKEN, "XOAUTH2", turns).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.cause, Cause::SignInExpired);
        assert_eq!(failure.server_said.as_deref(), Some("535 5.7.8 refused: ***"));
    }
}
