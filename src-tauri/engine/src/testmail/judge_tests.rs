//! How a run stands, for everything that can have happened to it: plain facts, no store, no clock.

use super::judge::{AccountFacts, Author, Card, Facts, LIMIT_MS, Reply, judge, recognised};
use crate::model::{
    AccountId, AccountState, Address, Cause, ContactId, CopyState, Failure, FoundReply, Mend, MessageId,
    OutgoingId, OutgoingState, ProjectId, RunState, TestRunId, TestStepName, TestStepState, Timestamp,
};
use crate::store::test_runs::{Findings, OnItsWay, Run};

const BEGAN: Timestamp = Timestamp(1_795_521_600_000);
const MINUTE: i64 = 60_000;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn run() -> Run {
    Run {
        id: TestRunId(1),
        token: "7F3KQ2AB".into(),
        account: Some(AccountId(1)),
        account_email: "nora@noralind.studio".into(),
        contact: Some(ContactId(1)),
        address: address("nora@else.example"),
        project: Some(ProjectId(1)),
        made_contact: true,
        made_project: true,
        by_hand: false,
        outgoing: Some(OutgoingId(1)),
        message_id: "t@noralind.studio".into(),
        state: RunState::Waiting,
        started_at: BEGAN,
        ended_at: None,
        diagnosis: None,
        checks: Vec::new(),
        reply: None,
        found: None,
        looked_at: None,
        cleaned: false,
        steps: Vec::new(),
    }
}

fn way(state: OutgoingState) -> OnItsWay {
    OnItsWay {
        message_id: "t@noralind.studio".into(),
        state,
        attempts: 1,
        handed_over: state != OutgoingState::Queued,
        cause: None,
        server_said: None,
        sent_at: (state == OutgoingState::Sent).then(|| BEGAN.plus(800)),
        copy: if state == OutgoingState::Sent { CopyState::Found } else { CopyState::None },
    }
}

/// Sent, its copy found, no reply yet, and all is well.
fn facts() -> Facts {
    Facts {
        run: run(),
        way: Some(way(OutgoingState::Sent)),
        host: Some("smtp.example".into()),
        copies: 1,
        bounce: None,
        replies: Vec::new(),
        found: None,
        account: AccountFacts { tried: true, last_ended: Some(BEGAN), ..AccountFacts::default() },
        contact: Some("Nora".into()),
        show_mail: true,
    }
}

fn reply(author: Author) -> Reply {
    Reply {
        id: MessageId(9),
        author,
        automatic: false,
        received: BEGAN.plus(3 * MINUTE),
        place: Some(("Inbox".into(), None)),
        project: Some("Test email".into()),
        card: Some(Card::NeedsReply),
    }
}

fn found(junk: bool, from: &str, automatic: bool) -> FoundReply {
    let folder = if junk { "Spam" } else { "Inbox" };
    FoundReply { account: AccountId(1), folder: folder.into(), junk, from: Some(address(from)), automatic }
}

fn after(minutes: i64, facts: &Facts) -> Findings {
    judge(facts, BEGAN.plus(minutes * MINUTE))
}

fn step(findings: &Findings, name: TestStepName) -> (TestStepState, Option<&str>) {
    let step = findings.steps.iter().find(|step| step.name == name).unwrap();
    (step.state, step.detail.as_deref())
}

fn code(findings: &Findings) -> Option<&str> {
    findings.diagnosis.as_ref().map(|diagnosis| diagnosis.code.as_str())
}

fn mend(findings: &Findings) -> Option<Mend> {
    findings.diagnosis.as_ref().and_then(|diagnosis| diagnosis.mend)
}

fn sentence(findings: &Findings) -> &str {
    findings.diagnosis.as_ref().map_or("", |diagnosis| &diagnosis.sentence)
}

#[test]
fn the_steps_stand_in_their_order_and_tell_when_they_were_done() {
    let findings = after(2, &facts());
    assert_eq!(findings.state, RunState::Waiting);
    assert_eq!(findings.diagnosis, None);
    let names: Vec<TestStepName> = findings.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, TestStepName::ALL);
    let sent = &findings.steps[0];
    assert_eq!((sent.state, sent.at, sent.took_ms), (TestStepState::Done, Some(BEGAN.plus(800)), Some(800)));
    assert_eq!(
        step(&findings, TestStepName::Accepted),
        (TestStepState::Done, Some("Accepted by smtp.example"))
    );
    assert_eq!(step(&findings, TestStepName::CopyInSent), (TestStepState::Done, Some("Found once")));
    assert_eq!(step(&findings, TestStepName::ReplySeen), (TestStepState::Running, None));
    assert_eq!(step(&findings, TestStepName::OnDashboard), (TestStepState::Todo, None));

    let mut later = facts();
    later.run.steps = findings.steps.clone();
    assert_eq!(after(9, &later).steps, findings.steps, "what was done keeps its time");
}

