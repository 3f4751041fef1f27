//! Every step that an outgoing mail can take in the store, from every state, and every statement's plan.

use super::outgoing::{self, File, NewDraft, Role, Typed};
use super::raw::Packed;
use super::sending::{self, Ended, Queued, Taken, Task};
use super::templates::{self, Stored};
use super::*;
use crate::model::{
    Account, AccountId, Address, CopyState, Endpoint, Mailbox, MessageId, OutgoingFileId, OutgoingId,
    OutgoingState, Security, SignIn, TemplateId, Timestamp,
};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Read;

const NOW: Timestamp = Timestamp(1_000_000);

thread_local! {
    static STATEMENTS: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

fn traced(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event {
        STATEMENTS.with_borrow_mut(|all| all.insert(statement.sql().to_string()));
    }
}

fn account(db: &Connection) -> AccountId {
    let server = Endpoint { host: "mail.lind.example".into(), port: 993, security: Security::Tls };
    let account = Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email: Address::parse("nora@lind.example").unwrap(),
        aliases: Vec::new(),
        username: "nora".into(),
        incoming: server.clone(),
        outgoing: Some(server),
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    };
    accounts::insert(db, &account, NOW).unwrap()
}

fn mailbox(address: &str) -> Mailbox {
    Mailbox { name: "Anna".into(), address: address.into() }
}

fn draft(db: &Connection, account: AccountId) -> OutgoingId {
    let new = NewDraft {
        account: Some(account),
        from: "nora@lind.example".into(),
        subject: "Hello".into(),
        html: "<p>Hi</p>".into(),
        recipients: vec![(Role::To, mailbox("anna@x.example")), (Role::Bcc, mailbox("b@x.example"))],
        ..NewDraft::default()
    };
    outgoing::insert(db, &new, NOW).unwrap()
}

fn built(db: &Connection, id: OutgoingId, send_at: Timestamp) -> Queued {
    let written = outgoing::get(db, id).unwrap();
    Queued {
        changed_at: written.changed_at,
        recipients: written.recipients.iter().map(|r| (r.role, r.mailbox.clone())).collect(),
        message_id: format!("m{id}@lind.example"),
        needs_utf8: false,
        size: 4,
        packed: Packed::Inline(zstd::encode_all(b"mail".as_slice(), 3).unwrap()),
        now: NOW,
        date: NOW,
        send_at,
        later: false,
    }
}

fn a_message(db: &Connection, dir: &Path) -> MessageId {
    let bytes =
        b"From: nora@lind.example\r\nTo: anna@x.example\r\nMessage-ID: <m@lind.example>\r\n\r\nHi\r\n";
    let new = crate::sync::prepare_written(crate::sync::WrittenHere {
        bytes,
        attachments: None,
        bcc: vec![Address::parse("b@x.example").unwrap()],
        size: 4,
        sent_at: NOW,
        packed: raw::pack(dir, bytes).unwrap(),
    });
    crate::sync::take_in_written(db, &new, None, None).unwrap()
}

/// A mail in that state.
fn in_state(db: &Connection, dir: &Path, account: AccountId, state: OutgoingState) -> OutgoingId {
    let id = draft(db, account);
    if state == OutgoingState::Draft {
        return id;
    }
    sending::queue(db, id, &built(db, id, NOW)).unwrap();
    if state == OutgoingState::Queued {
        return id;
    }
    assert!(sending::claim(db, id, NOW).unwrap());
    let failure = Failure::said(Cause::Unknown, "why");
    match state {
        OutgoingState::Failed => sending::not_sent(db, id, &Ended::Failed, &failure, &[], NOW).unwrap(),
        OutgoingState::Uncertain => {
            sending::hand_over(db, id).unwrap();
            sending::not_sent(db, id, &Ended::Uncertain(NOW), &failure, &[], NOW).unwrap();
        }
        OutgoingState::Sent => {
            let taken = Taken {
                at: NOW,
                accepted: vec![Address::parse("anna@x.example").unwrap()],
                refused: vec![(Address::parse("b@x.example").unwrap(), failure)],
                message: a_message(db, dir),
                copy: CopyState::Wanted,
            };
            assert!(sending::sent(db, id, OutgoingState::Sending, &taken).unwrap());
        }
        _ => {}
    }
    id
}

