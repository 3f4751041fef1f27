//! Dialogues with scripted servers.

use super::*;
use crate::model::{Address, Cause, Endpoint, Failure, FolderRole, Security, Timestamp};
use crate::net::scripted::{Authority, HASTY, SHORT, Scripted, Turn, hear, say};
use crate::net::{Counters, Deadlines, Stage, Terms};
use crate::secrets::{Credentials, Secret};
use std::sync::Arc;

pub(super) const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\n";
const SIGNED_IN: &str =
    "{tag} OK [CAPABILITY IMAP4rev1 CONDSTORE LITERAL+ SPECIAL-USE LIST-EXTENDED LIST-STATUS] in\n";

pub(super) fn password(text: &str) -> Credentials {
    Credentials::Password(Secret::new(text.to_owned()))
}

pub(super) async fn opened(
    security: Security,
    turns: Vec<Turn>,
    terms: &Terms,
    deadlines: &Deadlines,
) -> (Result<Connection, Failure>, Scripted) {
    let server = Scripted::plays(turns).await;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security };
    (Connection::open(&endpoint, terms, Arc::default(), deadlines).await, server)
}

pub(super) async fn open(turns: Vec<Turn>) -> (Result<Connection, Failure>, Scripted) {
    opened(Security::Plaintext, turns, &Terms::default(), &SHORT).await
}

/// Signed in, on a server that then plays these turns.
pub(super) async fn session(turns: Vec<Turn>) -> (Session, Scripted) {
    let mut all = vec![say(GREETING), hear("AUTHENTICATE PLAIN AGFubmEAZ2VoZWlt"), say(SIGNED_IN)];
    all.extend(turns);
    let (connection, server) = open(all).await;
    (connection.unwrap().sign_in("anna", &password("geheim")).await.unwrap(), server)
}

/// The same with INBOX opened.
pub(super) async fn in_inbox(turns: Vec<Turn>) -> (Session, Scripted) {
    let mut all = vec![
        hear("EXAMINE \"INBOX\" (CONDSTORE)"),
        say(
            "* 3 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 10] ok\n* OK [HIGHESTMODSEQ 90] ok\n{tag} OK [READ-ONLY] done\n",
        ),
    ];
    all.extend(turns);
    let (mut session, server) = session(all).await;
    let examined = session.examine("INBOX").await.unwrap();
    assert_eq!(examined, Examined { uid_validity: 7, uid_next: 10, exists: 3, highest_modseq: Some(90) });
    (session, server)
}

pub(super) fn cause<T: std::fmt::Debug>(result: Result<T, Failure>) -> Cause {
    result.unwrap_err().cause
}

/// What is spawned must be able to move between threads.
#[test]
fn everything_can_be_spawned() {
    fn sendable<T: Send>(_: &T) {}
    let endpoint = Endpoint { host: String::new(), port: 1, security: Security::Tls };
    sendable(&Connection::open(&endpoint, &Terms::default(), Arc::default(), &SHORT));
    let _ = |mut session: Session| {
        sendable(&session.search(&Search::default()));
        sendable(&session.fetch_bodies(&UidSet::all()).unwrap().next());
        sendable(&session.list(true));
    };
}

#[tokio::test]
async fn a_session_from_the_dial_to_the_end() {
    let authority = Authority::new("Studio CA");
    let terms = Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() };
    let server = Scripted::plays(vec![
        Turn::Tls(authority.server(&["localhost"], 2045)),
        say("* OK ready\n"),
        hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\n{tag} OK\n"),
        hear("AUTHENTICATE PLAIN"),
        say("+\n"),
        hear("AGFubmEAZ2VoZWlt"),
        say("H2 OK in\n"),
        hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 ID X-GM-EXT-1\n{tag} OK\n"),
        hear("ID (\"name\" \"Hatstand\" \"version\" "),
        hear("LIST \"\" \"*\""),
        say("* ID (\"name\" \"x\")\nH4 OK\n* LIST (\\HasNoChildren) \"/\" INBOX\n{tag} OK\n"),
        hear("LOGOUT"),
        say("* BYE bye\n{tag} OK\n"),
    ])
    .await;
    let endpoint = Endpoint { host: "localhost".to_owned(), port: server.port, security: Security::Tls };
    let mut stages = Vec::new();
    let mut watch = |stage: Stage<'_>| {
        stages.push(match stage {
            Stage::Connected(_) => "connected",
            Stage::CertificateShown(_) => "shown",
            Stage::Secured => "secured",
            Stage::Greeted => "greeted",
        });
    };
    let counters = Arc::new(Counters::default());
    let connection =
        Connection::open_watched(&endpoint, &terms, Arc::clone(&counters), &SHORT, &mut watch).await.unwrap();
    assert_eq!(connection.certificate().unwrap().subject_names, ["localhost"]);
    assert_eq!(stages, ["connected", "shown", "secured", "greeted"]);
    let mut session = connection.sign_in("anna", &password("geheim")).await.unwrap();
    assert!(session.capabilities().gmail() && !session.capabilities().condstore());
    assert_eq!(session.list(true).await.unwrap()[0].special_use, Some(FolderRole::Inbox));
    session.logout().await;
    assert!(server.heard().await.contains("LOGOUT"));
    assert!(counters.round_trips() >= 6);
}