#[test]
fn a_reply_that_came_all_the_way_ends_the_run_well() {
    let mut facts = facts();
    facts.replies = vec![reply(Author::Contact)];
    let findings = after(4, &facts);
    assert_eq!((findings.state, findings.reply), (RunState::Done, Some(MessageId(9))));
    assert_eq!(step(&findings, TestStepName::ReplySeen), (TestStepState::Done, Some("In Inbox")));
    assert_eq!(step(&findings, TestStepName::ContactMatched), (TestStepState::Done, Some("Nora")));
    assert_eq!(step(&findings, TestStepName::Filed), (TestStepState::Done, Some("Test email")));
    assert_eq!(step(&findings, TestStepName::OnDashboard).1, Some("Under “Needs a reply”"));

    facts.show_mail = false;
    assert_eq!(step(&after(4, &facts), TestStepName::OnDashboard).1, Some("Shown in the project"));
    facts.show_mail = true;
    facts.replies[0].card = Some(Card::Recent);
    assert_eq!(step(&after(4, &facts), TestStepName::OnDashboard).1, Some("Under “Recent”"));
}

#[test]
fn what_was_refused_ends_the_run_with_the_servers_words() {
    // Whether the mail left at all, the cause, and the button.
    let cases = [
        (Cause::WrongPassword, false, Mend::Reconnect),
        (Cause::ConnectionRefused, false, Mend::TestAgain),
        (Cause::Offline, false, Mend::TestAgain),
        (Cause::RecipientRefused, true, Mend::TestAgain),
        (Cause::SenderRefused, true, Mend::EditAccount),
        (Cause::MailRefused, true, Mend::TestAgain),
        (Cause::SendingOff, true, Mend::EditAccount),
    ];
    for state in [OutgoingState::Failed, OutgoingState::Queued] {
        for (cause, left, button) in cases {
            let mut facts = facts();
            let server_said = Some("550 5.1.1 No such user here".to_owned());
            facts.way = Some(OnItsWay { cause: Some(cause.code().into()), server_said, ..way(state) });
            let findings = after(0, &facts);
            assert_eq!(findings.state, RunState::Failed, "{cause:?}");
            let diagnosis = findings.diagnosis.clone().unwrap();
            assert_eq!(diagnosis.code, cause.code());
            assert_eq!(diagnosis.sentence, cause.sentence());
            assert_eq!(diagnosis.server_said.as_deref(), Some("550 5.1.1 No such user here"));
            assert_eq!(diagnosis.mend, Some(button), "{cause:?}");
            let sent = if left { TestStepState::Done } else { TestStepState::Failed };
            assert_eq!(step(&findings, TestStepName::Sent).0, sent, "{cause:?}");
            let words = Some("550 5.1.1 No such user here");
            assert_eq!(step(&findings, TestStepName::Accepted), (TestStepState::Failed, words), "{cause:?}");
            assert_eq!(step(&findings, TestStepName::ReplySeen).0, TestStepState::Todo);
        }
    }
}

#[test]
fn a_mail_on_its_way_is_shown_as_far_as_it_is() {
    let mut facts = facts();
    facts.copies = 0;
    facts.way = Some(OnItsWay { handed_over: false, ..way(OutgoingState::Sending) });
    assert_eq!(step(&after(0, &facts), TestStepName::Sent).0, TestStepState::Running);
    assert_eq!(step(&after(0, &facts), TestStepName::ReplySeen).0, TestStepState::Todo);
    facts.way = Some(way(OutgoingState::Sending));
    assert_eq!(step(&after(0, &facts), TestStepName::Sent).0, TestStepState::Done);
    assert_eq!(step(&after(0, &facts), TestStepName::Accepted).0, TestStepState::Running);

    // Nobody knows whether it arrived, until the reply shows it.
    facts.way = Some(way(OutgoingState::Uncertain));
    let findings = after(1, &facts);
    assert_eq!(findings.state, RunState::Waiting);
    assert_eq!(step(&findings, TestStepName::Accepted).0, TestStepState::Running);
    assert_eq!(step(&findings, TestStepName::ReplySeen).0, TestStepState::Running);
    facts.replies = vec![reply(Author::Contact)];
    let findings = after(4, &facts);
    assert_eq!(findings.state, RunState::Done);
    assert_eq!(step(&findings, TestStepName::Accepted).0, TestStepState::Done);

    facts.replies.clear();
    facts.way = None;
    assert_eq!(code(&after(1, &facts)), Some("not_sent"), "thrown away before it was sent");
}