const STATES: [OutgoingState; 6] = [
    OutgoingState::Draft,
    OutgoingState::Queued,
    OutgoingState::Sending,
    OutgoingState::Sent,
    OutgoingState::Failed,
    OutgoingState::Uncertain,
];

/// A mail in doubt only when the person says so.
const EDITS: Moves = &[
    (OutgoingState::Queued, OutgoingState::Draft),
    (OutgoingState::Failed, OutgoingState::Draft),
    (OutgoingState::Uncertain, OutgoingState::Draft),
];

fn why() -> Failure {
    Failure::said(Cause::Unknown, "why")
}

type Step = fn(&Connection, OutgoingId);
/// From where it leads where; from every other state nowhere.
type Moves = &'static [(OutgoingState, OutgoingState)];

#[test]
fn which_step_leads_where_from_every_state() {
    use OutgoingState::{Draft, Failed, Queued, Sending, Sent, Uncertain};
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    let account = account(&db);
    assert_eq!(a_message(&db, dir.path()), MessageId(1));
    let steps: [(&str, Step, Moves); 12] = [
        ("save", |db, id| drop(outgoing::save(db, id, &typed(), NOW)), &[]),
        ("queue", |db, id| drop(sending::queue(db, id, &built(db, id, NOW))), &[(Draft, Queued)]),
        ("claim", |db, id| drop(sending::claim(db, id, NOW)), &[(Queued, Sending)]),
        ("hand over", |db, id| drop(sending::hand_over(db, id)), &[]),
        ("take back", |db, id| drop(sending::to_draft(db, id, NOW)), &[(Queued, Draft), (Failed, Draft)]),
        ("go now", |db, id| drop(sending::go_now(db, id, Queued, NOW)), &[]),
        ("try again", |db, id| drop(sending::go_now(db, id, Failed, NOW)), &[(Failed, Queued)]),
        ("send again", |db, id| drop(sending::go_now(db, id, Uncertain, NOW)), &[(Uncertain, Queued)]),
        ("edit again", |db, id| drop(sending::edit_again(db, id, NOW)), EDITS),
        (
            "not sent",
            |db, id| drop(sending::not_sent(db, id, &Ended::Failed, &why(), &[], NOW)),
            &[(Sending, Failed)],
        ),
        ("turned up", |db, id| drop(sending::turned_up(db, id, MessageId(1), NOW)), &[(Uncertain, Sent)]),
        ("recover", |db, _| drop(sending::recover(db, &[], NOW)), &[(Sending, Queued)]),
    ];
    for (name, step, moves) in steps {
        for state in STATES {
            let id = in_state(&db, dir.path(), account, state);
            step(&db, id);
            let expected = moves.iter().find(|(from, _)| *from == state).map_or(state, |(_, to)| *to);
            assert_eq!(outgoing::get(&db, id).unwrap().state, expected, "{name} from {state:?}");
            outgoing::delete(&db, id).unwrap();
        }
    }
    // Of what was handed over only the server knows; what this program sends itself is not judged.
    let (mine, theirs) =
        (in_state(&db, dir.path(), account, Sending), in_state(&db, dir.path(), account, Sending));
    sending::hand_over(&db, theirs).unwrap();
    assert_eq!(sending::recover(&db, &[mine], NOW).unwrap(), 1);
    assert_eq!(outgoing::get(&db, mine).unwrap().state, Sending);
    assert_eq!(outgoing::get(&db, theirs).unwrap().state, Uncertain);
}

fn typed() -> Typed {
    Typed {
        account: None,
        from: String::new(),
        subject: "S".into(),
        html: "<p>more</p>".into(),
        recipients: vec![(Role::Cc, mailbox("half@"))],
    }
}

