//! The answers of real servers, put through a whole connection.

use super::causes_answers::By::{Password, Refused, Token};
use super::causes_answers::all;
use super::tests::{opened, password};
use crate::model::{Cause, Security};
use crate::net::Terms;
use crate::net::scripted::{SHORT, hear, say};
use crate::secrets::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;

#[tokio::test]
async fn each_answer_to_a_sign_in_has_its_cause() {
    for &(server, by, answer, cause, documented) in all() {
        let greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2] ready\n";
        let mut turns = vec![say(greeting), hear("AUTHENTICATE")];
        if let Refused(json) = by {
            turns.extend([say(&format!("+ {}\n", STANDARD.encode(json))), hear("")]);
        }
        let tag = if answer.starts_with('*') { "" } else { "H1 " };
        turns.push(say(&format!("{tag}{answer}\n")));
        let credentials = match by {
            Password => password("geheim"),
            Token | Refused(_) => Credentials::Bearer(Secret::new("ya29.token".to_owned())),
        };
        let (connection, _) = opened(Security::Plaintext, turns, &Terms::default(), &SHORT).await;
        let failure = connection.unwrap().sign_in("anna", &credentials).await.unwrap_err();
        assert_eq!(failure.cause, cause, "{server}: {answer} ({documented})");
        let said = failure.server_said.unwrap();
        let words = answer.trim_start_matches("* ");
        assert!(said.starts_with(words), "{server}: {said:?} instead of {words:?}");
    }
}

#[test]
fn the_table_is_whole_and_says_where_it_is_from() {
    for &(server, _, answer, _, documented) in all() {
        let named = documented.starts_with("https://") || documented.contains(' ');
        assert!(named, "{server}: {answer}");
    }
    let servers: HashSet<&str> = all().map(|answer| answer.0).collect();
    for server in [
        "Gmail",
        "Outlook.com",
        "Microsoft 365",
        "Yahoo",
        "iCloud",
        "Fastmail",
        "Zoho",
        "GMX",
        "Dovecot",
        "Cyrus",
        "Courier",
        "Exchange",
    ] {
        assert!(servers.contains(server), "{server}");
    }
    let causes: HashSet<Cause> = all().map(|answer| answer.3).collect();
    for cause in [
        Cause::WrongPassword,
        Cause::AppPasswordNeeded,
        Cause::PasswordSignInOff,
        Cause::SignInExpired,
        Cause::ImapOff,
        Cause::MailboxGone,
        Cause::TooManyConnections,
        Cause::PerhapsBanned,
        Cause::TryLater,
        Cause::TlsNotOffered,
        Cause::OverQuota,
        Cause::Unknown,
    ] {
        assert!(causes.contains(&cause), "no server is known to say {cause:?}");
    }
}
