//! Who needs a reply and who is waited for: a table of stories, and the kept flag against its definition.

use super::messages::Filed;
use super::tests::{address, contact, mail, project};
use super::*;
use crate::model::{Backfill, ContactId, Direction, MessageId, ProjectId, ThreadId, Timestamp};

/// Every statement of answers, undelivered and troubleshoot, for the test that looks at their plans.
pub(super) fn live(db: &Connection, message: MessageId) {
    let anna = address("anna@x.example");
    assert!(answers::waiting(db, 5).unwrap().is_empty());
    assert_eq!(answers::count_waiting(db).unwrap(), 0);
    assert!(!answers::is_answered(db, message).unwrap());
    assert!(answers::recipients(db, message).unwrap().is_empty());

    assert!(undelivered::sent_since(db, Timestamp(0)).unwrap(), "it lies among sent mail");
    let named = undelivered::named(db, &["m1@x.example".into(), String::new()]).unwrap();
    assert_eq!(named, [message]);
    undelivered::note(db, message, anna.as_str(), "5.1.1", "No such user", Timestamp(9)).unwrap();
    undelivered::note(db, message, anna.as_str(), "5.0.0", "Once more", Timestamp(10)).unwrap();
    let open = undelivered::open(db, 5).unwrap();
    assert_eq!((open.len(), open[0].server_said.as_str()), (1, "No such user"), "what was said first stands");
    undelivered::dismiss(db, open[0].id).unwrap();
    undelivered::note(db, message, anna.as_str(), "5.1.1", "No such user", Timestamp(11)).unwrap();
    assert!(undelivered::open(db, 5).unwrap().is_empty(), "dismissed is dismissed");
    assert_eq!(undelivered::of_message(db, message).unwrap(), open);
    assert!(undelivered::dismiss(db, crate::model::UndeliveredId(99)).is_err());

    let then = troubleshoot::received(db, message).unwrap();
    assert_eq!(troubleshoot::from_sender(db, &anna, Some(then), "SUBJECT").unwrap(), Some(message));
    assert_eq!(troubleshoot::from_sender(db, &anna, None, "offer").unwrap(), None);
    let days_later = then.plus(3 * 24 * 60 * 60 * 1000);
    assert_eq!(troubleshoot::from_sender(db, &anna, Some(days_later), "").unwrap(), None);
    let place = locations::of_message(db, message).unwrap().remove(0);
    assert!(troubleshoot::folder(db, place.folder_id).unwrap().watched);
    assert!(troubleshoot::all_shown(db, place.account_id).unwrap());
    assert!(!troubleshoot::others_remove(db, Timestamp(0)).unwrap(), "what was sent is not asked about");
}

#[test]
fn a_server_that_hides_mail_is_known() {
    let desk = Desk::new();
    let account = |provider: &str, hidden: bool, most: u32| {
        let made = crate::model::Account {
            uuid: format!("{provider}{hidden}{most}"),
            username: format!("{provider}{hidden}{most}"),
            provider: provider.into(),
            ..tests::account()
        };
        let id = accounts::insert(&desk.db, &made, Timestamp(0)).unwrap();
        accounts::set_all_mail_hidden(&desk.db, id, hidden).unwrap();
        let listed = folders::Listed {
            raw_name: "INBOX".into(),
            name: "INBOX".into(),
            role: crate::model::FolderRole::Inbox,
            watched: true,
        };
        folders::replace_listing(&desk.db, id, &[listed]).unwrap();
        let inbox = folders::all(&desk.db, id).unwrap()[0].folder.id;
        let cursor =
            folders::Cursor { uid_validity: Some(1), next_uid: 1, exists: most, highest_modseq: None };
        folders::set_cursor(&desk.db, inbox, &cursor).unwrap();
        troubleshoot::all_shown(&desk.db, id).unwrap()
    };
    for (provider, hidden, most, shown) in [
        ("gmail", false, 50_000, true),
        ("gmail", true, 5, false),
        ("yahoo", false, 9_999, true),
        ("yahoo", false, 10_000, false),
        ("other", false, 10_000, true),
    ] {
        assert_eq!(account(provider, hidden, most), shown, "{provider} {hidden} {most}");
    }
}