#[tokio::test]
async fn starttls_and_all_that_can_go_wrong_with_it() {
    let authority = Authority::new("Studio CA");
    let terms = Terms { ca_pem: Some(authority.pem.clone()), ..Terms::default() };
    let tls = || Turn::Tls(authority.server(&["localhost"], 2045));
    let good = vec![
        say("* OK hi\n"),
        hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 STARTTLS\n{tag} OK\n"),
        hear("STARTTLS"),
        say("{tag} OK go\n"),
        tls(),
        hear("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1\n{tag} OK\n"),
        hear("LOGIN \"anna\" \"geheim\""),
        say("{tag} OK [CAPABILITY IMAP4rev1] in\n"),
    ];
    let (connection, server) = opened(Security::Starttls, good, &terms, &SHORT).await;
    connection.unwrap().sign_in("anna", &password("geheim")).await.unwrap();
    server.heard().await;

    let offered = || say("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\n");
    for (turns, expected) in [
        (vec![say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\n"), Turn::Silence], Cause::TlsNotOffered),
        (vec![offered(), hear("STARTTLS"), say("{tag} NO not now\n"), Turn::Silence], Cause::TlsNotOffered),
        (
            vec![
                offered(),
                hear("STARTTLS"),
                say("{tag} OK go\n* OK [CAPABILITY IMAP4rev1] injected\n"),
                Turn::Silence,
            ],
            Cause::StandsInBetween,
        ),
        (vec![say("* PREAUTH hi\n"), Turn::Silence], Cause::StandsInBetween),
        (
            vec![
                offered(),
                hear("STARTTLS"),
                say("{tag} OK go\n"),
                say("* OK not TLS at all, really not\n"),
                Turn::Silence,
            ],
            Cause::StandsInBetween,
        ),
        (
            vec![
                offered(),
                hear("STARTTLS"),
                say("{tag} OK go\n"),
                Turn::Tls(Authority::new("Other").server(&["localhost"], 2045)),
                Turn::Silence,
            ],
            Cause::CertificateUnknownIssuer,
        ),
        (vec![say("* BYE too many connections\n")], Cause::TooManyConnections),
        (vec![say("220 smtp\n"), Turn::Silence], Cause::NotAMailServer),
    ] {
        let (connection, server) = opened(Security::Starttls, turns, &terms, &SHORT).await;
        assert_eq!(cause(connection), expected);
        let heard = server.heard().await;
        assert!(!heard.contains("LOGIN") && !heard.contains("AUTHENTICATE"), "{heard}");
    }
}

#[tokio::test]
async fn what_greets_otherwise_is_no_mail_server() {
    for (greeting, expected) in [
        ("SSH-2.0-OpenSSH_9.2p1\n", Cause::NotAMailServer),
        ("HTTP/1.1 400 Bad Request\n\n", Cause::NotAMailServer),
        ("220 mail.example.com ESMTP\n", Cause::NotAMailServer),
        ("+OK POP3 ready\n", Cause::NotAMailServer),
        ("* PREAUTH you are somebody\n", Cause::NotAMailServer),
        ("* BYE Too many connections\n", Cause::TooManyConnections),
        ("* BYE Server shutting down.\n", Cause::TryLater),
        ("", Cause::ConnectionRefused),
    ] {
        let (connection, server) = open(vec![say(greeting)]).await;
        assert_eq!(cause(connection), expected, "{greeting}");
        assert_eq!(server.heard().await, "");
    }
    let (connection, _) = open(vec![Turn::Say(vec![b'*'; 200_000]), Turn::Silence]).await;
    assert_eq!(cause(connection), Cause::NotAMailServer);
    for turns in [vec![Turn::Silence], vec![say("* OK hi\n"), hear("CAPABILITY"), Turn::Silence]] {
        let (connection, _) = opened(Security::Plaintext, turns, &Terms::default(), &HASTY).await;
        assert_eq!(cause(connection), Cause::TimedOut);
    }
}

#[tokio::test]
async fn folders_are_listed_with_what_they_are_for() {
    let (mut session, _) = session(vec![
        hear("LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))"),
        say("* LIST (\\HasNoChildren) \"/\" INBOX\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7 HIGHESTMODSEQ 90)\n\
             * LIST (\\Sent) \"/\" \"Gesendete Entw&APw-rfe\"\n* LIST (\\Noselect) \"/\" \"[Gmail]\"\n\
             * LIST (\\NonExistent) \"\\\\\" {5}\na \"b\"\n* FLAGS (a)\n* NAMESPACE NIL NIL NIL\n* LIST (\\Sent) \"/\" \"Gesendete Entw&APw-rfe\"\n{tag} OK\n"),
    ])
    .await;
    let folders = session.list(true).await.unwrap();
    let seen: Vec<_> = folders
        .iter()
        .map(|f| (f.raw_name.as_str(), f.name.as_str(), f.delimiter, f.selectable, f.special_use))
        .collect();
    assert_eq!(
        seen,
        [
            ("INBOX", "INBOX", Some('/'), true, Some(FolderRole::Inbox)),
            ("Gesendete Entw&APw-rfe", "Gesendete Entwürfe", Some('/'), true, Some(FolderRole::Sent)),
            ("[Gmail]", "[Gmail]", Some('/'), false, None),
            ("a \"b\"", "a \"b\"", Some('\\'), false, None),
        ]
    );
    let status = folders[0].status.unwrap();
    assert_eq!((status.messages, status.uid_next, status.highest_modseq), (Some(3), Some(10), Some(90)));
    assert_eq!(session.dropped(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_the_long_list_is_asked_for_the_short_one() {
    let (mut session, _) = session(vec![
        hear("RETURN"),
        say("{tag} BAD what?\n"),
        hear("LIST \"\" \"*\""),
        say("* LIST () NIL INBOX\n{tag} OK\n"),
    ])
    .await;
    assert_eq!(session.list(false).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_opened_is_named() {
    for (answer, expected) in [
        ("{tag} NO Mailbox doesn't exist: Entw&APw-rfe\n", Cause::FolderGone),
        ("{tag} NO [NOPERM] no\n", Cause::FolderRefused),
        ("* 4 EXISTS\n{tag} OK without a validity\n", Cause::FolderRefused),
    ] {
        let (mut session, _) = session(vec![hear("EXAMINE \"Entw&APw-rfe\""), say(answer)]).await;
        let failure = session.examine("Entw&APw-rfe").await.unwrap_err();
        assert_eq!((failure.cause, failure.folder.as_deref()), (expected, Some("Entwürfe")));
        assert_eq!(cause(session.search(&Search::default()).await), Cause::Unknown, "nothing is open");
    }
    let (mut session, server) = session(vec![Turn::Silence]).await;
    assert!(session.examine("a\"\r\nH9 DELETE \"b").await.is_err());
    drop(session);
    assert!(!server.heard().await.contains("DELETE"));
}

#[tokio::test]
async fn without_uidnext_the_newest_message_tells_it() {
    let (mut session, _) = session(vec![
        hear("EXAMINE"),
        say("* 2 EXISTS\n* OK [UIDVALIDITY 1]\n{tag} OK\n"),
        hear("UID FETCH * (UID)"),
        say("* 2 FETCH (UID 41)\n{tag} OK\n"),
    ])
    .await;
    assert_eq!(session.examine("INBOX").await.unwrap().uid_next, 42);
}

#[tokio::test]
async fn searches_are_put_together_and_their_answers_too() {
    let (mut session, _) = in_inbox(vec![
        hear("UID SEARCH SINCE 28-Feb-2026 OR (FROM \"anna\" FROM \"xn--mller-kva.example\") SUBJECT \"a \\\"b\\\"\""),
        say("* SEARCH 9 2\n* 5 EXISTS\n* SEARCH 4 (MODSEQ 3)\n{tag} OK\n"),
        hear("UID SEARCH CHARSET UTF-8 SINCE 28-Feb-2026 (FROM \"anna\" FROM {15+}"),
        hear("müller.example)"),
        say("H4 NO [BADCHARSET] no\n"),
        hear("UID SEARCH SINCE 28-Feb-2026 (FROM \"anna\" FROM {15+}"),
        hear("müller.example)"),
        say("* SEARCH 4 5\nH5 OK\n"),
        hear("UID SEARCH UID 3,7"),
        say("{tag} OK no answer is none\n"),
    ])
    .await;
    let mut any_of = Term::address(&Field::From, &Address::parse("anna@müller.example").unwrap());
    any_of.push(Term { field: Field::Subject, text: "a \"b\"".to_owned(), also: None });
    let since = Some(Timestamp::from_seconds(1_772_366_400));
    let search = Search { any_of, since, ..Search::default() };
    assert_eq!(session.search(&search).await.unwrap(), [2, 4, 5, 9]);
    let uids: UidSet = [3, 7].into_iter().collect();
    assert_eq!(session.existing(&uids).await.unwrap(), Vec::<u32>::new());
}

#[tokio::test]
async fn a_value_cannot_become_a_command() {
    let (mut session, server) = in_inbox(vec![Turn::Silence]).await;
    for text in ["a\" DELETED\r\nH9 EXPUNGE", "a\nb", "a\0b", ""] {
        let term = Term { field: Field::From, text: text.to_owned(), also: None };
        let search = Search { any_of: vec![term], ..Search::default() };
        assert!(session.search(&search).await.is_err(), "{text:?}");
    }
    assert!(session.fetch_headers(&UidSet::all(), &["FROM)] BODY[]"], false).is_err());
    drop(session);
    assert!(!server.heard().await.contains("EXPUNGE"));
}

#[tokio::test]
async fn a_half_answer_is_a_failure() {
    for (answer, expected) in [
        ("* SEARCH 1 2\n{tag} NO [SERVERBUG] no\n", Cause::FolderRefused),
        ("* SEARCH 1 2\n{tag} BAD no\n", Cause::FolderRefused),
        ("* SEARCH 1 2\n{tag} NO [UNAVAILABLE] later\n", Cause::TryLater),
        ("* SEARCH 1 2\n", Cause::TimedOut),
        ("* SEARCH 1", Cause::TimedOut),
        ("* SEARCH 1 2\n* BYE Server shutting down.\n", Cause::TryLater),
        ("* BYE IMAP session state is inconsistent, please relogin.\n", Cause::FolderGone),
    ] {
        let (mut session, _) = in_inbox(vec![hear("UID SEARCH ALL"), say(answer)]).await;
        let failure = session.search(&Search::default()).await.unwrap_err();
        assert_eq!(failure.cause, expected, "{answer}");
        if session.is_over() {
            assert_eq!(session.examine("Other").await.unwrap_err(), failure, "it stays what it was");
        }
        if matches!(expected, Cause::FolderRefused | Cause::FolderGone) {
            assert_eq!(failure.folder.as_deref(), Some("INBOX"));
        }
    }
    for answer in ["{tag} NO no\n", "{tag} BAD no\n", "", "* 2 FETCH (UID 5 BODY[] {100}\nhalf"] {
        let whole = "* 1 FETCH (UID 4 BODY[] {2}\nhi)\n";
        let (mut session, _) =
            in_inbox(vec![hear("UID FETCH 4:5 (UID BODY.PEEK[])"), say(&format!("{whole}{answer}"))]).await;
        let uids = UidSet::range(4, 5);
        let mut bodies = session.fetch_bodies(&uids).unwrap();
        assert_eq!(bodies.next().await.unwrap(), Some((4, b"hi".to_vec())));
        assert!(bodies.next().await.is_err(), "{answer}");
    }
}

#[tokio::test]
async fn headers_come_with_all_that_the_server_knows() {
    let (mut session, _) = in_inbox(vec![
        hear("UID FETCH 4:9 (UID INTERNALDATE RFC822.SIZE FLAGS X-GM-LABELS X-GM-MSGID BODY.PEEK[HEADER.FIELDS (FROM TO)])"),
        say("* 1 FETCH (UID 4 INTERNALDATE \"01-Mar-2026 10:00:00 +0100\" RFC822.SIZE 900 FLAGS (\\Seen) \
             X-GM-LABELS (\"\\\\Sent\" \"Entw&APw-rfe\") X-GM-MSGID 77 BODY[HEADER.FIELDS (FROM TO)] {11}\nFrom: a@b\n\n)\n\
             * 7 FETCH (FLAGS (\\Seen))\n* 3 FETCH (UID 99 FLAGS ())\n\
             * 2 FETCH (INTERNALDATE NIL BODYSTRUCTURE ((((NIL)))) UID 6 BODY[HEADER.FIELDS (FROM TO)] NIL)\n{tag} NO [EXPUNGEISSUED] some have gone\n"
             .replace("{11}\n", "{13}\n").as_str()),
    ])
    .await;
    let uids = UidSet::range(4, 9);
    let mut headers = session.fetch_headers(&uids, &["FROM", "TO"], true).unwrap();
    let first = headers.next().await.unwrap().unwrap();
    assert_eq!((first.uid, first.size, first.gmail_message_id), (4, 900, Some(77)));
    assert_eq!(first.internal_date.unwrap().rfc3339(), "2026-03-01T09:00:00Z");
    assert_eq!(first.gmail_labels, ["\\Sent", "Entwürfe"]);
    assert!(first.flags.seen());
    assert_eq!(first.header, b"From: a@b\r\n\r\n");
    let second = headers.next().await.unwrap().unwrap();
    assert_eq!((second.uid, second.internal_date, second.header.len()), (6, None, 0));
    assert!(headers.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_fetch_left_in_the_middle_leaves_a_session_that_works() {
    let (mut session, _) = in_inbox(vec![
        hear("UID FETCH 1:*"),
        say("* 1 FETCH (UID 4 BODY[] {2}\nhi)\n* 2 FETCH (UID 5 FLAGS (\\Seen) BODY[] {2}\nho)\n{tag} OK\n"),
        hear("UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 80)"),
        say("* 2 FETCH (UID 5 MODSEQ (85) FLAGS (\\Answered))\n{tag} OK\n"),
        hear("UID FETCH 5 (UID BODY.PEEK[]<2.4>)"),
        say("* 2 FETCH (UID 5 BODY[]<2> {4}\nabcd)\n{tag} OK\n"),
        hear("UID FETCH 6"),
        say("{tag} OK\n"),
    ])
    .await;
    let all = UidSet::all();
    let mut bodies = session.fetch_bodies(&all).unwrap();
    bodies.next().await.unwrap();
    drop(bodies);
    let flags = session.fetch_flags(&all, Some(80)).await.unwrap();
    assert_eq!(flags.len(), 1);
    assert!(flags[0].0 == 5 && flags[0].1.answered() && !flags[0].1.seen());
    assert_eq!(session.fetch_range(5, 2, 4).await.unwrap(), Some(b"abcd".to_vec()));
    assert_eq!(session.fetch_range(6, 0, 4).await.unwrap(), None);
}

#[tokio::test]
async fn what_the_guard_stops_ends_the_session() {
    for answer in ["* 1 FETCH (UID 4 BODY[] {70000000}\nx", &"x".repeat(100_000)] {
        let (mut session, _) = in_inbox(vec![hear("UID FETCH"), say(answer), Turn::Silence]).await;
        let all = UidSet::all();
        assert_eq!(cause(session.fetch_bodies(&all).unwrap().next().await), Cause::Unknown);
        assert_eq!(cause(session.search(&Search::default()).await), Cause::Unknown, "it stays at its end");
    }
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {})\n{{tag}} OK\n", "(".repeat(30_000));
    let (mut session, _) =
        in_inbox(vec![hear("UID FETCH"), say(&deep), hear("UID SEARCH ALL"), say("* SEARCH 1\n{tag} OK\n")])
            .await;
    let all = UidSet::all();
    assert_eq!(session.fetch_bodies(&all).unwrap().next().await.unwrap(), None);
    assert_eq!(session.search(&Search::default()).await.unwrap(), [1]);
}
