//! Servers, and those who stand in between, that want a password or a token in clear, or somewhere else. Each is
//! tried with both; nothing of either may ever be on the wire as it is.

use super::Connection;
use crate::model::Endpoint;
use crate::model::{Cause, Failure, Security};
use crate::net::Terms;
use crate::net::hostile::{Attempt, Ends, PASSWORD, Stand, TOKEN, row, turns};
use crate::net::scripted::{SHORT, Scripted, Turn, hear, leaks, say};
use crate::secrets::{Credentials, Secret};
use std::sync::Arc;

async fn signs_in(attempt: Attempt) -> Result<(), Failure> {
    let secret = Secret::new(attempt.secret.to_owned());
    let credentials = if attempt.token { Credentials::Bearer(secret) } else { Credentials::Password(secret) };
    let Attempt { endpoint, terms, deadlines, .. } = attempt;
    let connection = Connection::open(&endpoint, &terms, Arc::default(), &deadlines).await?;
    connection.sign_in("anna", &credentials).await.map(|_| ())
}

/// A plain greeting with these capabilities.
fn greets(capabilities: &str) -> Turn {
    say(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\n"))
}

/// The answer to CAPABILITY, once it is asked for.
fn can(capabilities: &str) -> [Turn; 2] {
    [hear("CAPABILITY"), say(&format!("* CAPABILITY IMAP4rev1 {capabilities}\n{{tag}} OK\n"))]
}

#[tokio::test]
async fn nothing_is_sent_where_starttls_is_not_what_it_should_be() {
    use Security::Starttls;
    let stand = Stand::new();
    let tls = || stand.tls();
    let all = "AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR";
    let asked = || vec![greets(&format!("STARTTLS {all}")), hear("STARTTLS")];
    let then = |more: Vec<Turn>| turns([asked(), more]);
    let stands = Ends::Before(Cause::StandsInBetween);
    let none = Ends::Before(Cause::TlsNotOffered);
    let rows = vec![
        row("stripped from the greeting", Starttls, none, vec![greets(all), Turn::Silence]),
        row(
            "stripped from the answer",
            Starttls,
            none,
            turns([vec![say("* OK hi\n")], can(all).to_vec(), vec![Turn::Silence]]),
        ),
        row(
            "an alert that asks for the password",
            Starttls,
            none,
            turns([
                vec![say("* OK [ALERT] Encryption is down. Log in without it\n")],
                can(all).to_vec(),
                vec![Turn::Silence],
            ]),
        ),
        row(
            "surplus in the same packet",
            Starttls,
            stands,
            then(vec![say(&format!("{{tag}} OK go\n* CAPABILITY IMAP4rev1 {all}\n")), tls(), Turn::Silence]),
        ),
        row(
            "half a line of surplus in the same packet",
            Starttls,
            stands,
            then(vec![say("{tag} OK go\n* OK"), tls(), Turn::Silence]),
        ),
        row(
            "surplus in a later packet, before the server's handshake",
            Starttls,
            stands,
            then(vec![
                say("{tag} OK go\n"),
                Turn::Hello,
                say(&format!("* CAPABILITY IMAP4rev1 {all}\nH1 OK in\n")),
                Turn::Silence,
            ]),
        ),
        row(
            "a tagged OK before STARTTLS was said, and the real answer",
            Starttls,
            stands,
            vec![
                say(&format!("* OK [CAPABILITY IMAP4rev1 STARTTLS {all}] hi\nS2 OK go\n")),
                hear("STARTTLS"),
                say("{tag} NO not now\n"),
                Turn::Silence,
            ],
        ),
        row("refused with NO", Starttls, none, then(vec![say("{tag} NO not now\n"), Turn::Silence])),
        row("refused with BAD", Starttls, none, then(vec![say("{tag} BAD what?\n"), Turn::Silence])),
        row(
            "never answered, only talked over",
            Starttls,
            Ends::Before(Cause::NotAMailServer),
            then(vec![say(&"* OK still here\n".repeat(200)), Turn::Silence]),
        ),
        row(
            "the door shut when TLS begins",
            Starttls,
            Ends::Before(Cause::TimedOut),
            then(vec![say("{tag} OK go\n")]),
        ),
        row(
            "a certificate of nobody",
            Starttls,
            Ends::Before(Cause::CertificateUnknownIssuer),
            then(vec![say("{tag} OK go\n"), Stand::strange_tls(), Turn::Silence]),
        ),
        row("PREAUTH before TLS", Starttls, stands, vec![say("* PREAUTH welcome, anna\n"), Turn::Silence]),
        row(
            "sent away before TLS",
            Starttls,
            Ends::Before(Cause::TryLater),
            vec![say(&format!("* BYE [REFERRAL imap://{}/] Try there\n", stand.elsewhere())), Turn::Silence],
        ),
    ];
    stand.holds(rows, signs_in).await;
}

#[tokio::test]
async fn nothing_that_was_said_before_tls_is_believed_after_it() {
    use Security::Starttls;
    let stand = Stand::new();
    let tls = || stand.tls();
    let under_tls = |before: &str, after: &str, more: Vec<Turn>| {
        let starttls =
            vec![greets(&format!("STARTTLS {before}")), hear("STARTTLS"), say("{tag} OK go\n"), tls()];
        turns([starttls, can(after).to_vec(), more])
    };
    let welcome = || say("H2 OK [CAPABILITY IMAP4rev1] in\n");
    let off = Ends::Unsent(Cause::PasswordSignInOff, Cause::Unknown);
    let rows = vec![
        row(
            "AUTH before TLS, LOGINDISABLED after it",
            Starttls,
            off,
            under_tls("AUTH=PLAIN AUTH=XOAUTH2", "LOGINDISABLED", vec![Turn::Silence]),
        ),
        row(
            "LOGINDISABLED before TLS, AUTH after it",
            Starttls,
            Ends::Well,
            under_tls(
                "LOGINDISABLED",
                "SASL-IR AUTH=PLAIN AUTH=XOAUTH2",
                vec![hear("AUTHENTICATE"), welcome(), Turn::Silence],
            ),
        ),
        row(
            "SASL-IR and OAUTHBEARER before TLS alone",
            Starttls,
            Ends::Well,
            under_tls(
                "SASL-IR AUTH=OAUTHBEARER",
                "AUTH=PLAIN AUTH=XOAUTH2",
                vec![hear("AUTHENTICATE"), say("+ \n"), hear(""), welcome(), Turn::Silence],
            ),
        ),
        row(
            "a second greeting after TLS",
            Starttls,
            off,
            turns([
                vec![greets("STARTTLS"), hear("STARTTLS"), say("{tag} OK go\n"), tls()],
                vec![greets("AUTH=PLAIN AUTH=XOAUTH2")],
                can("LOGINDISABLED").to_vec(),
                vec![Turn::Silence],
            ]),
        ),
    ];
    stand.holds(rows, signs_in).await;
}

/// A ServerHello (RFC 4346, section 7.4.1.3) that chooses version 3.2 and TLS_RSA_WITH_AES_128_CBC_SHA.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0x00, 0x2f, 0]);
    hello
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_with_a_secret() {
    let stand = Stand::new();
    let url = format!("imap://anna;AUTH=*@{}/", stand.elsewhere());
    let tls = || stand.tls();
    let asked = || {
        let all = "LOGIN-REFERRALS SASL-IR AUTH=PLAIN AUTH=OAUTHBEARER";
        vec![tls(), greets(all), hear("AUTHENTICATE")]
    };
    let answered = |answer: String| turns([asked(), vec![say(&answer), Turn::Silence]]);
    let rows = vec![
        row(
            "PREAUTH under TLS",
            Security::Tls,
            Ends::Before(Cause::NotAMailServer),
            vec![tls(), say("* PREAUTH welcome, anna\n"), Turn::Silence],
        ),
        row(
            "no TLS where it should be from the first byte",
            Security::Tls,
            Ends::Before(Cause::TlsNotOffered),
            vec![greets("AUTH=PLAIN AUTH=XOAUTH2"), Turn::Silence],
        ),
        row(
            "TLS 1.1 and nothing newer",
            Security::Tls,
            Ends::Before(Cause::TlsNotOffered),
            vec![Turn::Hello, Turn::Say(hello_of_tls_1_1()), Turn::Silence],
        ),
        row(
            "sent away in the greeting",
            Security::Tls,
            Ends::Before(Cause::TryLater),
            vec![tls(), say(&format!("* BYE [REFERRAL {url}] Try there\n")), Turn::Silence],
        ),
        row(
            "the mailbox is elsewhere",
            Security::Tls,
            Ends::Refused(Cause::MailboxGone),
            answered(format!("{{tag}} NO [REFERRAL {url}] Try there\n")),
        ),
        row(
            "sent away at the sign-in",
            Security::Tls,
            Ends::Refused(Cause::TryLater),
            answered(format!("* BYE [REFERRAL {url}] Try there\n")).into_iter().take(4).collect(),
        ),
        row(
            "let in, and told of another place",
            Security::Tls,
            Ends::Well,
            turns([
                answered(format!("{{tag}} OK [REFERRAL {url}] in\n")).into_iter().take(4).collect(),
                can("IDLE").to_vec(),
                vec![Turn::Silence],
            ]),
        ),
    ];
    stand.holds(rows, signs_in).await;
}

/// The tests above can fail: in clear, to this machine alone, both secrets are overheard.
#[tokio::test]
async fn what_is_in_clear_is_overheard() {
    for (secret, token) in [(PASSWORD, false), (TOKEN, true)] {
        for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
            let capabilities = format!("SASL-IR AUTH=PLAIN AUTH={mechanism}");
            let turns =
                vec![greets(&capabilities), hear("AUTHENTICATE"), say("{tag} NO no\n"), Turn::Silence];
            let server = Scripted::plays(turns).await;
            let endpoint =
                Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Plaintext };
            let attempt = Attempt { endpoint, terms: Terms::default(), deadlines: SHORT, secret, token };
            assert!(signs_in(attempt).await.is_err());
            assert!(leaks(&server.overheard().await.1, secret));
        }
    }
}