struct Desk {
    db: Connection,
    dir: tempfile::TempDir,
    job: ProjectId,
}

/// A message of a story; its number is its date and its Message-ID.
#[derive(Clone, Copy)]
struct Letter {
    number: u8,
    out: bool,
    refers: &'static [&'static str],
    date: i64,
    automatic: bool,
    filed: bool,
    done: bool,
}

const fn from_anna(number: u8) -> Letter {
    let date = number as i64 * 1000;
    Letter { number, out: false, refers: &[], date, automatic: false, filed: true, done: false }
}

const fn to_anna(number: u8) -> Letter {
    Letter { out: true, ..from_anna(number) }
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = open::open(dir.path()).unwrap();
        // Nothing of it must last.
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        let anna = contacts::insert(&db, &contact("Anna"), Timestamp(0)).unwrap();
        contacts::add_address(&db, anna, &address("anna@x.example"), Timestamp(0), Backfill::None).unwrap();
        let job = projects::insert(&db, &project("Job", vec![anna]), Timestamp(0)).unwrap();
        Self { db, dir, job }
    }

    fn add(&self, letter: Letter, thread: ThreadId) -> MessageId {
        let own = format!("m{}@x.example", letter.number);
        let mut ids = vec![own.as_str()];
        ids.extend(letter.refers);
        let mut new = mail(letter.number, "anna@x.example", &ids, self.dir.path());
        if letter.out {
            new.direction = Direction::Out;
            new.participants = vec![("from", address("me@own.example")), ("to", address("anna@x.example"))];
        }
        new.date = Timestamp(letter.date);
        new.automatic = letter.automatic;
        new.done = letter.done;
        let id = messages::insert(&self.db, &new, thread).unwrap();
        let project = letter.filed.then_some(self.job);
        let filed = Filed { project, reason: "shared_project".into(), moved_by_user: false };
        messages::file(&self.db, id, &filed).unwrap();
        id
    }

    /// Numbers of what needs a reply, and of what is waited for.
    fn open(&self) -> (Vec<String>, Vec<String>) {
        let ids = |all: Vec<crate::model::Message>| all.into_iter().map(|m| m.message_id).collect::<Vec<_>>();
        let needs = ids(answers::needs_reply(&self.db, 100).unwrap());
        let waiting = ids(answers::waiting(&self.db, 100).unwrap());
        assert_eq!(answers::count_needs_reply(&self.db).unwrap() as usize, needs.len());
        assert_eq!(answers::count_waiting(&self.db).unwrap() as usize, waiting.len());
        (needs, waiting)
    }
}

