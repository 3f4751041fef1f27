//! Sign-in with passwords and tokens, against scripted servers.

use super::tests::{GREETING, cause, open, password};
use crate::model::Cause;
use crate::net::scripted::{Turn, hear, say};
use crate::secrets::{Credentials, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const LEFT: &str = "The server closed the connection before its answer was complete.";
const TOKEN: &str = "ya29.a0AfH6SMBxGe0123456789-_~";

fn token(text: &str) -> Credentials {
    Credentials::Bearer(Secret::new(text.to_owned()))
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_words_and_not_the_secret() {
    for (answer, expected, said) in [
        (
            "{tag} NO [AUTHENTICATIONFAILED] Authentication failed.\n",
            Cause::WrongPassword,
            "NO [AUTHENTICATIONFAILED] Authentication failed.",
        ),
        (
            "{tag} NO [ALERT] Application-specific password required\n",
            Cause::AppPasswordNeeded,
            "NO [ALERT] Application-specific password required",
        ),
        (
            "{tag} NO [UNAVAILABLE] Temporary authentication failure.\n",
            Cause::TryLater,
            "NO [UNAVAILABLE] Temporary authentication failure.",
        ),
        ("{tag} BAD unknown: AGFubmEAZ2VoZWlt geheim\n", Cause::Unknown, "BAD unknown: *** ***"),
        ("* BYE Too many connections\n", Cause::TooManyConnections, "BYE Too many connections"),
        ("* BYE Authentication failed\n", Cause::WrongPassword, "BYE Authentication failed"),
        // It may have refused the password without a word: nothing is sent again within a minute.
        ("", Cause::TryLater, LEFT),
        ("{tag} NO", Cause::TryLater, LEFT),
    ] {
        let turns = vec![say(GREETING), hear("AUTHENTICATE PLAIN"), say(answer)];
        let (connection, _) = open(turns).await;
        let failure = connection.unwrap().sign_in("anna", &password("geheim")).await.unwrap_err();
        assert_eq!((failure.cause, failure.server_said.as_deref()), (expected, Some(said)));
    }
    // One that leaves before a secret was sent has refused none.
    let (connection, _) = open(vec![say("* OK hi\n"), hear("CAPABILITY")]).await;
    assert_eq!(cause(connection), Cause::TimedOut);
    let turns = vec![
        say(GREETING),
        hear("AUTHENTICATE PLAIN"),
        say("+ more\n"),
        hear("*"),
        say("H1 BAD cancelled\n"),
    ];
    let (connection, _) = open(turns).await;
    assert_eq!(cause(connection.unwrap().sign_in("anna", &password("geheim")).await), Cause::Unknown);
}

#[tokio::test]
async fn a_secret_is_sent_only_where_it_is_wanted_and_whole() {
    let (connection, server) =
        open(vec![say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\n"), Turn::Silence]).await;
    assert_eq!(cause(connection.unwrap().sign_in("anna", &password("geheim")).await), Cause::TlsNotOffered);
    assert_eq!(server.heard().await, "");

    let (connection, server) = open(vec![say(GREETING), Turn::Silence]).await;
    let injected = connection.unwrap().sign_in("anna", &password("geheim\r\nH9 DELETE INBOX")).await;
    assert_eq!(cause(injected), Cause::WrongPassword);
    assert_eq!(server.heard().await, "");

    let literal = vec![
        say("* OK [CAPABILITY IMAP4rev1] hi\n"),
        hear("LOGIN \"anna\" {8}"),
        say("+ go\n"),
        hear("geheimß"),
        say("H1 OK [CAPABILITY IMAP4rev1] in\n"),
    ];
    let (connection, _) = open(literal).await;
    connection.unwrap().sign_in("anna", &password("geheimß")).await.unwrap();
}

/// A greeting that offers these mechanisms.
fn offering(capabilities: &str) -> Turn {
    say(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] hi\n"))
}

/// The last word of what was heard, decoded.
fn decoded(line: &str) -> String {
    let word = line.trim_end().rsplit(' ').next().unwrap_or_default();
    String::from_utf8(STANDARD.decode(word).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_shown_in_the_way_that_the_server_offers() {
    let in_again = || say("H1 OK [CAPABILITY IMAP4rev1] in\n");
    for (capabilities, command, message) in [
        (
            "SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER",
            "AUTHENTICATE OAUTHBEARER ",
            "n,a=anna,\x01host=localhost\x01port=",
        ),
        ("SASL-IR AUTH=PLAIN AUTH=XOAUTH2", "AUTHENTICATE XOAUTH2 ", "user=anna\x01auth=Bearer "),
    ] {
        let (connection, server) = open(vec![offering(capabilities), hear(command), in_again()]).await;
        connection.unwrap().sign_in("anna", &token(TOKEN)).await.unwrap();
        let heard = decoded(&server.heard().await);
        assert!(heard.starts_with(message), "{heard:?}");
        assert!(heard.ends_with(&format!("auth=Bearer {TOKEN}\x01\x01")), "{heard:?}");
    }
    // Without SASL-IR, and where the line would be too long, the message waits until it is asked for.
    let long = "t".repeat(9000);
    for (capabilities, shown) in [("AUTH=XOAUTH2", TOKEN), ("SASL-IR AUTH=XOAUTH2", &long)] {
        let turns =
            vec![offering(capabilities), hear("AUTHENTICATE XOAUTH2"), say("+ \n"), hear(""), in_again()];
        let (connection, server) = open(turns).await;
        connection.unwrap().sign_in("anna", &token(shown)).await.unwrap();
        let heard = server.heard().await;
        let (command, message) = heard.split_once('\n').unwrap();
        assert_eq!(command, "H1 AUTHENTICATE XOAUTH2");
        assert_eq!(decoded(message), format!("user=anna\x01auth=Bearer {shown}\x01\x01"));
    }
}

#[tokio::test]
async fn a_refused_token_ends_by_its_mechanisms_rules_and_says_why() {
    const GONE: &str = "NO [AUTHENTICATIONFAILED] Authentication failed.";
    for (mechanism, dummy, json, end, expected) in [
        ("XOAUTH2", "", r#"{"status":"401","schemes":"bearer","scope":"mail"}"#, GONE, Cause::SignInExpired),
        ("OAUTHBEARER", "AQ==", r#"{"status":"invalid_token"}"#, GONE, Cause::SignInExpired),
        ("OAUTHBEARER", "AQ==", r#"{"status":"500"}"#, GONE, Cause::TryLater),
        (
            "XOAUTH2",
            "",
            r#"{"status":"400"}"#,
            "NO [UNAVAILABLE] Temporary authentication failure.",
            Cause::TryLater,
        ),
    ] {
        let challenge = format!("+ {}\n", STANDARD.encode(json));
        let turns = vec![
            offering(&format!("SASL-IR AUTH={mechanism}")),
            hear("AUTHENTICATE"),
            say(&challenge),
            hear(""),
            say(&format!("H1 {end}\n")),
        ];
        let (connection, server) = open(turns).await;
        let failure = connection.unwrap().sign_in("anna", &token(TOKEN)).await.unwrap_err();
        assert_eq!((failure.cause, failure.server_said), (expected, Some(format!("{end} {json}"))));
        assert_eq!(server.heard().await.lines().nth(1), Some(dummy));
    }
    // A server that goes on asking is left.
    let endless = vec![
        offering("SASL-IR AUTH=XOAUTH2"),
        hear("AUTHENTICATE"),
        say("+ e30=\n"),
        hear(""),
        say("+ e30=\n"),
        Turn::Silence,
    ];
    let (connection, server) = open(endless).await;
    assert_eq!(cause(connection.unwrap().sign_in("anna", &token(TOKEN)).await), Cause::Unknown);
    assert_eq!(server.heard().await.lines().count(), 2);
}

#[tokio::test]
async fn a_token_goes_nowhere_where_it_is_not_taken() {
    for (capabilities, shown, expected) in [
        ("AUTH=PLAIN", TOKEN, Cause::Unknown),
        ("IDLE", TOKEN, Cause::Unknown),
        ("AUTH=XOAUTH2", "two\r\nlines", Cause::SignInExpired),
        ("AUTH=OAUTHBEARER", "a\x01auth=b", Cause::SignInExpired),
        ("AUTH=OAUTHBEARER", "", Cause::SignInExpired),
    ] {
        let (connection, server) = open(vec![offering(capabilities), Turn::Silence]).await;
        let failure = connection.unwrap().sign_in("anna", &token(shown)).await.unwrap_err();
        assert_eq!(failure.cause, expected, "{capabilities} {shown:?}");
        assert_eq!(server.heard().await, "");
    }
}

#[tokio::test]
async fn no_part_of_a_token_comes_back_in_the_servers_words() {
    let message = STANDARD.encode(format!("user=anna\x01auth=Bearer {TOKEN}\x01\x01"));
    let alone = STANDARD.encode(TOKEN);
    for echo in [TOKEN, &TOKEN[..20], &TOKEN[5..], &message, &message[..60], &alone, &alone[4..]] {
        let turns = vec![
            offering("SASL-IR AUTH=XOAUTH2"),
            hear("AUTHENTICATE"),
            say(&format!("+ {}\n", STANDARD.encode(format!("{{\"status\":\"401\",\"got\":\"{echo}\"}}")))),
            hear(""),
            say(&format!("{{tag}} NO refused: {echo}\n").replace("{tag}", "H1")),
        ];
        let (connection, _) = open(turns).await;
        let failure = connection.unwrap().sign_in("anna", &token(TOKEN)).await.unwrap_err();
        let said = failure.server_said.unwrap();
        assert_eq!(failure.cause, Cause::SignInExpired);
        assert!(said.contains("refused: ***") && said.contains("\"got\":\"***\""), "{said}");
    }
}