#[test]
fn the_copy_in_sent_is_named_and_never_ends_a_run() {
    let mut facts = facts();
    let mut copy = |copies, copy| {
        facts.copies = copies;
        facts.way = Some(OnItsWay { copy, ..way(OutgoingState::Sent) });
        let findings = after(1, &facts);
        assert_eq!(findings.state, RunState::Waiting);
        let (state, detail) = step(&findings, TestStepName::CopyInSent);
        (state, detail.map(str::to_owned))
    };
    let done = |words: &str| (TestStepState::Done, Some(words.to_owned()));
    assert_eq!(copy(0, CopyState::Wanted), (TestStepState::Running, None));
    assert_eq!(copy(0, CopyState::Stored), done("Stored once"));
    assert_eq!(copy(0, CopyState::Found), done("Found once"));
    assert_eq!(copy(1, CopyState::Wanted), done("Found once"));
    assert_eq!(copy(2, CopyState::Stored), done("Found 2 times"));
    assert_eq!(copy(0, CopyState::NoFolder).0, TestStepState::Skipped);
    assert_eq!(copy(0, CopyState::Failed).0, TestStepState::Failed);

    // A quick reply waits a little for the copy, so that the run tells how it ended.
    facts.copies = 0;
    facts.way = Some(OnItsWay { copy: CopyState::Wanted, ..way(OutgoingState::Sent) });
    facts.replies = vec![reply(Author::Contact)];
    assert_eq!(judge(&facts, BEGAN.plus(30_000)).state, RunState::Waiting);
    let findings = after(4, &facts);
    assert_eq!(findings.state, RunState::Done);
    assert_eq!(step(&findings, TestStepName::CopyInSent).0, TestStepState::Failed);
}

#[test]
fn a_mail_that_came_back_ends_the_run() {
    let mut facts = facts();
    facts.bounce = Some(("nora@else.example".into(), "550 5.1.1 unknown user".into()));
    let findings = after(1, &facts);
    assert_eq!((findings.state, code(&findings)), (RunState::Failed, Some("bounced")));
    assert_eq!(findings.diagnosis.clone().unwrap().server_said.as_deref(), Some("550 5.1.1 unknown user"));
    assert_eq!(step(&findings, TestStepName::Accepted).0, TestStepState::Done);
    assert_eq!(step(&findings, TestStepName::ReplySeen).0, TestStepState::Failed);
}

#[test]
fn an_automatic_reply_is_named_and_waited_past() {
    let mut facts = facts();
    facts.replies = vec![Reply { automatic: true, ..reply(Author::Contact) }];
    let findings = after(4, &facts);
    assert_eq!((findings.state, findings.reply), (RunState::Waiting, None));
    assert_eq!(code(&findings), Some("automatic_reply"));
    assert_eq!(step(&findings, TestStepName::ReplySeen), (TestStepState::Running, Some("automatic reply")));
    // From an address of its own, only seen on the server.
    facts.replies.clear();
    facts.found =
        Some((found(false, "robot@else.example", true), Author::Unknown(address("robot@else.example"))));
    assert_eq!(code(&after(4, &facts)), Some("automatic_reply"));
    // A person's answer after it counts.
    facts.replies = vec![
        Reply { automatic: true, ..reply(Author::Contact) },
        Reply { id: MessageId(10), ..reply(Author::Contact) },
    ];
    let findings = after(4, &facts);
    assert_eq!((findings.state, findings.reply), (RunState::Done, Some(MessageId(10))));
}

#[test]
fn a_reply_in_junk_waits_to_be_brought_in() {
    let mut facts = facts();
    facts.found = Some((found(true, "nora@else.example", false), Author::Contact));
    let findings = after(4, &facts);
    assert_eq!(findings.state, RunState::Waiting);
    assert_eq!((code(&findings), mend(&findings)), (Some("junk"), Some(Mend::BringIn)));
    assert!(sentence(&findings).contains("Junk folder “Spam”"), "{}", sentence(&findings));
    assert_eq!(step(&findings, TestStepName::ReplySeen), (TestStepState::Running, Some("junk")));
    // Brought in by hand, it counts wherever it lies.
    facts.replies = vec![Reply { place: Some(("Spam".into(), None)), ..reply(Author::Contact) }];
    let findings = after(5, &facts);
    assert_eq!(findings.state, RunState::Done);
    assert_eq!(step(&findings, TestStepName::ReplySeen).1, Some("In Spam"));
}