#[test]
fn needs_a_reply_and_waiting_for_them_follow_from_the_thread() {
    const ONE: &str = "m1@x.example";
    const TWO: &str = "m2@x.example";
    let automatic = |letter| Letter { automatic: true, ..letter };
    let referring = |letter, refers| Letter { refers, ..letter };
    let dated = |letter, date| Letter { date, ..letter };
    let texts = |numbers: &[&str]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>();
    let needs = |numbers: &[&str]| (texts(numbers), Vec::new());
    let waiting = |numbers: &[&str]| (Vec::new(), texts(numbers));
    let nothing = || (Vec::new(), Vec::new());
    let stories = [
        ("a client wrote", vec![from_anna(1)], needs(&[ONE])),
        ("it was answered", vec![from_anna(1), referring(to_anna(2), &[ONE])], waiting(&[TWO])),
        ("a newer mail stands, whoever it answers", vec![to_anna(1), from_anna(2)], needs(&[TWO])),
        ("one needs a reply, not each of a thread", vec![from_anna(1), from_anna(2)], needs(&[TWO])),
        ("an automatic reply needs none", vec![automatic(from_anna(1))], nothing()),
        ("nor does it answer", vec![to_anna(1), automatic(referring(from_anna(2), &[ONE]))], waiting(&[ONE])),
        (
            "one's own vacation note answers nothing",
            vec![from_anna(1), automatic(referring(to_anna(2), &[ONE]))],
            needs(&[ONE]),
        ),
        (
            "what waits to be sorted is not asked for",
            vec![Letter { filed: false, ..from_anna(1) }],
            nothing(),
        ),
        ("nor waited for", vec![Letter { filed: false, ..to_anna(1) }], nothing()),
        ("done is off", vec![Letter { done: true, ..from_anna(1) }], nothing()),
        ("done waits for nobody", vec![Letter { done: true, ..to_anna(1) }], nothing()),
        ("a new mail puts it back", vec![Letter { done: true, ..from_anna(1) }, from_anna(2)], needs(&[TWO])),
        (
            "an answer of a slow clock is one",
            vec![from_anna(2), dated(referring(to_anna(1), &[TWO]), 1000)],
            nothing(),
        ),
        ("so is a client's", vec![to_anna(2), dated(referring(from_anna(1), &[TWO]), 1000)], nothing()),
        (
            "one that refers to something else is none",
            vec![from_anna(2), dated(referring(to_anna(1), &["other@x.example"]), 1000)],
            needs(&[TWO]),
        ),
        (
            "the same moment: the later one counts",
            vec![from_anna(1), dated(to_anna(2), 1000)],
            waiting(&[TWO]),
        ),
    ];
    for (story, letters, expected) in stories {
        let desk = Desk::new();
        let thread = threads::create(&desk.db).unwrap();
        for letter in letters {
            desk.add(letter, thread);
        }
        assert_eq!(desk.open(), expected, "{story}");
    }
}

#[test]
fn an_answer_in_another_thread_is_one_and_a_mail_to_nobody_known_waits_for_nobody() {
    let desk = Desk::new();
    let (one, other) = (threads::create(&desk.db).unwrap(), threads::create(&desk.db).unwrap());
    let asked = desk.add(from_anna(1), one);
    let unfiled = Letter { filed: false, ..to_anna(2) };
    let answer = desk.add(Letter { refers: &["m1@x.example"], ..unfiled }, other);
    assert!(answers::is_answered(&desk.db, asked).unwrap());
    assert_eq!(desk.open(), (Vec::new(), Vec::new()));
    messages::delete(&desk.db, &[answer]).unwrap();
    assert_eq!(desk.open().0, ["m1@x.example"], "the answer was deleted");

    let sent = desk.add(to_anna(3), other);
    assert_eq!(answers::recipients(&desk.db, sent).unwrap(), ["Anna"]);
    assert_eq!(desk.open().1, ["m3@x.example"]);
    contacts::delete(&desk.db, ContactId(1)).unwrap();
    assert_eq!(desk.open().1, [""; 0], "who is no contact any more is not waited for");
}

