//! Stories of the test email over the whole engine and a small post office on real sockets.

use super::testmail_post::Post;
use super::*;
use crate::compose::queue::{When, queue};
use crate::connect::StepState;
use crate::model::{
    Account, AccountId, Address, Endpoint, Mend, RunState, Security, SignIn, TestRunId, TestStepName,
};
use crate::secrets::{Prompt, Secret, SecretsError};
use crate::store::test_runs;
use crate::view::TestRun;

/// A keychain that holds one password.
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

const NORA: &str = "nora@own.example";
const ELSE: &str = "nora@else.example";

struct Case {
    engine: Engine,
    post: Post,
    account: AccountId,
    dir: tempfile::TempDir,
}

fn account(email: &str, imap: u16, smtp: Option<u16>) -> Account {
    let at = |port| Endpoint { host: "127.0.0.1".into(), port, security: Security::Plaintext };
    Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email: Address::parse(email).unwrap(),
        aliases: Vec::new(),
        username: email.into(),
        incoming: at(imap),
        outgoing: smtp.map(at),
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    }
}

fn open(dir: &Path) -> Engine {
    Engine::open(dir, Arc::new(OnePassword)).unwrap()
}

async fn connect(engine: &Engine, account: Account) -> AccountId {
    engine.write(move |tx| stored::insert(tx, &account, Timestamp::now())).await.unwrap()
}

async fn case() -> Case {
    let dir = tempfile::tempdir().unwrap();
    let (engine, post) = (open(dir.path()), Post::opens().await);
    let account = connect(&engine, account(NORA, post.imap, Some(post.smtp))).await;
    engine.sync(account).await.unwrap();
    Case { engine, post, account, dir }
}

impl Case {
    /// Begun, and sent or not.
    async fn sent(&self) -> TestRun {
        self.engine.run_test(self.account, ELSE.into()).await.unwrap()
    }

    async fn status(&self, id: TestRunId) -> TestRun {
        self.engine.check_test(id).await.unwrap()
    }

    fn reply(&self, from: &str, more: &str) -> String {
        let (id, subject) = (self.post.field("Message-ID"), self.post.field("Subject"));
        let text = format!(
            "From: {from}\nTo: {NORA}\nSubject: Re: {subject}\nIn-Reply-To: {id}\n\
             Message-ID: <r{}@else.example>\n{more}\nHere I am.\n",
            uuid::Uuid::new_v4()
        );
        text.replace('\n', "\r\n")
    }

    /// It began so long ago.
    async fn ago(&self, id: TestRunId, minutes: i64) {
        let by = minutes * 60_000;
        self.engine
            .write(move |tx| {
                tx.execute("UPDATE test_run SET started_at = started_at - ?2 WHERE id = ?1", [id.0, by])?;
                Ok(())
            })
            .await
            .unwrap();
    }
}

fn step(run: &TestRun, name: TestStepName) -> (StepState, &str) {
    let step = run.steps.iter().find(|step| step.name == name).unwrap();
    (step.state, step.fact.as_deref().unwrap_or_default())
}

fn code(run: &TestRun) -> &str {
    run.diagnosis.as_ref().map_or("", |diagnosis| &diagnosis.code)
}

fn mend(run: &TestRun) -> Option<Mend> {
    run.diagnosis.as_ref().and_then(|diagnosis| diagnosis.mend)
}

