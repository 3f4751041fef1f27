//! The copy in Sent: looked for, and stored, on scripted servers.

use super::append::SentFolder;
use super::tests::{GREETING, cause, in_inbox, open, password, session};
use super::*;
use crate::model::{AccountId, Cause, Failure, Folder, FolderId, FolderRole, Timestamp};
use crate::net::scripted::{Scripted, Turn, hear, say};

const MAIL: &[u8] = b"Subject: x\r\n\r\nBody\r\n";
/// 2026-03-01T09:30:00Z
const DATE: Timestamp = Timestamp(1_772_357_400_000);

fn folder(raw_name: &str, role: FolderRole) -> Folder {
    let raw_name = raw_name.to_owned();
    let name = utf7::decode(&raw_name);
    Folder { id: FolderId(1), account_id: AccountId(1), raw_name, name, role, watched: true }
}

fn sent(raw_name: &str) -> SentFolder {
    SentFolder::of(&folder(raw_name, FolderRole::Sent)).unwrap()
}

fn appends() -> Turn {
    hear("APPEND \"Sent &ANw-\" (\\Seen) \"01-Mar-2026 09:30:00 +0000\" {20}")
}

fn hears_mail() -> Vec<Turn> {
    ["Subject: x", "", "Body", ""].map(hear).to_vec()
}

async fn appended(turns: Vec<Turn>) -> (Result<(), Failure>, Session, Scripted) {
    let (mut session, server) = session(turns).await;
    let result = session.append_sent(&sent("Sent &ANw-"), MAIL, MAIL.len() as u64, DATE).await;
    (result, session, server)
}

#[test]
fn only_a_sent_folder_is_one() {
    use FolderRole::{All, Archive, Drafts, Inbox, Junk, Other, Sent, Trash};
    for role in [Inbox, Sent, Drafts, Junk, Trash, All, Archive, Other] {
        assert_eq!(SentFolder::of(&folder("Sent", role)).is_some(), role == Sent, "{role:?}");
    }
}

#[tokio::test]
async fn a_copy_is_stored_once_the_server_waits_for_it() {
    let mut turns = vec![
        appends(),
        // News may come first.
        say("* 4 EXISTS\n* OK [ALERT] busy\n* LIST () \"/\" x\n+ go on\n"),
    ];
    turns.extend(hears_mail());
    turns.extend([
        say("* 5 EXISTS\nH2 OK [APPENDUID 7 12] stored\n"),
        hear("LIST"),
        say("* LIST (\\HasNoChildren) \"/\" INBOX\n{tag} OK\n"),
    ]);
    let (result, mut session, server) = appended(turns).await;
    assert_eq!(result, Ok(()));
    // The next command works.
    assert_eq!(session.list(false).await.unwrap().len(), 1);
    drop(session);
    let heard = server.heard().await;
    assert!(heard.contains("{20}\nSubject: x\n\nBody\n\nH3 LIST"), "{heard}");
}

#[tokio::test]
async fn a_refusal_before_the_mail_keeps_it_here() {
    for (answer, expected) in [
        ("NO [OVERQUOTA] full", Cause::OverQuota),
        ("NO Quota exceeded", Cause::OverQuota),
        ("NO [TRYCREATE] no such folder", Cause::FolderGone),
        ("NO [NONEXISTENT] Unknown Mailbox: x (Failure)", Cause::FolderGone),
        ("NO [TOOBIG] too much", Cause::MessageTooLarge),
        ("NO Message too large", Cause::MessageTooLarge),
        ("NO [NOPERM] no", Cause::FolderRefused),
        ("NO [UNAVAILABLE] later", Cause::TryLater),
        ("BAD what", Cause::Unknown),
        ("OK what", Cause::Unknown),
    ] {
        let answer = format!("* 4 EXISTS\n{{tag}} {answer}\n");
        let (result, mut session, server) =
            appended(vec![appends(), say(&answer), hear("LIST"), say("{tag} OK\n")]).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.cause, failure.folder.as_deref()), (expected, Some("Sent Ü")), "{answer}");
        assert_eq!(session.list(false).await, Ok(vec![]));
        drop(session);
        let heard = server.heard().await;
        assert!(heard.contains("{20}\nH3 LIST"), "{heard}");
    }
}