#[test]
fn a_reply_from_another_address_is_named_and_offered() {
    let other = address("nora.private@else.example");
    let mut facts = facts();
    let from = |author: Author, junk| Some((found(junk, "nora.private@else.example", false), author));
    facts.found = from(Author::Unknown(other.clone()), false);
    let findings = after(4, &facts);
    assert_eq!(findings.state, RunState::Waiting);
    assert_eq!((code(&findings), mend(&findings)), (Some("other_address"), Some(Mend::AddAddress)));
    assert!(sentence(&findings).contains("nora.private@else.example"));
    assert_eq!(step(&findings, TestStepName::ReplySeen).1, Some("another address"));
    assert_eq!(step(&findings, TestStepName::ContactMatched).0, TestStepState::Todo);

    // It lies in Junk on top of that: both are said, and the address comes first.
    facts.found = from(Author::Unknown(other.clone()), true);
    let findings = after(4, &facts);
    assert_eq!((code(&findings), mend(&findings)), (Some("other_address"), Some(Mend::AddAddress)));
    assert!(sentence(&findings).contains("“Spam”"));

    // What belongs to somebody, or is the user's own, cannot be added.
    for (author, expected) in [
        (Author::Own(other.clone()), "own_address"),
        (Author::Somebody(other.clone(), "Anna".into()), "other_contact"),
        (Author::Unreadable, "no_sender"),
    ] {
        facts.found = from(author, false);
        let findings = after(4, &facts);
        assert_eq!((code(&findings), mend(&findings)), (Some(expected), None));
    }
    // Another contact's reply is here by the rules; it does not count either.
    facts.found = None;
    facts.replies = vec![reply(Author::Somebody(other, "Anna".into()))];
    let findings = after(4, &facts);
    assert_eq!((findings.state, code(&findings)), (RunState::Waiting, Some("other_contact")));
}

#[test]
fn a_reply_to_another_mailbox_counts_and_says_where_it_came_to() {
    let mut facts = facts();
    let place = Some(("Inbox".into(), Some("hello@noralind.studio".into())));
    facts.replies = vec![Reply { place, ..reply(Author::Contact) }];
    let findings = after(4, &facts);
    assert_eq!(findings.state, RunState::Done);
    assert_eq!(step(&findings, TestStepName::ReplySeen).1, Some("In Inbox of hello@noralind.studio"));
}

#[test]
fn a_sync_that_fails_is_said_with_its_own_sentence_and_button() {
    let cases = [
        (AccountState::NeedsReconnecting, Cause::WrongPassword, Mend::Reconnect),
        (AccountState::Unreachable, Cause::TimedOut, Mend::SyncNow),
        (AccountState::HeldUp, Cause::FolderRefused, Mend::EditAccount),
        (AccountState::HeldUp, Cause::DiskFull, Mend::SyncNow),
    ];
    for (state, cause, button) in cases {
        let mut facts = facts();
        facts.account.failure = Some((state, Failure::said(cause, "NO")));
        facts.found = Some((found(true, "nora@else.example", false), Author::Contact));
        let findings = after(4, &facts);
        assert_eq!(findings.state, RunState::Waiting);
        assert_eq!((code(&findings), mend(&findings)), (Some(cause.code()), Some(button)));
        assert_eq!(sentence(&findings), cause.sentence());
        assert_eq!(step(&findings, TestStepName::ReplySeen).1, Some("junk"), "what is known is still said");
    }
    let mut facts = facts();
    facts.account = AccountFacts { paused: true, tried: false, ..facts.account };
    let findings = after(4, &facts);
    assert_eq!(
        (findings.state, code(&findings), mend(&findings)),
        (RunState::Waiting, Some("paused"), Some(Mend::Resume))
    );
    facts.account = AccountFacts { gone: true, ..AccountFacts::default() };
    assert_eq!(code(&after(4, &facts)), Some("account_gone"));
}

