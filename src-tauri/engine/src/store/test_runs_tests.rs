//! A run as the store keeps it, with every statement's plan looked at.

use super::outgoing::{NewDraft, Role};
use super::test_runs::{self, Findings, NewRun};
use super::*;
use crate::model::{
    Account, AccountId, Address, Backfill, Check, Contact, ContactId, ContactKind, Diagnosis, Endpoint,
    FoundReply, Mailbox, Project, ProjectId, ProjectStatus, RunState, Security, SignIn, TestStep,
    TestStepName, TestStepState, Timestamp,
};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static STATEMENTS: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

fn traced(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event {
        STATEMENTS.with_borrow_mut(|all| all.insert(statement.sql().to_string()));
    }
}

const NOW: Timestamp = Timestamp(1_000_000);

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// An account, a contact and a project of it.
fn profile(db: &Connection) -> (AccountId, ContactId, ProjectId) {
    let at = Endpoint { host: "imap.own.example".into(), port: 993, security: Security::Tls };
    let account = Account {
        id: AccountId(0),
        uuid: "u".into(),
        email: address("nora@own.example"),
        aliases: Vec::new(),
        username: "nora".into(),
        incoming: at,
        outgoing: None,
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    };
    let account = accounts::insert(db, &account, NOW).unwrap();
    let contact = Contact {
        id: ContactId(0),
        name: "Nora".into(),
        kind: ContactKind::Other,
        company: String::new(),
        phone: String::new(),
        notes: String::new(),
        default_project_id: None,
        addresses: Vec::new(),
    };
    let contact = contacts::insert(db, &contact, NOW).unwrap();
    contacts::add_address(db, contact, &address("nora@else.example"), NOW, Backfill::None).unwrap();
    let project = Project {
        id: ProjectId(0),
        title: "Test email".into(),
        status: ProjectStatus::Active,
        status_at: NOW,
        notes: String::new(),
        contact_ids: vec![contact],
    };
    (account, contact, projects::insert(db, &project, NOW).unwrap())
}

fn findings(state: RunState) -> Findings {
    let step = TestStep {
        name: TestStepName::ReplySeen,
        state: TestStepState::Running,
        at: Some(NOW),
        took_ms: Some(7),
        detail: Some("junk".into()),
    };
    let first = TestStep { name: TestStepName::Sent, detail: None, ..step.clone() };
    let diagnosis = Diagnosis {
        code: "junk".into(),
        sentence: "s".into(),
        remedy: "r".into(),
        server_said: None,
        mend: None,
    };
    Findings { state, steps: vec![step, first], diagnosis: Some(diagnosis), reply: None }
}