#[tokio::test]
async fn out_and_back_and_removed_again() {
    let case = case().await;
    case.post.held.lock().unwrap().saves = false;
    let run = case.sent().await;
    assert_eq!(run.state, RunState::Waiting);
    assert_eq!(case.post.held.lock().unwrap().sent[0].0, ELSE);
    assert_eq!(case.post.field("X-Hatstand-Test"), run.token);
    assert_eq!(case.post.field("Subject"), run.subject);
    assert_eq!(step(&run, TestStepName::Accepted), (StepState::Done, "Accepted by 127.0.0.1"));
    assert_eq!(step(&run, TestStepName::CopyInSent), (StepState::Done, "Stored once"));
    assert_eq!(case.post.count("Sent"), 1);

    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Waiting, ""));
    assert_eq!(step(&run, TestStepName::ReplySeen), (StepState::Running, ""));

    case.post.deliver("INBOX", case.reply(ELSE, ""));
    let run = case.status(run.id).await;
    assert_eq!(run.state, RunState::Done);
    assert!(run.steps.iter().all(|step| step.state == StepState::Done && step.at.is_some()), "{run:?}");
    assert_eq!(step(&run, TestStepName::ReplySeen).1, "In INBOX");
    assert_eq!(run.steps[3].detail.as_deref(), Some("In Inbox"));
    assert_eq!(step(&run, TestStepName::Filed).1, "Test email");
    assert_eq!(step(&run, TestStepName::OnDashboard).1, "Under “Needs a reply”");
    assert!(run.thread_id.is_some() && run.can_clean);

    let facts = case.engine.clean_test_facts(run.id).await.unwrap();
    assert_eq!(facts.messages, 2);
    case.engine.clean_test(run.id).await.unwrap();
    let run = case.engine.test_run(run.id).await.unwrap();
    assert_eq!(
        (run.state, run.can_clean, run.contact_id, run.project_id),
        (RunState::Done, false, None, None)
    );
    let left = case.engine.messages(MailPage::All, 0, 10).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert!(case.engine.all_contacts().await.unwrap().is_empty());
    assert_eq!((case.post.count("INBOX"), case.post.count("Sent")), (1, 1), "nothing on the server");
}

#[tokio::test]
async fn a_reply_in_junk_is_named_and_brought_in_by_hand() {
    let case = case().await;
    let run = case.sent().await;
    case.post.deliver("Spam", case.reply(ELSE, ""));
    case.post.deliver("Spam", case.reply("spam@x.example", "").replace("Re: Hatstand test", "Win now"));
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run), mend(&run)), (RunState::Waiting, "junk", Some(Mend::BringIn)));
    assert_eq!(step(&run, TestStepName::ReplySeen), (StepState::Running, "junk"));
    assert_eq!(step(&run, TestStepName::CopyInSent), (StepState::Done, "Found once"));
    assert_eq!(case.engine.messages(MailPage::ToSort, 0, 10).await.unwrap().len(), 0, "not by itself");

    case.engine.bring_in_test_reply(run.id).await.unwrap();
    let run = case.engine.test_run(run.id).await.unwrap();
    assert_eq!(run.state, RunState::Done, "{run:?}");
    assert_eq!(step(&run, TestStepName::ReplySeen).1, "In Spam");
    let here = case.engine.messages(MailPage::All, 0, 10).await.unwrap();
    assert_eq!(here.len(), 2, "the test and its reply alone: {here:?}");
}

#[tokio::test]
async fn a_reply_from_another_address_counts_once_it_is_added() {
    let case = case().await;
    let run = case.sent().await;
    case.post.deliver("INBOX", case.reply("private@else.example", ""));
    let run = case.status(run.id).await;
    assert_eq!((code(&run), mend(&run)), ("other_address", Some(Mend::AddAddress)));
    assert!(run.diagnosis.clone().unwrap().sentence.contains("private@else.example"));
    case.engine.add_test_address(run.id).await.unwrap();
    let run = case.status(run.id).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
}

#[tokio::test]
async fn an_automatic_reply_is_waited_past() {
    let case = case().await;
    let run = case.sent().await;
    case.post.deliver("INBOX", case.reply(ELSE, "Auto-Submitted: auto-replied\n"));
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Waiting, "automatic_reply"));
    assert_eq!(step(&run, TestStepName::ReplySeen), (StepState::Running, "automatic reply"));
    case.post.deliver("INBOX", case.reply(ELSE, ""));
    assert_eq!(case.status(run.id).await.state, RunState::Done);
}

