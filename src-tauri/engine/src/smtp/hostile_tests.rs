//! Servers, and those who stand in between, that want a password or a token in clear, or somewhere else. Each is
//! tried with both; nothing of either may ever be on the wire as it is.

use super::verify;
use crate::model::{Cause, Endpoint, Failure, Security};
use crate::net::Terms;
use crate::net::hostile::{Attempt, Ends, PASSWORD, Stand, TOKEN, row, turns};
use crate::net::scripted::{SHORT, Scripted, Turn, hear, leaks, say};
use crate::secrets::{Credentials, Secret};
use std::sync::Arc;

async fn signs_in(attempt: Attempt) -> Result<(), Failure> {
    let secret = Secret::new(attempt.secret.to_owned());
    let credentials = if attempt.token { Credentials::Bearer(secret) } else { Credentials::Password(secret) };
    let Attempt { endpoint, terms, deadlines, .. } = attempt;
    verify(&endpoint, &terms, "anna", &credentials, Arc::default(), &deadlines).await.map(drop)
}

const GREETING: &str = "220 mail.example.com ESMTP\n";
const ALL: &str = "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER";

/// The answer to EHLO, once it is said.
fn offers(keywords: &[&str]) -> Vec<Turn> {
    vec![hear("EHLO"), say(&offer(keywords))]
}

fn offer(keywords: &[&str]) -> String {
    let mut lines = vec!["mail.example.com"];
    lines.extend(keywords);
    let last = lines.len() - 1;
    let line = |(n, word): (usize, &&str)| format!("250{}{word}\n", if n == last { ' ' } else { '-' });
    lines.iter().enumerate().map(line).collect()
}

#[tokio::test]
async fn nothing_is_sent_where_starttls_is_not_what_it_should_be() {
    use Security::Starttls;
    let stand = Stand::new();
    let asked = || turns([vec![say(GREETING)], offers(&["STARTTLS", ALL]), vec![hear("STARTTLS")]]);
    let then = |more: Vec<Turn>| turns([asked(), more]);
    let stands = Ends::Before(Cause::StandsInBetween);
    let none = Ends::Before(Cause::TlsNotOffered);
    let rows = vec![
        row(
            "stripped",
            Starttls,
            none,
            turns([vec![say(GREETING)], offers(&["SIZE 1000", ALL]), vec![Turn::Silence]]),
        ),
        row(
            "EHLO refused, so that nothing is offered",
            Starttls,
            none,
            vec![say(GREETING), hear("EHLO"), say("502 5.5.1 not here\n"), Turn::Silence],
        ),
        row(
            "a 235 in the same packet",
            Starttls,
            stands,
            then(vec![say("220 go\n235 2.7.0 you are in\n"), stand.tls(), Turn::Silence]),
        ),
        row(
            "an answer to EHLO in the same packet, without its end",
            Starttls,
            stands,
            then(vec![say("220 go\n250-evil\n250 AUTH PLAIN"), stand.tls(), Turn::Silence]),
        ),
        row(
            "an answer to EHLO in a later packet, before the server's handshake",
            Starttls,
            stands,
            then(vec![say("220 go\n"), Turn::Hello, say(&offer(&[ALL])), Turn::Silence]),
        ),
        row(
            "a 220 before STARTTLS was said, and the real answer",
            Starttls,
            stands,
            vec![
                say(GREETING),
                hear("EHLO"),
                say(&format!("{}220 go\n", offer(&["STARTTLS", ALL]))),
                hear("STARTTLS"),
                say("454 4.7.0 not now\n"),
                Turn::Silence,
            ],
        ),
        row(
            "refused for now",
            Starttls,
            none,
            then(vec![say("454 4.7.0 TLS not available\n"), Turn::Silence]),
        ),
        row("refused", Starttls, none, then(vec![say("501 5.5.4 what?\n"), Turn::Silence])),
        row(
            "the door shut when TLS begins",
            Starttls,
            Ends::Before(Cause::TimedOut),
            then(vec![say("220 go\n")]),
        ),
        row(
            "a certificate of nobody",
            Starttls,
            Ends::Before(Cause::CertificateUnknownIssuer),
            then(vec![say("220 go\n"), Stand::strange_tls(), Turn::Silence]),
        ),
        row(
            "sent away before TLS",
            Starttls,
            Ends::Before(Cause::TryLater),
            vec![say(&format!("421 4.3.2 Use {} instead\n", stand.elsewhere())), Turn::Silence],
        ),
    ];
    stand.holds(rows, signs_in).await;
}

#[tokio::test]
async fn nobody_speaks_before_they_are_asked() {
    use Security::Starttls;
    let stand = Stand::new();
    let stands = Ends::Before(Cause::StandsInBetween);
    let rows = vec![
        row(
            "a second answer to EHLO before STARTTLS was said",
            Starttls,
            stands,
            vec![
                say(GREETING),
                hear("EHLO"),
                say(&format!("{}{}", offer(&["STARTTLS"]), offer(&[ALL]))),
                hear("STARTTLS"),
                Turn::Silence,
            ],
        ),
        row(
            "greeted twice",
            Starttls,
            stands,
            vec![say(&format!("{GREETING}{GREETING}")), hear("EHLO"), Turn::Silence],
        ),
        row(
            "let in by the greeting",
            Starttls,
            stands,
            vec![say(&format!("{GREETING}235 2.7.0 you are in\n")), hear("EHLO"), Turn::Silence],
        ),
    ];
    stand.holds(rows, signs_in).await;
}