#[test]
fn a_life_of_the_outbox_and_every_plan_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(traced));
    live(&db, dir.path());
    db.trace_v2(TraceEventCodes::empty(), None);
    let may_scan = ["account", "contact", "template", "CONSTANT", "CO-ROUTINE", "(subquery-1)"];
    let mut looked = 0;
    for sql in &STATEMENTS.take() {
        let word = sql.split_whitespace().next().unwrap_or_default();
        if !matches!(word, "SELECT" | "UPDATE" | "DELETE" | "INSERT") || sql.contains("message_fts") {
            continue;
        }
        looked += 1;
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nulls = vec![rusqlite::types::Null; plan.parameter_count()];
        let lines: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
            .unwrap()
            .map(|line| line.unwrap())
            .collect();
        for line in &lines {
            let scanned = line.strip_prefix("SCAN ").map(|rest| rest.split_whitespace().next().unwrap_or(""));
            if let Some(table) = scanned {
                assert!(line.contains("INDEX") || may_scan.contains(&table), "{line}: {sql}");
            }
        }
    }
    assert!(looked > 60, "only {looked} statements were looked at");
}

fn live(db: &Connection, dir: &Path) {
    let account = account(db);
    let id = draft(db, account);
    outgoing::save(db, id, &typed(), NOW).unwrap();
    let saved = outgoing::get(db, id).unwrap();
    assert_eq!((saved.account, saved.mailboxes(Role::Cc)), (None, vec![mailbox("half@")]));
    assert!(saved.changed_at > NOW, "each change is told from the one before");
    assert!(saved.envelope_to().is_empty());

    let (packed, size) = raw::pack_stream(dir, &mut b"a file".as_slice(), true).unwrap();
    let Packed::File(hash) = packed else { panic!("a file is a file") };
    let mut back = String::new();
    let stream = raw::open_stream(dir, &Packed::File(hash.clone()));
    stream.unwrap().read_to_string(&mut back).unwrap();
    assert_eq!((back.as_str(), size), ("a file", 6));
    let file =
        File { id: OutgoingFileId(0), name: "a.txt".into(), media_type: "text/plain".into(), size, hash };
    outgoing::add_file(db, id, &file, NOW).unwrap();
    outgoing::add_file(db, id, &file, NOW).unwrap();
    let files = outgoing::files(db, id).unwrap();
    outgoing::remove_file(db, id, files[0].id, NOW).unwrap();
    assert_eq!(outgoing::files(db, id).unwrap().len(), 1);
    sweeps(db, dir, 1);
    outgoing::delete(db, id).unwrap();
    sweeps(db, dir, 0);

    let stale = draft(db, account);
    let then = built(db, stale, NOW);
    outgoing::save(db, stale, &Typed { account: Some(account), ..typed() }, NOW).unwrap();
    assert_eq!(sending::queue(db, stale, &then).unwrap_err().refusal().code, "changed");
    sending::queue(db, stale, &built(db, stale, NOW.plus(10))).unwrap();
    assert_eq!(sending::due(db, NOW).unwrap(), []);
    assert_eq!(sending::next_due(db).unwrap(), Some(NOW.plus(10)));
    assert_eq!(sending::due(db, NOW.plus(10)).unwrap(), [(Some(account), Task::Send(stale))]);
    assert!(!sending::any_sending(db).unwrap());
    assert!(!sending::claim(db, stale, NOW).unwrap(), "its moment has not come");
    assert!(sending::claim(db, stale, NOW.plus(10)).unwrap());
    assert!(!sending::claim(db, stale, NOW.plus(10)).unwrap(), "once");
    assert!(sending::any_sending(db).unwrap());
    let failure = Failure::said(Cause::TryLater, "later");
    sending::not_sent(db, stale, &Ended::Again(NOW.plus(99)), &failure, &[], NOW).unwrap();
    assert_eq!(sending::next_due(db).unwrap(), Some(NOW.plus(99)));
    assert_eq!(sending::forget_waits(db).unwrap(), 1);
    assert_eq!(sending::due(db, NOW.plus(10)).unwrap().len(), 1);
    accounts::set_sending_failure(db, account, Some(&failure)).unwrap();
    assert_eq!(accounts::sending_failure(db, account).unwrap(), Some(failure));
    accounts::set_sending_failure(db, account, None).unwrap();
    assert_eq!(accounts::sending_failure(db, account).unwrap(), None);

    sent_live(db, dir, account);

    outgoing::set_size_limit(db, "mail.lind.example", 5).unwrap();
    outgoing::set_size_limit(db, "mail.lind.example", 6).unwrap();
    assert_eq!(outgoing::size_limit(db, "mail.lind.example").unwrap(), Some(6));
    let words =
        Stored { id: TemplateId(0), title: "Quote".into(), subject: String::new(), html: "<p>x</p>".into() };
    let template = templates::insert(db, &words, NOW).unwrap();
    templates::update(db, &Stored { id: template, title: "Offer".into(), ..words }, NOW).unwrap();
    assert_eq!(templates::all(db).unwrap()[0].title, "Offer");
    templates::delete(db, template).unwrap();
    assert!(templates::get(db, template).is_err());
    let doubt = in_state(db, dir, account, OutgoingState::Uncertain);
    let its_id = outgoing::get(db, doubt).unwrap().message_id;
    assert_eq!(sending::in_doubt(db, &its_id).unwrap(), Some(doubt));
    assert_eq!(sending::own_message(db, &its_id).unwrap(), None);
    assert!(sending::own_message(db, "m@lind.example").unwrap().is_some());
    sending::look_anew(db, account, NOW).unwrap();
    assert_eq!(sending::unsent(db, account).unwrap(), 1);
    accounts::delete(db, account).unwrap();
    let released = outgoing::get(db, stale).unwrap();
    assert_eq!((released.state, released.account), (OutgoingState::Draft, None));
    assert_eq!(outgoing::get(db, doubt).unwrap().state, OutgoingState::Uncertain, "nobody knows, still");
}