fn live(db: &Connection) {
    let (account, contact, project) = profile(db);
    let new = NewRun {
        token: "7F3KQ2AB".into(),
        account,
        account_email: address("nora@own.example"),
        contact,
        address: address("nora@else.example"),
        project,
        made_contact: true,
        made_project: false,
        by_hand: false,
        started_at: NOW,
    };
    let id = test_runs::insert(db, &new).unwrap();
    assert!(test_runs::insert(db, &new).is_err(), "a token is one run's");
    let other = test_runs::insert(db, &NewRun { token: "AAAAAAAA".into(), ..new.clone() }).unwrap();
    let draft = NewDraft {
        account: Some(account),
        project: Some(project),
        recipients: vec![(Role::To, Mailbox { name: String::new(), address: "nora@else.example".into() })],
        ..NewDraft::default()
    };
    let mail = outgoing::insert(db, &draft, NOW).unwrap();
    test_runs::set_mail(db, id, mail, "t@own.example").unwrap();
    assert_eq!(test_runs::waited_for(db).unwrap(), [(account, NOW), (account, NOW)]);
    assert_eq!(test_runs::on_its_way(db, mail).unwrap().unwrap().state, crate::model::OutgoingState::Draft);

    let checks = [Check { name: "contact".into(), ok: Some(true), fact: "f".into(), mend: None }];
    assert!(test_runs::note(db, id, &findings(RunState::Waiting), &checks, NOW).unwrap());
    let found = FoundReply {
        account,
        folder: "Spam".into(),
        junk: true,
        from: Some(address("x@else.example")),
        automatic: false,
    };
    test_runs::set_found(db, id, Some(&found), Some(NOW)).unwrap();
    let run = test_runs::get(db, id).unwrap();
    assert_eq!(run.looked_at, Some(NOW));
    let names: Vec<TestStepName> = run.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, [TestStepName::Sent, TestStepName::ReplySeen], "in their order");
    assert_eq!(run.steps[1], findings(RunState::Waiting).steps[0]);
    assert_eq!(
        (run.diagnosis.clone(), run.checks.as_slice()),
        (findings(RunState::Waiting).diagnosis, &checks[..])
    );
    assert_eq!((run.found.as_ref(), run.ended_at), (Some(&found), None));
    assert_eq!(test_runs::waiting(db).unwrap()[0], run);

    assert!(test_runs::note(db, id, &findings(RunState::Failed), &checks, NOW.plus(5)).unwrap());
    assert!(!test_runs::note(db, id, &findings(RunState::Done), &[], NOW.plus(9)).unwrap(), "it had ended");
    let run = test_runs::get(db, id).unwrap();
    assert_eq!((run.state, run.ended_at), (RunState::Failed, Some(NOW.plus(5))));
    assert!(!test_runs::stop(db, id, NOW).unwrap());
    test_runs::reopen(db, id).unwrap();
    assert_eq!(test_runs::get(db, id).unwrap().ended_at, None);
    assert!(test_runs::stop(db, id, NOW).unwrap());
    test_runs::set_cleaned(db, id).unwrap();
    assert!(test_runs::get(db, id).unwrap().cleaned);

    let newest: Vec<_> = test_runs::all(db).unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(newest, [other, id]);
    assert_eq!(test_runs::addresses(db).unwrap(), [address("nora@else.example")]);
    assert_eq!(test_runs::of_contact(db, contact).unwrap(), (true, 1));
    assert_eq!(test_runs::of_project(db, project).unwrap(), (false, 1));
    assert!(test_runs::others_written(db, project, None).unwrap());
    assert!(!test_runs::others_written(db, project, Some(mail)).unwrap());
    assert_eq!(test_runs::copies(db, "t@own.example", account).unwrap(), 0);
    assert_eq!(test_runs::bounce(db, "t@own.example").unwrap(), None);
    assert!(test_runs::mentions(db, "t@own.example", "7F3KQ2AB").unwrap().is_empty());
    assert!(messages::with_message_id(db, "").unwrap().is_empty());
    test_runs::withdraw(db, mail).unwrap();
    test_runs::forget_mail(db, mail).unwrap();
    assert_eq!(test_runs::get(db, id).unwrap().outgoing, None);
    accounts::delete(db, account).unwrap();
    assert_eq!(test_runs::get(db, id).unwrap().account, None, "the history stays");
}

#[test]
fn a_life_of_a_run_and_every_plan_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(traced));
    live(&db);
    db.trace_v2(TraceEventCodes::empty(), None);
    let statements = STATEMENTS.take();
    let ours: Vec<&String> =
        statements.iter().filter(|sql| sql.contains("test_run") || sql.contains("test_step")).collect();
    assert!(ours.len() > 12, "only {} statements were looked at", ours.len());
    for sql in ours {
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = plan.parameter_count();
        let lines: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(vec![rusqlite::types::Null; parameters]), |row| row.get(3))
            .unwrap()
            .map(|line| line.unwrap())
            .collect();
        // The history is read whole, by its key, and at most 200 rows of it.
        let whole = sql.contains("ORDER BY id DESC LIMIT 200");
        let scans = |line: &String| line.starts_with("SCAN ") && !line.contains("INDEX");
        assert!(whole || !lines.iter().any(scans), "{lines:?}: {sql}");
    }
}