#[tokio::test]
async fn what_the_outgoing_server_refuses_ends_the_run_and_leaves_the_outbox_empty() {
    let case = case().await;
    case.post.held.lock().unwrap().refuses = Some("550 5.1.1 No such user here");
    let run = case.sent().await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "recipient_refused"));
    assert!(run.diagnosis.clone().unwrap().server_said.unwrap().contains("No such user here"));
    assert_eq!(step(&run, TestStepName::Accepted).0, StepState::Failed);

    case.post.held.lock().unwrap().smtp_locked = true;
    let run = case.sent().await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "wrong_password"));
    assert_eq!(step(&run, TestStepName::Sent).0, StepState::Failed);
    assert_eq!(step(&run, TestStepName::Accepted).0, StepState::Failed);
    assert_eq!(mend(&run), Some(Mend::Reconnect));
    let outbox = case.engine.outbox().await.unwrap();
    assert!(outbox.waiting.is_empty() && outbox.drafts.is_empty(), "{outbox:?}");
    assert_eq!(case.engine.test_runs().await.unwrap().len(), 2, "the history is kept");
}

#[tokio::test]
async fn a_sync_that_fails_is_said_while_the_run_waits() {
    let case = case().await;
    let run = case.sent().await;
    case.post.deliver("INBOX", case.reply(ELSE, ""));
    case.post.held.lock().unwrap().imap_locked = true;
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Waiting, "wrong_password"));
    assert_eq!(mend(&run), Some(Mend::Reconnect));
    // Another test is refused: the password is not sent once more to find out.
    let refusal = case.engine.begin_test(case.account, ELSE.into()).await.unwrap_err();
    assert_eq!(refusal.code, "wrong_password");
}

#[tokio::test]
async fn after_45_minutes_without_a_reply_the_checks_are_kept() {
    let case = case().await;
    let run = case.sent().await;
    case.ago(run.id, 46).await;
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "no_reply"));
    assert!(run.ended_at.is_some());
    assert!(run.checks.iter().any(|check| check.name == "contact" && check.ok == Some(true)), "{run:?}");
    let nowhere = (Some(false), "It has not reached your mailbox: it is in none of its folders.");
    assert_eq!(folder(&run), nowhere, "it was looked for at the end");
    case.post.deliver("INBOX", case.reply(ELSE, ""));
    assert_eq!(case.status(run.id).await.state, RunState::Failed, "it is over");
}

fn folder(run: &TestRun) -> (Option<bool>, &str) {
    let check = run.checks.iter().find(|check| check.name == "folder").unwrap();
    (check.ok, &check.fact)
}

#[tokio::test]
async fn after_45_minutes_a_reply_in_trash_is_named() {
    let case = case().await;
    let run = case.sent().await;
    case.post.deliver("Trash", case.reply(ELSE, ""));
    assert_eq!(case.status(run.id).await.state, RunState::Waiting);
    case.ago(run.id, 46).await;
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "no_reply"));
    assert_eq!(
        folder(&run),
        (Some(false), "It lies in Trash of nora@own.example. Deleted mail does not come in by itself.")
    );
}

#[tokio::test]
async fn when_no_look_succeeded_nothing_is_said_of_folders() {
    let case = case().await;
    let run = case.sent().await;
    case.post.held.lock().unwrap().imap_locked = true;
    case.ago(run.id, 46).await;
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "wrong_password"));
    assert_eq!(folder(&run), (None, "Nobody has looked for it on the server yet."));
}

impl Case {
    /// A run whose program died when its mail was so far.
    async fn died(&self, state: &'static str, handed_over: bool) -> TestRunId {
        let id = self.engine.store_test(self.account, ELSE.into()).await.unwrap();
        let mail = self.engine.read(move |db| Ok(test_runs::get(db, id)?.outgoing)).await.unwrap().unwrap();
        if state != "draft" {
            let now = self.engine.now();
            let when = When { now, send_at: now, later: false };
            queue(self.engine.store(), mail, when, [7; 16]).await.unwrap();
        }
        self.engine
            .write(move |tx| {
                tx.execute(
                    "UPDATE outgoing SET state = ?2, handed_over = ?3, attempts = 1 WHERE id = ?1",
                    rusqlite::params![mail.0, state, handed_over],
                )?;
                Ok(())
            })
            .await
            .unwrap();
        id
    }
}

