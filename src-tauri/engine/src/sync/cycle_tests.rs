//! Whole cycles against servers that no test machine has: Gmail's extensions, a mailbox that was moved.

use super::cycle::{Context, run};
use super::report::{CycleReport, Progress};
use super::tests::{NOW, an_account, contact};
use crate::auth::Auth;
use crate::model::{Account, AccountId, Backfill, Direction, FolderRole, Timestamp};
use crate::net::scripted::{SHORT, Scripted, Turn, hear, say};
use crate::secrets::{Prompt, Secret, SecretStore, SecretsError};
use crate::store::cycles::Outcome;
use crate::store::{Store, accounts, coverage, folders, lists};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A keychain that holds one password, for cycles against a scripted server.
struct OnePassword;

impl SecretStore for OnePassword {
    fn get(&self, _: &str, _: Prompt) -> Result<Secret, SecretsError> {
        Ok(Secret::new("geheim".into()))
    }
    fn set(&self, _: &str, _: &Secret, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
    fn delete(&self, _: &str, _: Prompt) -> Result<(), SecretsError> {
        Ok(())
    }
}

fn noon() -> Timestamp {
    NOW
}

pub(super) struct Case {
    pub(super) context: Context,
    pub(super) account: Account,
    _dir: tempfile::TempDir,
}

pub(super) async fn case(server: &Scripted, backfill: Backfill) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let account = an_account(server.port);
    let stored = account.clone();
    let id = store
        .write(move |tx| {
            contact(tx, "Anna", "anna@studio.example", backfill);
            accounts::insert(tx, &stored, noon())
        })
        .await
        .unwrap();
    let context = Context {
        auth: Arc::new(Auth::new(store.clone(), Arc::new(OnePassword), Vec::new(), noon)),
        store,
        now: noon,
        network: Arc::new(|| None),
        deadlines: SHORT,
        size_limit: 50 * 1024 * 1024,
    };
    Case { context, account: Account { id, ..account }, _dir: dir }
}

impl Case {
    pub(super) async fn cycle(&self) -> CycleReport {
        let cancel = CancellationToken::new();
        run(&self.context, &self.account, Prompt::Never, &Progress::default(), &cancel).await.unwrap()
    }

    pub(super) async fn messages(&self) -> Vec<crate::model::Message> {
        self.context.store.read(|db| lists::recent(db, lists::After::START, 100)).await.unwrap()
    }

    fn id(&self) -> AccountId {
        self.account.id
    }
}