#[test]
fn what_ended_late_changes_no_newer_state() {
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    let account = account(&db);
    // The fifth look ends after "Send again" succeeded: the copy is still seen to.
    let again = in_state(&db, dir.path(), account, OutgoingState::Uncertain);
    assert!(sending::go_now(&db, again, OutgoingState::Uncertain, NOW).unwrap());
    sending::looked(&db, again, true, Some(NOW.plus(77))).unwrap();
    let row = outgoing::get(&db, again).unwrap();
    assert_eq!((row.copy_tries, row.next_try), (0, None), "nobody looks for it any more");
    assert!(sending::claim(&db, again, NOW).unwrap());
    // It finds the mail while it is sent once more: what the server says then counts, and its bytes are kept till then.
    let message = a_message(&db, dir.path());
    assert!(!sending::turned_up(&db, again, message, NOW).unwrap());
    assert!(sending::content(&db, again).unwrap().is_some());
    // What was taken is not taken back by a try that ends late.
    let sent = in_state(&db, dir.path(), account, OutgoingState::Sent);
    sending::not_sent(&db, sent, &Ended::Again(NOW), &why(), &[], NOW).unwrap();
    let row = outgoing::get(&db, sent).unwrap();
    assert_eq!((row.state, row.recipients[0].accepted), (OutgoingState::Sent, true));
    // Looks that did not reach Sent are not counted, and another network or a reconnect makes the next one due.
    sending::looked(&db, sent, false, Some(NOW.plus(60))).unwrap();
    let row = outgoing::get(&db, sent).unwrap();
    assert_eq!((row.copy_tries, row.looks_failed), (0, 1));
    let doubt = in_state(&db, dir.path(), account, OutgoingState::Uncertain);
    let due = || sending::due(&db, NOW).unwrap();
    let both = [(Some(account), Task::Look(doubt)), (Some(account), Task::Copy(sent))];
    for wakes in [
        |db: &Connection, _| drop(sending::forget_waits(db)),
        |db: &Connection, account| {
            sending::look_anew(db, account, NOW).unwrap();
        },
    ] {
        sending::looked(&db, doubt, false, Some(NOW.plus(60))).unwrap();
        sending::looked(&db, sent, false, Some(NOW.plus(60))).unwrap();
        assert_eq!(due(), []);
        wakes(&db, account);
        assert_eq!(due(), both);
    }
    assert_eq!(sending::in_doubt(&db, &outgoing::get(&db, doubt).unwrap().message_id).unwrap(), Some(doubt));
    assert_eq!(sending::in_doubt(&db, "").unwrap(), None);
}