#[tokio::test]
async fn what_a_program_that_died_had_not_handed_over_is_sent_by_the_next_look() {
    for state in ["draft", "queued", "sending"] {
        let case = case().await;
        let id = case.died(state, false).await;
        let run = case.status(id).await;
        assert_eq!((run.state, code(&run)), (RunState::Waiting, ""), "{state}");
        assert_eq!(step(&run, TestStepName::Accepted).0, StepState::Done, "{state}");
        assert_eq!(step(&run, TestStepName::CopyInSent).0, StepState::Done, "{state}");
        case.status(id).await;
        assert_eq!(case.post.held.lock().unwrap().sent.len(), 1, "{state}: once");
    }
}

#[tokio::test]
async fn what_it_had_handed_over_may_have_arrived_and_is_not_sent_again() {
    let case = case().await;
    let id = case.died("sending", true).await;
    let run = case.status(id).await;
    assert_eq!(run.state, RunState::Waiting);
    assert_eq!(step(&run, TestStepName::Sent).0, StepState::Done);
    let accepted = step(&run, TestStepName::Accepted);
    assert_eq!(accepted.0, StepState::Running);
    assert!(accepted.1.contains("may have arrived"), "{}", accepted.1);
    case.ago(id, 46).await;
    let run = case.status(id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "no_reply"));
    assert!(run.diagnosis.unwrap().sentence.contains("may not have arrived"));
    assert!(case.post.held.lock().unwrap().sent.is_empty());
}

#[tokio::test]
async fn what_was_not_sent_in_45_minutes_is_not_sent_any_more_and_said_so() {
    for state in ["draft", "queued", "sending"] {
        let case = case().await;
        let id = case.died(state, false).await;
        case.ago(id, 46).await;
        let run = case.status(id).await;
        assert_eq!((run.state, code(&run)), (RunState::Failed, "not_sent"), "{state}");
        assert!(case.post.held.lock().unwrap().sent.is_empty(), "{state}");
        let outbox = case.engine.outbox().await.unwrap();
        assert!(outbox.waiting.is_empty() && outbox.drafts.is_empty(), "{state}: {outbox:?}");
    }
}

#[tokio::test]
async fn what_was_refused_to_a_later_look_ends_the_run() {
    let case = case().await;
    let id = case.died("sending", false).await;
    case.post.held.lock().unwrap().refuses = Some("550 5.1.1 No such user here");
    let run = case.status(id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "recipient_refused"));
}

#[tokio::test]
async fn several_runs_wait_over_a_restart_each_for_its_own_reply() {
    let mut case = case().await;
    let first = case.sent().await;
    let reply = case.reply(ELSE, "");
    let second = case.sent().await;
    case.engine.close();
    case.engine = open(case.dir.path());
    let before = case.engine.test_run(first.id).await.unwrap();
    assert_eq!(before, case.engine.test_runs().await.unwrap()[1]);
    assert_eq!(before.state, RunState::Waiting);
    // The subject alone tells, when a program answers without naming the mail.
    case.post.deliver("INBOX", reply.replace("In-Reply-To: ", "X-Lost: "));
    assert_eq!(case.status(first.id).await.state, RunState::Done);
    assert_eq!(case.status(second.id).await.state, RunState::Waiting);
    case.engine.stop_test(second.id).await.unwrap();
    assert_eq!(case.status(second.id).await.state, RunState::Stopped);
}

#[tokio::test]
async fn an_account_without_sending_waits_for_a_mail_written_by_hand() {
    let case = case().await;
    let silent = connect(&case.engine, account("quiet@own.example", case.post.imap, None)).await;
    let run = case.engine.begin_test(silent, ELSE.into()).await.unwrap();
    assert!(run.by_hand && run.subject.ends_with(&run.token));
    assert_eq!(step(&run, TestStepName::Sent).0, StepState::Skipped);
    let mail = |subject: &str| {
        let id = uuid::Uuid::new_v4();
        format!(
            "From: {ELSE}\r\nTo: quiet@own.example\r\nSubject: {subject}\r\nMessage-ID: <{id}@else.example>\r\n\r\nHi\r\n"
        )
    };
    case.post.deliver("INBOX", mail(&format!("x{}", run.token)));
    assert_eq!(case.status(run.id).await.state, RunState::Waiting, "no whole word");
    case.post.deliver("INBOX", mail(&run.subject));
    let run = case.status(run.id).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    assert_eq!(step(&run, TestStepName::Sent).0, StepState::Skipped);
    assert!(case.post.held.lock().unwrap().sent.is_empty());
}