/// Greeting and sign-in.
pub(super) fn door(capabilities: &str) -> Vec<Turn> {
    vec![
        say(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\n")),
        hear("LOGIN \"me\" \"geheim\""),
        say(&format!("{{tag}} OK [CAPABILITY IMAP4rev1 {capabilities}] in\n")),
    ]
}

fn header(from: &str, to: &str, id: &str, date: &str) -> String {
    format!("From: {from}\nTo: {to}\nMessage-ID: <{id}@x.example>\nDate: {date}\n\n")
}

/// A FETCH answer with a literal. `items` come before it.
fn fetched(number: u32, items: &str, section: &str, text: &str) -> String {
    let text = text.replace('\n', "\r\n");
    format!("* {number} FETCH ({items} BODY[{section}] {{{}}}\n{text})\n", text.len())
}

const FIELDS: &str = "HEADER.FIELDS (FROM)";
const TODAY: &str = "24-Nov-2026 12:30:00 +0000";

#[tokio::test]
async fn gmail_is_all_mail_with_its_labels() {
    let date = "Tue, 24 Nov 2026 12:30:00 +0000";
    let anna = header("anna@studio.example", "me@own.example", "a", date);
    let sent = header("me@own.example", "anna@studio.example", "b", date);
    let draft = header("me@own.example", "anna@studio.example", "c", date);
    let items = |uid: u32, labels: &str| {
        format!(
            "UID {uid} INTERNALDATE \"{TODAY}\" RFC822.SIZE 300 FLAGS () X-GM-LABELS ({labels}) X-GM-MSGID {}",
            9_000_000_000_000_000_000_u64 + u64::from(uid)
        )
    };
    let headers = fetched(1, &items(11, "\"\\\\Inbox\""), FIELDS, &anna)
        + &fetched(2, &items(12, "\"\\\\Sent\""), FIELDS, &sent)
        + &fetched(3, &items(13, "\"\\\\Draft\""), FIELDS, &draft);
    let examined = "* 3 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 20] ok\n{tag} OK [READ-ONLY] done\n";
    let mut turns = door("X-GM-EXT-1 SPECIAL-USE");
    turns.extend([
        hear("LIST"),
        say(concat!(
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"\n",
            "* LIST (\\HasNoChildren \\All) \"/\" \"[Gmail]/All Mail\"\n",
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"[Gmail]/Sent Mail\"\n",
            "* LIST (\\HasNoChildren \\Junk) \"/\" \"[Gmail]/Spam\"\n",
            "{tag} OK done\n"
        )),
        hear("EXAMINE \"[Gmail]/All Mail\""),
        say(examined),
        hear("UID SEARCH"),
        say("* SEARCH 11 12 13\n{tag} OK done\n"),
        hear("X-GM-LABELS"),
        say(&(headers + "{tag} OK done\n")),
        hear("EXAMINE \"[Gmail]/All Mail\""),
        say(examined),
        hear("UID FETCH 11:12 (UID BODY.PEEK[])"),
        say(&(fetched(1, "UID 11", "", &(anna + "Hello\n"))
            + &fetched(2, "UID 12", "", &(sent + "Dear Anna\n"))
            + "{tag} OK done\n")),
        hear("LOGOUT"),
        say("* BYE\n{tag} OK\n"),
    ]);
    let server = Scripted::plays(turns).await;
    let case = case(&server, Backfill::None).await;
    let report = case.cycle().await;
    assert_eq!((report.outcome, report.failures), (Outcome::Success, vec![]));
    let messages = case.messages().await;
    let mut ways: Vec<(&str, Direction)> =
        messages.iter().map(|message| (message.message_id.as_str(), message.direction)).collect();
    ways.sort_by_key(|(id, _)| *id);
    assert_eq!(
        ways,
        [("a@x.example", Direction::In), ("b@x.example", Direction::Out)],
        "the draft stays out"
    );
    server.heard().await;
}

#[tokio::test]
async fn gmail_that_hides_all_mail_is_watched_by_its_folders_and_says_so() {
    let mut turns = door("X-GM-EXT-1 SPECIAL-USE");
    turns.extend([
        hear("LIST"),
        say(concat!(
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"\n",
            "* LIST (\\HasNoChildren \\Junk) \"/\" \"[Gmail]/Spam\"\n",
            "{tag} OK done\n"
        )),
        hear("EXAMINE \"INBOX\""),
        say("* 0 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 1] ok\n{tag} OK [READ-ONLY] done\n"),
        hear("LOGOUT"),
        say("* BYE\n{tag} OK\n"),
    ]);
    let server = Scripted::plays(turns).await;
    let case = case(&server, Backfill::None).await;
    assert_eq!(case.cycle().await.outcome, Outcome::Success);
    let id = case.id();
    let (hidden, watched) = case
        .context
        .store
        .read(move |db| {
            let watched: Vec<FolderRole> = folders::all(db, id)?
                .into_iter()
                .filter(|known| known.folder.watched)
                .map(|known| known.folder.role)
                .collect();
            Ok((accounts::figures(db, id)?.all_mail_hidden, watched))
        })
        .await
        .unwrap();
    assert_eq!((hidden, watched), (true, vec![FolderRole::Inbox]));
    server.heard().await;
}

#[tokio::test]
async fn a_moved_mailbox_waits_for_an_answer_and_one_folder_that_refuses_does_not_stop_the_others() {
    let old = "Mon, 1 Jan 2024 10:00:00 +0000";
    let headers: String = (1..=20)
        .map(|uid| {
            let items = format!("UID {uid} INTERNALDATE \"{TODAY}\" RFC822.SIZE 200 FLAGS ()");
            fetched(
                uid,
                &items,
                FIELDS,
                &header("anna@studio.example", "me@own.example", &format!("m{uid}"), old),
            )
        })
        .collect();
    let mut turns = door("IDLE");
    turns.extend([
        hear("LIST"),
        say("* LIST () \"/\" \"INBOX\"\n* LIST () \"/\" \"Locked\"\n{tag} OK done\n"),
        hear("EXAMINE \"INBOX\""),
        say("* 20 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 21] ok\n{tag} OK [READ-ONLY] done\n"),
        hear("UID SEARCH SINCE"),
        say(&format!(
            "* SEARCH {}\n{{tag}} OK done\n",
            (1..=20).map(|uid| uid.to_string()).collect::<Vec<_>>().join(" ")
        )),
        hear("UID FETCH 1:20"),
        say(&(headers + "{tag} OK done\n")),
        hear("EXAMINE \"Locked\""),
        say("{tag} NO [NOPERM] not yours\n"),
        hear("LOGOUT"),
        say("* BYE\n{tag} OK\n"),
    ]);
    let server = Scripted::plays(turns).await;
    let case = case(&server, Backfill::None).await;
    let report = case.cycle().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(report.failures[0].folder.as_deref(), Some("Locked"));
    assert!(case.messages().await.is_empty());
    let id = case.id();
    let asked = move |db: &rusqlite::Connection| coverage::asked(db, id);
    assert_eq!(case.context.store.read(asked).await.unwrap(), 20);
    case.context.store.write(move |tx| coverage::answer(tx, id, true)).await.unwrap();
    assert_eq!(
        case.context.store.read(asked).await.unwrap(),
        0,
        "they come in with the next cycle, as a backfill"
    );
    let inbox = case.context.store.read(move |db| Ok(folders::all(db, id)?[0].folder.id)).await.unwrap();
    let waiting = case.context.store.read(move |db| coverage::to_fetch(db, inbox, 0, 100)).await.unwrap();
    assert!(waiting.len() == 20 && waiting.iter().all(|wanted| wanted.backfilled));
    server.heard().await;
}

#[tokio::test]
async fn a_stopped_cycle_changes_nothing_and_a_server_that_ends_in_the_middle_is_a_failure() {
    let server = Scripted::plays(vec![Turn::Silence]).await;
    let case_ = case(&server, Backfill::None).await;
    let cancel = CancellationToken::new();
    let progress = Progress::default();
    let stop = async { cancel.cancel() };
    let cycle = run(&case_.context, &case_.account, Prompt::Never, &progress, &cancel);
    let (report, ()) = tokio::join!(cycle, stop);
    assert_eq!(report.unwrap().outcome, Outcome::Cancelled);

    let mut turns = door("IDLE");
    turns.push(hear("LIST"));
    turns.push(say("* LIST () \"/\" \"INBOX\"\n"));
    let server = Scripted::plays(turns).await;
    let case = case(&server, Backfill::None).await;
    let report = case.cycle().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.failures[0].cause.retried());
}