fn sent_live(db: &Connection, dir: &Path, account: AccountId) {
    let sent = in_state(db, dir, account, OutgoingState::Sent);
    let row = outgoing::get(db, sent).unwrap();
    assert_eq!((row.copy, row.recipients[0].accepted), (CopyState::Wanted, true));
    assert_eq!(row.recipients[1].refused.as_ref().map(|failure| failure.cause), Some(Cause::Unknown));
    let doubt = in_state(db, dir, account, OutgoingState::Uncertain);
    let tasks = sending::due(db, NOW).unwrap();
    assert!(
        tasks.contains(&(Some(account), Task::Copy(sent)))
            && tasks.contains(&(Some(account), Task::Look(doubt)))
    );
    sending::looked(db, sent, true, Some(NOW.plus(5))).unwrap();
    assert!(sending::content(db, sent).unwrap().is_some());
    sending::set_copy(db, sent, CopyState::Stored).unwrap();
    sending::set_copy(db, sent, CopyState::Failed).unwrap();
    assert_eq!(outgoing::get(db, sent).unwrap().copy, CopyState::Stored, "what is settled stays");
    assert!(sending::content(db, sent).unwrap().is_none());
    assert_eq!(
        outgoing::open(db, 9).unwrap().len(),
        3,
        "queued, uncertain, and sent with a refused recipient"
    );
    sending::dismiss(db, sent).unwrap();
    assert_eq!(outgoing::open(db, 9).unwrap().len(), 2);
    draft(db, account);
    assert_eq!(outgoing::drafts(db, 9).unwrap().len(), 1);
    assert_eq!(outgoing::counts(db).unwrap(), (1, 1, 1));
    let message = row.sent_message.unwrap();
    let fingerprint: [u8; 32] =
        db.query_row("SELECT fingerprint FROM message WHERE id = ?1", [message.0], |row| row.get(0)).unwrap();
    assert_eq!(sending::sent_here(db, &fingerprint, NOW).unwrap(), Some(message));
    assert_eq!(sending::sent_here(db, &fingerprint, NOW.plus(1)).unwrap(), None, "too long ago");
    sending::also_known_as(db, message, "server@lind.example").unwrap();
    assert!(messages::thread_ids(db, message).unwrap().contains(&"server@lind.example".to_owned()));
    assert_eq!(correspondence::written_to(db).unwrap()[0].address, "anna@x.example");
    assert_eq!(correspondence::accounts_of(db, message).unwrap(), []);
    assert_eq!(
        correspondence::latest_account(db, Some(crate::model::ProjectId(1)), &[crate::model::ContactId(1)])
            .unwrap(),
        None
    );
    assert!(outgoing::of_project(db, crate::model::ProjectId(1)).unwrap().is_empty());
}

/// Files of nobody are swept, those of mail that is written stay.
fn sweeps(db: &Connection, dir: &Path, left: usize) {
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    for entry in std::fs::read_dir(dir.join("raw")).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(old).unwrap();
    }
    raw::sweep(db, dir).unwrap();
    assert_eq!(std::fs::read_dir(dir.join("raw")).unwrap().count(), left);
}

#[test]
fn a_large_stream_is_packed_as_it_comes_and_read_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (packed, size) = raw::pack_stream(dir.path(), &mut large.as_slice(), false).unwrap();
    assert!(matches!(packed, Packed::File(_)) && size == 3_000_000);
    let mut back = Vec::new();
    raw::open_stream(dir.path(), &packed).unwrap().read_to_end(&mut back).unwrap();
    assert_eq!(back, large);
    let (again, _) = raw::pack_stream(dir.path(), &mut large.as_slice(), false).unwrap();
    assert!(matches!((again, packed), (Packed::File(a), Packed::File(b)) if a == b));
    assert_eq!(std::fs::read_dir(dir.path().join("raw")).unwrap().count(), 1, "one file, and no part of one");
}