#[tokio::test]
async fn a_refusal_after_the_mail_is_one_too() {
    let mut turns = vec![appends(), say("+\n")];
    turns.extend(hears_mail());
    turns.push(say("H2 NO [OVERQUOTA] full\n"));
    let (result, _, server) = appended(turns).await;
    assert_eq!(cause(result), Cause::OverQuota);
    server.heard().await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure() {
    let mut in_the_answer = vec![appends(), say("+\n")];
    in_the_answer.extend(hears_mail());
    in_the_answer.push(say("H2 OK [APPEND"));
    for turns in [
        vec![appends()],
        vec![appends(), say("+ go")],
        vec![appends(), say("+ go on\n"), hear("Subject: x")],
        in_the_answer,
    ] {
        let (result, mut session, server) = appended(turns).await;
        assert_eq!(cause(result), Cause::TimedOut);
        assert!(session.is_over());
        assert_eq!(cause(session.list(false).await), Cause::TimedOut);
        drop(session);
        server.heard().await;
    }
}

#[tokio::test]
async fn over_the_servers_limit_nothing_is_sent() {
    let signed_in = "{tag} OK [CAPABILITY IMAP4rev1 LITERAL+ APPENDLIMIT=19] in\n";
    let (connection, server) = open(vec![say(GREETING), hear("AUTHENTICATE"), say(signed_in)]).await;
    let mut session = connection.unwrap().sign_in("anna", &password("geheim")).await.unwrap();
    assert_eq!(session.capabilities().append_limit(), Some(19));
    assert_eq!(cause(session.append_sent(&sent("Sent"), MAIL, 20, DATE).await), Cause::MessageTooLarge);
    drop(session);
    assert!(!server.heard().await.contains("APPEND"));
}

#[tokio::test]
async fn a_stored_mail_of_another_length_is_never_a_copy() {
    for (size, words) in [(21, "not as long"), (19, "longer")] {
        let (mut session, server) = session(vec![hear("APPEND"), say("+ go on\n")]).await;
        let failure = session.append_sent(&sent("Sent"), MAIL, size, DATE).await.unwrap_err();
        assert!(failure.server_said.unwrap().contains(words), "{size}");
        assert!(session.find_by_message_id("x@y").await.is_err(), "half a command stands on the wire");
        drop(session);
        drop(server);
    }
}

#[tokio::test]
async fn a_copy_is_found_by_its_exact_id() {
    let header = |uid: u32, text: &str| {
        let header = format!("Message-ID: {text}\r\n\r\n");
        format!(
            "* {uid} FETCH (UID {uid} BODY[HEADER.FIELDS (Message-ID)] {{{}}}\r\n{header})\n",
            header.len()
        )
    };
    let fetched = [header(4, "<q\\\"1@studio.example>"), header(6, "<q\\\"1@studio.example.other>")].concat();
    let (mut session, server) = in_inbox(vec![
        hear("UID SEARCH HEADER \"Message-ID\" \"<q\\\\\\\"1@studio.example>\""),
        say("* SEARCH 6 4\n{tag} OK\n"),
        hear("UID FETCH 4,6 "),
        say(&format!("{fetched}{{tag}} OK\n")),
        hear("UID SEARCH"),
        say("* SEARCH\n{tag} OK\n"),
        hear("UID SEARCH"),
        say("{tag} NO [UNAVAILABLE] later\n"),
    ])
    .await;
    assert_eq!(session.find_by_message_id("q\\\"1@studio.example").await, Ok(vec![4]));
    assert_eq!(session.find_by_message_id("none@studio.example").await, Ok(vec![]));
    assert_eq!(cause(session.find_by_message_id("none@studio.example").await), Cause::TryLater);
    for bad in ["", "a\r\nH9 DELETE INBOX", "a\0"] {
        assert_eq!(cause(session.find_by_message_id(bad).await), Cause::Unknown, "{bad:?}");
    }
    drop(session);
    assert!(!server.heard().await.contains("DELETE"));
}