#[tokio::test]
async fn with_the_dashboard_setting_off_the_reply_is_shown_in_the_project() {
    let case = case().await;
    let settings = case.engine.settings().await.unwrap();
    case.engine.set_settings(Settings { show_mail_on_dashboard: false, ..settings }).await.unwrap();
    let run = case.sent().await;
    case.post.deliver("INBOX", case.reply(ELSE, ""));
    let run = case.status(run.id).await;
    assert_eq!(run.state, RunState::Done);
    let last = run.steps.last().unwrap();
    assert_eq!(
        (last.title.as_str(), last.fact.as_deref()),
        ("Shown in the project", Some("Shown in the project"))
    );
}

#[tokio::test]
async fn a_mail_that_comes_back_ends_the_run() {
    let case = case().await;
    let run = case.sent().await;
    let report = format!(
        "From: Mail Delivery System <MAILER-DAEMON@own.example>\nTo: {NORA}\nSubject: Undelivered Mail\n\
         Message-ID: <report@own.example>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\n\nIt could not be delivered.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; own.example\n\n\
         Final-Recipient: rfc822; {ELSE}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 unknown user\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {}\nSubject: {}\n\n--b--\n",
        case.post.field("Message-ID"),
        run.subject
    );
    case.post.deliver("INBOX", report.replace('\n', "\r\n"));
    let run = case.status(run.id).await;
    assert_eq!((run.state, code(&run)), (RunState::Failed, "bounced"), "{run:?}");
    assert!(run.diagnosis.unwrap().server_said.unwrap().contains("unknown user"));
}

#[tokio::test]
async fn a_reply_to_another_mailbox_is_found_there() {
    let case = case().await;
    let other = Post::opens().await;
    connect(&case.engine, account("hello@own.example", other.imap, None)).await;
    let run = case.sent().await;
    other.deliver("INBOX", case.reply(ELSE, "").replace(NORA, "hello@own.example"));
    let run = case.status(run.id).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    assert_eq!(step(&run, TestStepName::ReplySeen).1, "In INBOX of hello@own.example");
}

#[tokio::test]
async fn a_mail_that_was_not_queued_when_the_program_died_goes_at_the_next_start() {
    let case = case().await;
    let id = case.engine.store_test(case.account, ELSE.into()).await.unwrap();
    assert!(case.post.held.lock().unwrap().sent.is_empty());
    let mut events = case.engine.events();
    case.engine.resume_tests().await;
    while step(&case.engine.test_run(id).await.unwrap(), TestStepName::Accepted).0 != StepState::Done {
        events.recv().await.unwrap();
    }
    assert_eq!(case.post.held.lock().unwrap().sent.len(), 1);
}

#[tokio::test]
async fn the_app_follows_a_run_by_itself() {
    let case = case().await;
    let (engine, mut events) = (case.engine.clone(), case.engine.events());
    let app = tokio::spawn(async move { engine.run().await });
    let run = case.engine.begin_test(case.account, ELSE.into()).await.unwrap();
    let id = run.id;
    let mut replied = false;
    loop {
        let run = case.engine.test_run(id).await.unwrap();
        if run.state == RunState::Done {
            break;
        }
        assert_eq!(run.state, RunState::Waiting, "{run:?}");
        if !replied && step(&run, TestStepName::Accepted).0 == StepState::Done {
            replied = true;
            case.post.deliver("INBOX", case.reply(ELSE, ""));
            case.engine.look_at_test(id).await.unwrap();
        }
        loop {
            if matches!(events.recv().await, Ok(Event::Changed(Topic::TestRuns))) {
                break;
            }
        }
    }
    case.engine.close();
    app.await.unwrap();
}
