//! The store as a profile lives through it, with every statement's plan looked at.

use super::coverage::{Coverage, Wanted};
use super::cycles::{Ended, Outcome};
use super::folders::{Cursor, Listed};
use super::lists::After;
use super::locations::Place;
use super::messages::{Filed, NewMessage};
use super::undo::Step;
use super::*;
use crate::model::{
    Account, AccountId, Address, Backfill, Contact, ContactId, ContactKind, Direction, Endpoint, Fingerprint,
    FolderId, FolderRole, Mailbox, MessageId, Project, ProjectId, ProjectStatus, Proxy, Security, SignIn,
    Timestamp, TrustedCertificate,
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

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn account() -> Account {
    Account {
        id: AccountId(0),
        uuid: "u".into(),
        email: address("nora@lind.example"),
        aliases: vec![address("hello@lind.example")],
        username: "nora".into(),
        incoming: Endpoint { host: "imap.lind.example".into(), port: 993, security: Security::Tls },
        outgoing: None,
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    }
}

pub(crate) fn contact(name: &str) -> Contact {
    Contact {
        id: ContactId(0),
        name: name.into(),
        kind: ContactKind::Client,
        company: String::new(),
        phone: String::new(),
        notes: String::new(),
        default_project_id: None,
        addresses: Vec::new(),
    }
}

pub(crate) fn project(title: &str, contacts: Vec<ContactId>) -> Project {
    Project {
        id: ProjectId(0),
        title: title.into(),
        status: ProjectStatus::Active,
        status_at: Timestamp(0),
        notes: String::new(),
        contact_ids: contacts,
    }
}

pub(crate) fn mail(number: u8, from: &str, thread_ids: &[&str], dir: &std::path::Path) -> NewMessage {
    NewMessage {
        message_id: format!("m{number}@x.example"),
        fingerprint: [number; 32],
        direction: Direction::In,
        from: Mailbox { name: "Anna".into(), address: from.into() },
        to: Vec::new(),
        cc: Vec::new(),
        subject: format!("Subject {number}"),
        preview: "Hello".into(),
        text: "Hello there".into(),
        attachments: Vec::new(),
        date: Timestamp(i64::from(number) * 1000),
        received: Timestamp(i64::from(number) * 1000),
        seen: false,
        opened: false,
        done: false,
        automatic: false,
        partial: false,
        unparsable: false,
        size: 10,
        participants: vec![("from", address(from))],
        thread_ids: thread_ids.iter().map(ToString::to_string).collect(),
        search: ["anna".into(), String::new(), "subject".into(), "hello there".into(), String::new()],
        packed: raw::pack(dir, b"From: x\r\n\r\nHello there").unwrap(),
    }
}

/// One life of a profile, through every function that has SQL.
fn live(db: &Connection, dir: &std::path::Path) {
    let now = Timestamp(1_000_000);
    meta::profile_uuid(db).unwrap();
    meta::add_awake_ms(db, 5).unwrap();
    let id = accounts::insert(db, &account(), now).unwrap();
    assert_eq!(
        accounts::same(db, &address("nora@lind.example"), "imap.lind.example", "nora").unwrap(),
        Some(id)
    );
    accounts::set_alias(db, id, &address("me@lind.example"), "asked").unwrap();
    accounts::set_paused(db, id, false).unwrap();
    accounts::add_figures(db, id, 1, 2, 3).unwrap();
    accounts::mark_success(db, id, 1).unwrap();
    accounts::set_all_mail_hidden(db, id, false).unwrap();
    assert_eq!(accounts::figures(db, id).unwrap().bytes_copied, 3);
    assert_eq!(accounts::all(db).unwrap()[0].aliases, [address("hello@lind.example")]);
    assert_eq!(accounts::own_addresses(db).unwrap().len(), 2);

    let listed = |name: &str, role| Listed { raw_name: name.into(), name: name.into(), role, watched: true };
    folders::replace_listing(db, id, &[listed("INBOX", FolderRole::Inbox), listed("Old", FolderRole::Other)])
        .unwrap();
    folders::replace_listing(db, id, &[listed("INBOX", FolderRole::Inbox), listed("Sent", FolderRole::Sent)])
        .unwrap();
    let known = folders::all(db, id).unwrap();
    assert_eq!(known.iter().map(|k| k.folder.name.as_str()).collect::<Vec<_>>(), ["INBOX", "Sent"]);
    let inbox = known[0].folder.id;
    let cursor = Cursor { uid_validity: Some(7), next_uid: 10, exists: 3, highest_modseq: Some(9) };
    folders::set_cursor(db, inbox, &cursor).unwrap();
    folders::choose(db, known[1].folder.id, false, false).unwrap();
    let known = folders::all(db, id).unwrap();
    assert_eq!((known[0].cursor, known[1].folder.role), (cursor, FolderRole::Other));

    let anna = contacts::insert(db, &contact("Anna"), now).unwrap();
    let saved = contacts::add_address(db, anna, &address("anna@x.example"), now, Backfill::None).unwrap();
    let again = contacts::add_address(db, anna, &address("ANNA@x.example"), now, Backfill::All);
    assert!(matches!(again, Err(StoreError::Refused(_))), "an address belongs to one contact");
    contacts::set_backfill(db, saved, Backfill::Since(Timestamp(5))).unwrap();
    assert_eq!(contacts::all_addresses(db).unwrap()[0].backfill, Backfill::Since(Timestamp(5)));
    contacts::set_earlier(db, saved, id, 4, Some(Timestamp(1))).unwrap();
    assert_eq!(contacts::earlier(db, saved).unwrap(), Some((4, Some(Timestamp(1)))));
    contacts::update(db, &Contact { id: anna, ..contact("Anna B") }).unwrap();
    assert_eq!(contacts::ids(db).unwrap(), [anna]);
    let job = projects::insert(db, &project("Wedding", vec![anna]), now).unwrap();
    projects::update(db, &Project { id: job, ..project("Wedding B", vec![anna]) }, now).unwrap();
    assert_eq!(projects::ids(db).unwrap(), [job]);

    let covered = Coverage { uid_validity: 7, first_uid_next: 10, searched_since: Timestamp(0) };
    coverage::set(db, inbox, saved, &covered).unwrap();
    assert_eq!(coverage::of_folder(db, inbox).unwrap()[&saved], covered);
    let wanted = |uid, ask| Wanted {
        folder: inbox,
        uid_validity: 7,
        uid,
        address: saved,
        size: 10,
        internal_date: now,
        seen: false,
        outgoing: false,
        gmail_id: Some(u64::MAX),
        backfilled: false,
        known_only: false,
        ask,
    };
    coverage::want(db, &wanted(1, false)).unwrap();
    coverage::want(db, &wanted(2, true)).unwrap();
    assert_eq!(coverage::to_fetch(db, inbox, 0, 9).unwrap(), [wanted(1, false)]);
    assert_eq!((coverage::asked(db, id).unwrap(), coverage::waiting_uids(db, inbox).unwrap().len()), (1, 2));
    coverage::answer(db, id, true).unwrap();
    assert_eq!(coverage::to_fetch(db, inbox, 0, 9).unwrap().len(), 2);
    coverage::answer(db, id, false).unwrap();
    coverage::note_failed(db, inbox, 1).unwrap();
    assert_eq!(
        (coverage::to_fetch(db, inbox, 0, 9).unwrap().len(), coverage::to_retry(db, inbox, 9).unwrap().len()),
        (1, 1)
    );
    assert_eq!(coverage::count_to_fetch(db, inbox).unwrap(), 2);
    assert!(coverage::settle(db, inbox, 1).unwrap());
    assert!(!coverage::settle(db, inbox, 1).unwrap(), "nobody wants it any more");
    meta::set_stale_secret(db, "a/b", true).unwrap();
    assert_eq!(meta::stale_secrets(db).unwrap(), ["a/b"]);
    meta::set_stale_secret(db, "a/b", false).unwrap();

    messages_live(db, dir, id, inbox, anna, job);

    let cycle = cycles::begin(db, id, now, Some("home")).unwrap();
    let ended = Ended {
        at: now.plus(5),
        outcome: Outcome::Failed,
        failures: vec![Failure::said(Cause::TimedOut, "silence").in_folder("INBOX")],
        new_messages: 1,
        headers_seen: 2,
        bytes_in: 3,
    };
    cycles::end(db, cycle, &ended).unwrap();
    assert_eq!(cycles::latest(db, id, 5).unwrap()[0].failures, ended.failures);
    assert_eq!(cycles::last_success(db, id).unwrap(), None);
    assert_eq!(cycles::figures_since(db, id, Timestamp(0)).unwrap(), (2, 1));

    folders::forget_uids(db, inbox).unwrap();
    contacts::remove_address(db, saved).unwrap();
    contacts::delete(db, anna).unwrap();
    projects::delete(db, job).unwrap();
    sign_in_live(db, id, inbox);
}

fn sign_in_live(db: &Connection, id: AccountId, inbox: FolderId) {
    let now = Timestamp(2_000_000);
    assert_eq!(folders::account_of(db, inbox).unwrap(), id);
    let before = accounts::get(db, id).unwrap();
    let certificate =
        TrustedCertificate { fingerprint: Fingerprint([7; 32]), host: "imap.lind.example".into() };
    let browser = SignIn::Browser { issuer: "example".into() };
    let changed = Account {
        username: "nora@lind.example".into(),
        outgoing: Some(before.incoming.clone()),
        sign_in: browser,
        trusted: vec![certificate.clone()],
        ..before
    };
    accounts::set_connection(db, &changed).unwrap();
    assert!(accounts::proven_cycle(db, id).unwrap() > 0, "a cycle had run");
    certificates::trust(db, id, &certificate, now).unwrap();
    assert!(accounts::set_connection(db, &Account { id: AccountId(99), ..changed.clone() }).is_err());
    certificates::set_known_issuer(db, id, "imap.lind.example", "R10 (Let's Encrypt)").unwrap();
    certificates::set_known_issuer(db, id, "imap.lind.example", "R11 (Let's Encrypt)").unwrap();
    let known = ("imap.lind.example".to_owned(), "R11 (Let's Encrypt)".to_owned());
    assert_eq!(accounts::get(db, id).unwrap(), Account { known_issuers: vec![known], ..changed });
    certificates::forget(db, id, certificate.fingerprint).unwrap();
    assert_eq!(certificates::trusted(db, id).unwrap(), []);

    accounts::set_alias(db, id, &address("info@lind.example"), "declined").unwrap();
    accounts::set_alias(db, id, &address("info@lind.example"), "delivered").unwrap();
    assert!(accounts::aliases(db, id, "delivered").unwrap().is_empty(), "an answer stands");

    for (at, network) in [(3, Some("home")), (4, None), (5, Some("café")), (6, Some("café"))] {
        let at = now.plus(at);
        let cycle = cycles::begin(db, id, at, network).unwrap();
        let failures = vec![Failure::of(Cause::StandsInBetween)];
        let outcome = Outcome::Failed;
        let ended = Ended { at, outcome, failures, new_messages: 0, headers_seen: 0, bytes_in: 0 };
        cycles::end(db, cycle, &ended).unwrap();
    }
    let met = cycles::met_since_success(db, id, Cause::StandsInBetween).unwrap();
    assert_eq!(
        met,
        cycles::Met {
            span: Some((now.plus(3), now.plus(6))),
            networks: vec!["home".to_owned(), "café".to_owned()],
        }
    );
    assert_eq!(cycles::met_since_success(db, id, Cause::DiskFull).unwrap(), cycles::Met::default());

    meta::set_client_id(db, "example", Some("mine")).unwrap();
    assert_eq!(meta::client_ids(db).unwrap()["example"], "mine");
    meta::set_client_id(db, "example", None).unwrap();
    assert!(meta::client_ids(db).unwrap().is_empty());
    let proxy = Proxy::Socks5 { host: "proxy.lind.example".into(), port: 1080 };
    meta::set_proxy(db, &proxy).unwrap();
    assert_eq!(meta::proxy(db).unwrap(), proxy);

    // Deleted with its mail kept, and connected again: the mail is the account's once more.
    let email = address("nora@lind.example");
    let of_it = locations::only_in(db, id).unwrap();
    assert!(!of_it.is_empty());
    kept::keep(db, id, &email).unwrap();
    accounts::delete(db, id).unwrap();
    let again = accounts::insert(db, &Account { uuid: "v".into(), ..account() }, now).unwrap();
    assert_eq!(locations::only_in(db, again).unwrap(), []);
    assert_eq!(kept::adopt(db, again, &email).unwrap() as usize, of_it.len());
    assert_eq!(locations::only_in(db, again).unwrap(), of_it);
    assert_eq!(kept::adopt(db, again, &email).unwrap(), 0, "once");
    // What another account's deletion kept is not deleted with this one.
    kept::keep(db, again, &address("other@lind.example")).unwrap();
    assert_eq!(locations::only_in(db, again).unwrap(), []);
    accounts::delete(db, again).unwrap();
}

fn messages_live(
    db: &Connection,
    dir: &std::path::Path,
    account: AccountId,
    inbox: FolderId,
    anna: ContactId,
    job: ProjectId,
) {
    let ids = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let thread = threads::create(db).unwrap();
    threads::add_nodes(db, thread, &ids(&["m1@x.example", "unseen@x.example"])).unwrap();
    let other = threads::create(db).unwrap();
    threads::add_nodes(db, other, &ids(&["else@x.example"])).unwrap();
    assert_eq!(threads::touched(db, &ids(&["else@x.example", "unseen@x.example"])).unwrap(), [thread, other]);
    threads::merge(db, thread, other).unwrap();
    assert_eq!(threads::touched(db, &ids(&["else@x.example"])).unwrap(), [thread]);

    let new = mail(1, "anna@x.example", &["m1@x.example"], dir);
    let first = messages::insert(db, &new, thread).unwrap();
    assert_eq!(messages::find_same(db, "m1@x.example", &[1; 32]).unwrap(), Some(first));
    assert_eq!(messages::find_same(db, "m1@x.example", &[2; 32]).unwrap(), None, "it differs");
    assert!(messages::is_known(db, "m1@x.example").unwrap());
    assert_eq!(messages::thread_ids(db, first).unwrap(), ["m1@x.example"]);
    let facts = messages::filing_facts(db, first, &[thread]).unwrap();
    assert_eq!((facts.sender, facts.contacts[0].projects.len()), (Some(anna), 1));
    assert_eq!(messages::to_sort(db).unwrap(), [(first, thread)]);
    let filed = Filed { project: Some(job), reason: "shared_project".into(), moved_by_user: false };
    messages::file(db, first, &filed).unwrap();
    assert_eq!(messages::filed(db, first).unwrap(), filed);
    assert_eq!(threads::facts(db, thread).unwrap().project.unwrap().id, job);
    threads::bind(db, thread, Some((job, Timestamp(1)))).unwrap();

    let place =
        Place { folder: inbox, uid_validity: 7, uid: 1, seen: false, outgoing: true, gmail_id: Some(5) };
    locations::add(db, first, &place).unwrap();
    assert_eq!(lists::message(db, first).unwrap().direction, Direction::Out, "it lies among sent mail");
    locations::set_seen(db, inbox, 1, true).unwrap();
    assert!(lists::message(db, first).unwrap().read);
    messages::set_opened(db, first, false).unwrap();
    assert!(!lists::message(db, first).unwrap().read, "marked unread here");
    assert_eq!(locations::known_uids(db, inbox).unwrap(), [(1, true)]);
    assert_eq!(locations::of_message(db, first).unwrap()[0].folder, "INBOX");
    assert_eq!(locations::only_in(db, account).unwrap(), [first]);
    answers_tests::live(db, first);
    locations::remove(db, inbox, 1).unwrap();
    assert!(lists::message(db, first).unwrap().locations.is_empty(), "the message stays");

    let stranger = contacts::Stranger {
        id: 0,
        thread,
        message_id: "s@x.example".into(),
        address: address("bea@x.example"),
        name: "Bea".into(),
        date: Timestamp(3),
    };
    contacts::note_stranger(db, &stranger).unwrap();
    let strangers = contacts::strangers(db, job).unwrap();
    assert_eq!(contacts::stranger(db, strangers[0].id).unwrap().address, stranger.address);
    assert_eq!(threads::filed_thread(db, &ids(&["m1@x.example"])).unwrap(), Some(thread));

    let second = messages::insert(db, &mail(2, "anna@x.example", &["m2@x.example"], dir), thread).unwrap();
    messages::file(db, second, &filed).unwrap();
    assert_eq!(answers::needs_reply(db, 5).unwrap().len(), 1, "the newest of the thread");
    assert_eq!(answers::count_needs_reply(db).unwrap(), 1);
    messages::set_done(db, second, true).unwrap();
    assert_eq!(answers::count_needs_reply(db).unwrap(), 0);
    let undo = undo::remember(
        db,
        Timestamp(1),
        "Done",
        &[Step::Done(second, false), Step::Bound(thread, None), Step::Filed(second, filed.clone())],
    );
    undo::take_back(db, undo.unwrap()).unwrap();
    assert_eq!(answers::count_needs_reply(db).unwrap(), 1);

    let page = lists::of_project(db, job, After::START, 1).unwrap();
    let after = After { date: page[0].date, id: page[0].id };
    let next = lists::of_project(db, job, After::from_token(Some(&after.token())), 1).unwrap();
    assert_eq!((page[0].id, next[0].id), (second, first));
    assert_eq!(lists::threads_of_project(db, job, After::START, 9).unwrap()[0].messages, 2);
    assert_eq!(lists::recent(db, After::START, 9).unwrap().len(), 2);
    assert_eq!(lists::of_contact(db, anna, After::START, 9).unwrap().len(), 2);
    assert_eq!(lists::of_thread(db, thread, Some(job)).unwrap().len(), 2);
    assert!(lists::to_sort(db, After::START, 9).unwrap().is_empty());
    assert_eq!(lists::count_to_sort(db).unwrap(), 0);
    assert_eq!(lists::counts_of_project(db, job).unwrap().messages, 2);
    assert_eq!(lists::counts_of_contact(db, anna).unwrap().messages, 2);
    assert_eq!(lists::count_of_address(db, "anna@x.example").unwrap(), 2);
    assert_eq!(lists::only_of_contact(db, anna).unwrap().len(), 2);
    assert_eq!(lists::ids_of_project(db, job).unwrap().len(), 2);
    assert_eq!(messages::of_thread_from(db, thread, Timestamp(2000)).unwrap(), [second]);
    assert_eq!(messages::body(db, first).unwrap(), "Hello there");
    assert_eq!(raw::read(db, dir, first).unwrap().unwrap(), b"From: x\r\n\r\nHello there");
    messages::delete(db, &[second]).unwrap();
    assert!(matches!(lists::message(db, second), Err(StoreError::Refused(_))));
}

#[test]
fn a_life_of_a_profile_and_every_plan_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    db.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(traced));
    live(&db, dir.path());
    db.trace_v2(TraceEventCodes::empty(), None);
    let statements = STATEMENTS.take();
    // Small tables, and lists that are read whole because all of it is wanted.
    let may_scan = [
        "account",
        "account_alias",
        "a",
        "contact",
        "project",
        "contact_address",
        "meta",
        "stale_secret",
        "CONSTANT",
    ];
    let mut looked = 0;
    for sql in &statements {
        let word = sql.split_whitespace().next().unwrap_or_default();
        if !matches!(word, "SELECT" | "UPDATE" | "DELETE" | "INSERT") || sql.contains("message_fts") {
            continue;
        }
        looked += 1;
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = plan.parameter_count();
        let lines: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(vec![rusqlite::types::Null; parameters]), |row| row.get(3))
            .unwrap()
            .map(|line| line.unwrap())
            .collect();
        for line in &lines {
            let scanned = line.strip_prefix("SCAN ").map(|rest| rest.split_whitespace().next().unwrap_or(""));
            let by_index = line.contains("INDEX");
            if let Some(table) = scanned {
                assert!(by_index || may_scan.contains(&table), "{line}: {sql}");
            }
        }
    }
    assert!(looked > 110, "only {looked} statements were looked at");
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let path = dir.path().join("hatstand.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(dir.path()).err().unwrap();
    assert_eq!(refused.failure().cause, Cause::DatabaseNewer);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_database_is_said_as_such() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hatstand.db"), vec![b'x'; 8192]).unwrap();
    let refused = Store::open(dir.path()).err().unwrap();
    assert_eq!(refused.failure().cause, Cause::DatabaseDamaged);
}