#[test]
fn who_did_not_get_the_mail_is_not_waited_for() {
    let desk = Desk::new();
    let bea = contacts::insert(&desk.db, &contact("Bea"), Timestamp(0)).unwrap();
    contacts::add_address(&desk.db, bea, &address("bea@x.example"), Timestamp(0), Backfill::None).unwrap();
    let to = |number: u8, whom: &[&str]| {
        let mut new = mail(number, "me@own.example", &[&format!("m{number}@x.example")], desk.dir.path());
        new.direction = Direction::Out;
        new.participants = whom.iter().map(|email| ("to", address(email))).collect();
        let id = messages::insert(&desk.db, &new, threads::create(&desk.db).unwrap()).unwrap();
        let filed = Filed { project: Some(desk.job), reason: "shared_project".into(), moved_by_user: false };
        messages::file(&desk.db, id, &filed).unwrap();
        id
    };
    let waited_for = |id: MessageId| {
        let waits = answers::waiting(&desk.db, 9).unwrap().iter().any(|message| message.id == id);
        (waits, answers::recipients(&desk.db, id).unwrap())
    };
    let both = to(1, &["anna@x.example", "bea@x.example"]);
    assert_eq!(waited_for(both), (true, vec!["Anna".into(), "Bea".into()]));
    undelivered::note(&desk.db, both, "bea@x.example", "5.1.1", "", Timestamp(9)).unwrap();
    assert_eq!(waited_for(both), (true, vec!["Anna".into()]));
    let row = undelivered::open(&desk.db, 1).unwrap().remove(0);
    undelivered::dismiss(&desk.db, row.id).unwrap();
    assert_eq!(waited_for(both), (true, vec!["Anna".into()]), "dismissed or not");
    desk.db
        .execute(
            "INSERT INTO outgoing (id, state, from_address, sent_message, created_at, changed_at) \
             VALUES (1, 'sent', 'me@own.example', ?1, 1, 1)",
            [both.0],
        )
        .unwrap();
    for (position, email, state) in [(0, "anna@x.example", "refused"), (1, "bea@x.example", "accepted")] {
        desk.db
            .execute(
                "INSERT INTO outgoing_recipient (outgoing_id, position, role, name, address, state) \
                 VALUES (1, ?1, 'to', '', ?2, ?3)",
                rusqlite::params![position, email, state],
            )
            .unwrap();
    }
    assert_eq!(waited_for(both), (false, Vec::new()), "the server refused the other");
    assert_eq!(answers::count_waiting(&desk.db).unwrap(), 0);
    let other = to(2, &["anna@x.example"]);
    assert_eq!(waited_for(other), (true, vec!["Anna".into()]), "what was said is of one mail");
}

#[test]
fn mail_that_lies_on_no_server_was_removed_by_another() {
    let desk = Desk::new();
    let id = desk.add(from_anna(5), threads::create(&desk.db).unwrap());
    let removed = |since| troubleshoot::others_remove(&desk.db, Timestamp(since)).unwrap();
    let here = !locations::of_message(&desk.db, id).unwrap().is_empty();
    assert_eq!(removed(5_000), !here);
    desk.db.execute("DELETE FROM location", []).unwrap();
    assert!(removed(5_000));
    assert!(!removed(5_001), "that was before");
}

#[test]
fn a_report_is_about_the_first_sent_mail_that_it_names() {
    let desk = Desk::new();
    let thread = threads::create(&desk.db).unwrap();
    let first = desk.add(to_anna(1), thread);
    desk.add(from_anna(2), thread);
    let second = desk.add(Letter { refers: &["m1@x.example", "m2@x.example"], ..to_anna(3) }, thread);
    // A server gave the second another id, which its copy in Sent brought home.
    sending::also_known_as(&desk.db, second, "given@mx.example").unwrap();
    desk.db
        .execute(
            "INSERT INTO outgoing (state, from_address, in_reply_to, refers_to, sent_at, sent_message, created_at, \
             changed_at) VALUES ('sent', 'me@own.example', 'm2@x.example', '[\"m1@x.example\",\"m2@x.example\"]', 7, \
             ?1, 1, 1)",
            [second.0],
        )
        .unwrap();
    let named = |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        undelivered::named(&desk.db, &ids).unwrap()
    };
    assert_eq!(named(&["m3@x.example", "m1@x.example"]), [second], "what it answered arrived");
    assert_eq!(named(&["else@x.example", "m1@x.example"]), [first]);
    assert_eq!(named(&["given@mx.example"]), [second]);
    assert_eq!(named(&["m2@x.example"]), [], "a client's mail, though the second refers to it");
    assert_eq!(named(&["", "else@x.example"]), []);
    assert!(undelivered::sent_since(&desk.db, Timestamp(7)).unwrap());
    assert!(!undelivered::sent_since(&desk.db, Timestamp(4000)).unwrap());
}

#[test]
fn the_longest_quiet_stands_first() {
    let desk = Desk::new();
    for number in [2, 1, 3] {
        let thread = threads::create(&desk.db).unwrap();
        desk.add(to_anna(number), thread);
        desk.add(from_anna(number + 10), threads::create(&desk.db).unwrap());
    }
    let (needs, waiting) = desk.open();
    assert_eq!(waiting, ["m1@x.example", "m2@x.example", "m3@x.example"]);
    assert_eq!(needs, ["m13@x.example", "m12@x.example", "m11@x.example"], "the newest first");
}