#[test]
fn after_45_minutes_and_a_last_look_it_is_over() {
    let mut facts = facts();
    let at = |facts: &Facts, ms: i64| judge(facts, BEGAN.plus(ms));
    facts.account.last_ended = Some(BEGAN.plus(LIMIT_MS - 20_000));
    assert_eq!(at(&facts, LIMIT_MS - 1).state, RunState::Waiting);
    let findings = at(&facts, LIMIT_MS);
    assert_eq!((findings.state, code(&findings)), (RunState::Failed, Some("no_reply")));
    assert_eq!(step(&findings, TestStepName::ReplySeen).0, TestStepState::Failed);
    assert_eq!(mend(&findings), Some(Mend::TestAgain));

    // The app was closed meanwhile: the reply may lie there, so the mailbox is looked into first.
    facts.account.last_ended = Some(BEGAN.plus(MINUTE));
    assert_eq!(at(&facts, 3 * LIMIT_MS).state, RunState::Waiting);
    facts.replies = vec![reply(Author::Contact)];
    assert_eq!(at(&facts, 3 * LIMIT_MS).state, RunState::Done);
    // A mailbox that nobody looks into by itself is not waited for.
    facts.replies.clear();
    facts.account.tried = false;
    assert_eq!(at(&facts, 3 * LIMIT_MS).state, RunState::Failed);

    // What is known of a reply says more than that none came; what a program wrote is none.
    facts.found = Some((found(true, "nora@else.example", false), Author::Contact));
    assert_eq!(code(&at(&facts, LIMIT_MS)), Some("junk"));
    facts.found = Some((found(true, "nora@else.example", true), Author::Contact));
    assert_eq!(code(&at(&facts, LIMIT_MS)), Some("no_reply"));
}

#[test]
fn only_a_mail_newer_than_the_run_completes_it() {
    let mut facts = facts();
    facts.replies = vec![Reply { received: BEGAN.plus(-11 * MINUTE), ..reply(Author::Contact) }];
    let findings = after(4, &facts);
    assert_eq!((findings.state, findings.reply, code(&findings)), (RunState::Waiting, None, None));
    // The server's clock may be behind.
    facts.replies[0].received = BEGAN.plus(-9 * MINUTE);
    assert_eq!(after(4, &facts).state, RunState::Done);
}

#[test]
fn a_reply_that_no_rule_could_file_waits_for_the_person() {
    let mut facts = facts();
    facts.replies = vec![Reply { project: None, card: None, ..reply(Author::Contact) }];
    let findings = after(4, &facts);
    assert_eq!((findings.state, code(&findings)), (RunState::Waiting, Some("to_sort")));
    assert_eq!(step(&findings, TestStepName::ContactMatched).0, TestStepState::Done);
    assert_eq!(step(&findings, TestStepName::Filed), (TestStepState::Running, Some("In To sort")));
}

#[test]
fn an_account_that_does_not_send_waits_for_a_mail_written_by_hand() {
    let mut facts = facts();
    facts.run = Run { by_hand: true, outgoing: None, message_id: String::new(), ..run() };
    (facts.way, facts.copies, facts.host) = (None, 0, None);
    let findings = after(1, &facts);
    assert_eq!(findings.state, RunState::Waiting);
    for name in [TestStepName::Sent, TestStepName::Accepted, TestStepName::CopyInSent] {
        assert_eq!(step(&findings, name).0, TestStepState::Skipped);
    }
    assert_eq!(step(&findings, TestStepName::ReplySeen).0, TestStepState::Running);
    facts.replies = vec![reply(Author::Contact)];
    assert_eq!(after(4, &facts).state, RunState::Done);
}

#[test]
fn a_token_is_found_as_a_whole_word_alone() {
    let token = "7F3KQ2AB";
    let by = |subject: &str| recognised("t@x.example", token, &[], subject);
    for subject in [
        "Hatstand test 7F3KQ2AB",
        "Re: Hatstand test 7F3KQ2AB",
        "AW: hatstand test 7f3kq2ab!",
        "(7F3KQ2AB)",
        "7F3KQ2AB",
        "test–7F3KQ2AB–test",
    ] {
        assert!(by(subject), "{subject}");
    }
    for subject in ["", "Re: hello", "X7F3KQ2AB", "7F3KQ2ABC", "7F3KQ2AB_1", "ü7F3KQ2AB", "7F3K Q2AB"] {
        assert!(!by(subject), "{subject}");
    }
    let (own, other) = ("t@x.example".to_owned(), "u@x.example".to_owned());
    assert!(recognised("t@x.example", token, &[&other, &own], "Re: hello"));
    assert!(!recognised("t@x.example", token, &[&other], "Re: hello"));
    assert!(!recognised("", token, &[&String::new()], "Re: hello"), "a run without a mail of its own");
}