#[tokio::test]
async fn a_click_goes_before_waiting_batches_and_a_failed_write_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let order = Arc::new(Mutex::new(Vec::new()));
    let first = store.write_batch(move |_| {
        // The writer is busy until both others wait.
        held.recv().ok();
        Ok(())
    });
    let note = |what: &'static str| {
        let order = Arc::clone(&order);
        move |_: &Transaction<'_>| {
            order.lock().unwrap().push(what);
            Ok(())
        }
    };
    let batch = store.write_batch(note("batch"));
    let click = store.write(note("click"));
    let let_go = async move { release.send(()).ok() };
    let (a, b, c, _) = tokio::join!(first, batch, click, let_go);
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(*order.lock().unwrap(), ["click", "batch"]);

    let failed: Result<()> = store
        .write(|tx| {
            meta::set(tx, "half", "done")?;
            Err(Refusal::new("no", "No.").into())
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(store.read(|db| meta::get(db, "half")).await.unwrap(), None);
}

#[test]
fn a_large_mail_is_a_file_and_a_file_of_nobody_is_swept() {
    let dir = tempfile::tempdir().unwrap();
    let db = open::open(dir.path()).unwrap();
    let large: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    let thread = threads::create(&db).unwrap();
    let mut new = mail(1, "anna@x.example", &[], dir.path());
    new.packed = raw::pack(dir.path(), &large).unwrap();
    let id: MessageId = messages::insert(&db, &new, thread).unwrap();
    raw::pack(dir.path(), &large[1..]).unwrap();
    let files = || std::fs::read_dir(dir.path().join("raw")).unwrap().count();
    assert_eq!(files(), 2);
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
    for entry in std::fs::read_dir(dir.path().join("raw")).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(old).unwrap();
    }
    raw::sweep(&db, dir.path()).unwrap();
    assert_eq!(files(), 1);
    assert_eq!(raw::read(&db, dir.path(), id).unwrap().unwrap(), large);
}