#[tokio::test]
async fn nothing_that_was_said_before_tls_is_believed_after_it() {
    use Security::Starttls;
    let stand = Stand::new();
    let under_tls = |before: &str, after: &[&str], more: Vec<Turn>| {
        turns([
            vec![say(GREETING)],
            offers(&["STARTTLS", before]),
            vec![hear("STARTTLS"), say("220 go\n"), stand.tls()],
            offers(after),
            more,
        ])
    };
    let welcome = || vec![hear("AUTH "), say("235 2.7.0 in\n"), hear("QUIT"), say("221 bye\n")];
    let rows = vec![
        row(
            "AUTH before TLS, no mechanism of ours after it",
            Starttls,
            Ends::Unsent(Cause::SendingOff, Cause::Unknown),
            under_tls(ALL, &["AUTH GSSAPI"], vec![Turn::Silence]),
        ),
        row(
            "AUTH before TLS, none after it: a server of this machine asks nobody who they are",
            Starttls,
            Ends::Unasked,
            under_tls(ALL, &["SIZE 1000"], vec![hear("QUIT"), say("221 bye\n")]),
        ),
        row("AUTH after TLS alone", Starttls, Ends::Well, under_tls("SIZE 1000", &[ALL], welcome())),
        row(
            "OAUTHBEARER before TLS alone",
            Starttls,
            Ends::Well,
            under_tls("AUTH OAUTHBEARER", &["AUTH PLAIN XOAUTH2"], welcome()),
        ),
        row(
            "greeted once more after TLS",
            Starttls,
            Ends::Before(Cause::NotAMailServer),
            turns([
                vec![say(GREETING)],
                offers(&["STARTTLS"]),
                vec![
                    hear("STARTTLS"),
                    say("220 go\n"),
                    stand.tls(),
                    say(GREETING),
                    hear("EHLO"),
                    Turn::Silence,
                ],
            ]),
        ),
    ];
    stand.holds(rows, signs_in).await;
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_with_a_secret() {
    let stand = Stand::new();
    let answered = |answer: &str| {
        turns([
            vec![stand.tls(), say(GREETING)],
            offers(&[ALL]),
            vec![hear("AUTH "), say(answer), Turn::Silence],
        ])
    };
    let elsewhere = stand.elsewhere();
    let rows = vec![
        row(
            "no TLS where it should be from the first byte",
            Security::Tls,
            Ends::Before(Cause::TlsNotOffered),
            vec![say(GREETING), Turn::Silence],
        ),
        row(
            "greeted twice under TLS",
            Security::Tls,
            Ends::Before(Cause::NotAMailServer),
            vec![stand.tls(), say(&format!("{GREETING}{GREETING}")), hear("EHLO"), Turn::Silence],
        ),
        row(
            "sent away in the greeting",
            Security::Tls,
            Ends::Before(Cause::TryLater),
            vec![stand.tls(), say(&format!("421 4.3.2 Use {elsewhere} instead\n")), Turn::Silence],
        ),
        row(
            "sent away at the sign-in",
            Security::Tls,
            Ends::Refused(Cause::MailboxGone),
            answered(&format!("551 5.7.1 User not local; please try <{elsewhere}>\n")),
        ),
        row(
            "a yes that is none",
            Security::Tls,
            Ends::Refused(Cause::NotAMailServer),
            answered("250 2.7.0 in\n"),
        ),
    ];
    stand.holds(rows, signs_in).await;
}

/// The tests above can fail: in clear, to this machine alone, both secrets are overheard.
#[tokio::test]
async fn what_is_in_clear_is_overheard() {
    for (secret, token) in [(PASSWORD, false), (TOKEN, true)] {
        for mechanisms in ["AUTH PLAIN XOAUTH2", "AUTH LOGIN OAUTHBEARER"] {
            let mut turns = turns([vec![say(GREETING)], offers(&[mechanisms]), vec![hear("AUTH ")]]);
            if !token && mechanisms.contains("LOGIN") {
                turns.extend([say("334 VXNlcm5hbWU6\n"), hear(""), say("334 UGFzc3dvcmQ6\n"), hear("")]);
            }
            turns.extend([say("535 5.7.8 no\n"), Turn::Silence]);
            let server = Scripted::plays(turns).await;
            let endpoint =
                Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Plaintext };
            let attempt = Attempt { endpoint, terms: Terms::default(), deadlines: SHORT, secret, token };
            assert!(signs_in(attempt).await.is_err());
            assert!(leaks(&server.overheard().await.1, secret));
        }
    }
}