/// How many flags differ from what a message is.
fn wrong(db: &Connection) -> i64 {
    db.query_row(
        "SELECT count(*) FROM message m WHERE newest <> (automatic = 0 AND NOT EXISTS (SELECT 1 FROM message n \
         WHERE n.thread_id = m.thread_id AND n.automatic = 0 AND (n.date, n.id) > (m.date, m.id)))",
        [],
        |row| row.get(0),
    )
    .unwrap()
}

#[test]
fn the_newest_of_each_thread_is_known_whatever_happens() {
    for first in 1..=12_u64 {
        let desk = Desk::new();
        desk.db.execute_batch("BEGIN").unwrap();
        let mut seed = first.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut below = |most: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % most as u64).unwrap()
        };
        let mut known: Vec<ThreadId> = Vec::new();
        let mut here: Vec<MessageId> = Vec::new();
        let (mut merged, mut deleted) = (0, 0);
        for step in 0..150_u8 {
            match below(10) {
                0 => known.push(threads::create(&desk.db).unwrap()),
                1 if known.len() > 1 => {
                    let other = known.swap_remove(below(known.len()));
                    threads::merge(&desk.db, known[below(known.len())], other).unwrap();
                    merged += 1;
                }
                2 | 3 if !here.is_empty() => {
                    let gone = here.swap_remove(below(here.len()));
                    messages::delete(&desk.db, &[gone]).unwrap();
                    deleted += 1;
                }
                4 if !here.is_empty() => {
                    // A date is corrected, or what is automatic.
                    let (id, date) = (here[below(here.len())], below(20));
                    let sql = "UPDATE message SET date = ?2, automatic = ?3 WHERE id = ?1";
                    let date = i64::try_from(date).unwrap();
                    desk.db.execute(sql, rusqlite::params![id.0, date, below(3) == 0]).unwrap();
                }
                _ if !known.is_empty() => {
                    let date = i64::try_from(below(20)).unwrap();
                    let letter =
                        Letter { out: below(2) == 0, date, automatic: below(4) == 0, ..from_anna(step) };
                    here.push(desk.add(letter, known[below(known.len())]));
                }
                _ => {}
            }
            assert_eq!(wrong(&desk.db), 0, "seed {first}, step {step}");
        }
        assert!(merged > 1 && deleted > 5, "seed {first} did little");
    }
}

#[test]
fn a_profile_of_version_3_knows_its_newest() {
    let dir = tempfile::tempdir().unwrap();
    let old = Connection::open(dir.path().join("hatstand.db")).unwrap();
    for sql in [
        include_str!("../../migrations/0001_first.sql"),
        include_str!("../../migrations/0002_sign_in.sql"),
        include_str!("../../migrations/0003_outgoing.sql"),
    ] {
        old.execute_batch(sql).unwrap();
    }
    old.execute_batch(
        "PRAGMA user_version = 3; INSERT INTO thread DEFAULT VALUES; INSERT INTO thread DEFAULT VALUES;",
    )
    .unwrap();
    for (thread, date, automatic) in [(1, 5, 0), (1, 7, 0), (1, 7, 0), (1, 9, 1), (2, 1, 1)] {
        old.execute(
            "INSERT INTO message (message_id, fingerprint, thread_id, direction, from_name, from_address, to_json, \
             cc_json, subject, preview, attachments, date, received, reason, seen, automatic, partial, unparsable, size) \
             VALUES ('', x'00', ?1, 'in', '', '', '[]', '[]', '', '', '[]', ?2, ?2, '', 0, ?3, 0, 0, 1)",
            [thread, date, automatic],
        )
        .unwrap();
    }
    drop(old);
    let db = open::open(dir.path()).unwrap();
    assert_eq!(wrong(&db), 0);
    let newest: i64 = db.query_row("SELECT id FROM message WHERE newest = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(newest, 3, "of the same moment the later one");
}
