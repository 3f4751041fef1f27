//! "One mail, once" and "Where it goes", as mail comes in: product.md sentence by sentence, over a real store.

use super::file::refile_to_sort;
use super::intake::{Fetched, Taken, prepare, take_in};
use crate::model::{
    Account, AccountId, Address, Backfill, Contact, ContactId, ContactKind, Direction, Endpoint, FolderId,
    FolderRole, MessageId, Project, ProjectId, ProjectStatus, Security, SignIn, Timestamp,
};
use crate::store::coverage::{self, Coverage, Wanted};
use crate::store::folders::{self, Listed};
use crate::store::{Store, accounts, answers, contacts, lists, locations, messages, projects};
use rusqlite::Connection;

mod doubt;

/// 2026-11-24 12:00 UTC.
pub(super) const NOW: Timestamp = Timestamp(1_795_521_600_000);

struct Profile {
    store: Store,
    dir: tempfile::TempDir,
    inbox: FolderId,
    sent: FolderId,
}

pub(super) fn an_account(port: u16) -> Account {
    Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email: Address::parse("me@own.example").unwrap(),
        aliases: Vec::new(),
        username: "me".into(),
        incoming: Endpoint { host: "127.0.0.1".into(), port, security: Security::Plaintext },
        outgoing: None,
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    }
}

impl Profile {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (inbox, sent) = store
            .write(|tx| {
                let id = accounts::insert(tx, &an_account(143), NOW)?;
                let listed = |name: &str, role| Listed {
                    raw_name: name.into(),
                    name: name.into(),
                    role,
                    watched: true,
                };
                let all = [listed("INBOX", FolderRole::Inbox), listed("Sent", FolderRole::Sent)];
                folders::replace_listing(tx, id, &all)?;
                let known = folders::all(tx, id)?;
                Ok((known[0].folder.id, known[1].folder.id))
            })
            .await
            .unwrap();
        Self { store, dir, inbox, sent }
    }

    async fn tx<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> T + Send + 'static) -> T {
        self.store.write(move |tx| Ok(work(tx))).await.unwrap()
    }

    async fn contact(&self, name: &'static str, address: &'static str) -> ContactId {
        self.tx(move |tx| contact(tx, name, address, Backfill::None)).await
    }

    async fn project(&self, title: &'static str, who: Vec<ContactId>) -> ProjectId {
        self.tx(move |tx| {
            let project = Project {
                id: ProjectId(0),
                title: title.into(),
                status: ProjectStatus::Active,
                status_at: NOW,
                notes: String::new(),
                contact_ids: who,
            };
            let id = projects::insert(tx, &project, NOW).unwrap();
            refile_to_sort(tx).unwrap();
            id
        })
        .await
    }

    async fn set_status(&self, id: ProjectId, status: ProjectStatus) {
        self.tx(move |tx| {
            let project = Project { status, ..projects::get(tx, id).unwrap() };
            projects::update(tx, &project, NOW).unwrap();
            refile_to_sort(tx).unwrap();
        })
        .await;
    }

    /// A mail arrives in the inbox, or lies in Sent.
    async fn mail(&self, uid: u32, sent: bool, bytes: &str) -> Taken {
        self.bring_in(uid, sent, false, bytes).await
    }

    async fn bring_in(&self, uid: u32, sent: bool, backfilled: bool, bytes: &str) -> Taken {
        let address = self.tx(|tx| contacts::all_addresses(tx).unwrap()[0].id).await;
        let bytes = bytes.replace('\n', "\r\n").into_bytes();
        let wanted = Wanted {
            folder: if sent { self.sent } else { self.inbox },
            uid_validity: 1,
            uid,
            address,
            size: u32::try_from(bytes.len()).unwrap(),
            internal_date: NOW.plus(i64::from(uid) * 1000),
            seen: false,
            outgoing: sent,
            gmail_id: None,
            backfilled,
            known_only: false,
            ask: false,
        };
        let row = wanted.clone();
        self.tx(move |tx| coverage::want(tx, &row).unwrap()).await;
        let ready = prepare(self.dir.path(), Fetched { wanted, bytes, partial: false }, NOW).unwrap();
        self.tx(move |tx| take_in(tx, &ready).unwrap()).await
    }

    async fn newest(&self) -> crate::model::Message {
        self.tx(|tx| {
            let mut all = lists::recent(tx, lists::After::START, 1000).unwrap();
            all.sort_by_key(|message| message.id);
            lists::message(tx, all.last().unwrap().id).unwrap()
        })
        .await
    }

    async fn count(&self) -> usize {
        self.tx(|tx| lists::recent(tx, lists::After::START, 1000).unwrap().len()).await
    }
}

pub(super) fn contact(tx: &Connection, name: &str, address: &str, backfill: Backfill) -> ContactId {
    let contact = Contact {
        id: ContactId(0),
        name: name.into(),
        kind: ContactKind::Client,
        company: String::new(),
        phone: String::new(),
        notes: String::new(),
        default_project_id: None,
        addresses: Vec::new(),
    };
    let id = contacts::insert(tx, &contact, NOW).unwrap();
    contacts::add_address(tx, id, &Address::parse(address).unwrap(), NOW, backfill).unwrap();
    id
}

/// `id` and what it answers; the text makes the mail what it is.
fn letter(id: &str, refers: &str, from: &str, to: &str, text: &str) -> String {
    let id = if id.is_empty() { String::new() } else { format!("Message-ID: <{id}@x.example>\n") };
    let refers = if refers.is_empty() { String::new() } else { format!("References: {refers}\n") };
    format!(
        "{id}{refers}From: {from}\nTo: {to}\nSubject: Hello\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\n{text}\n"
    )
}

const ANNA: &str = "anna@studio.example";
const ME: &str = "me@own.example";

#[tokio::test]
async fn one_mail_is_one_message_wherever_it_lies() {
    let profile = Profile::new().await;
    profile.contact("Anna", ANNA).await;
    let mail = letter("a", "", ANNA, ME, "First");
    assert_eq!(profile.mail(1, false, &mail).await, Taken::ToSort);
    assert_eq!(profile.mail(2, false, &mail).await, Taken::Known);
    let traced = format!("Received: from elsewhere\nX-Spam: no\n{}", mail.replace("First", "  First  "));
    assert_eq!(
        profile.mail(3, false, &traced).await,
        Taken::Known,
        "trace headers and white space make no other mail"
    );
    assert_eq!(profile.newest().await.locations.len(), 3);

    let other = letter("a", "", ANNA, ME, "Second");
    assert_eq!(
        profile.mail(4, false, &other).await,
        Taken::ToSort,
        "the same id, another mail: two messages"
    );
    let nameless = letter("", "", ANNA, ME, "Third");
    assert_eq!(profile.mail(5, false, &nameless).await, Taken::ToSort);
    assert_eq!(
        profile.mail(6, false, &nameless).await,
        Taken::Known,
        "without an id the fingerprint alone counts"
    );
    assert_eq!(profile.count().await, 3);
}

#[tokio::test]
async fn what_lies_in_sent_is_outgoing_and_what_is_gone_stays() {
    let profile = Profile::new().await;
    profile.contact("Anna", ANNA).await;
    let mail = letter("a", "", ME, ANNA, "Dear Anna");
    profile.mail(1, false, &mail).await;
    assert_eq!(profile.newest().await.direction, Direction::In);
    profile.mail(1, true, &mail).await;
    assert_eq!(profile.newest().await.direction, Direction::Out);
    let (inbox, sent) = (profile.inbox, profile.sent);
    profile
        .tx(move |tx| {
            locations::remove(tx, sent, 1).unwrap();
            locations::remove(tx, inbox, 1).unwrap();
        })
        .await;
    let kept = profile.newest().await;
    assert!(kept.locations.is_empty(), "removed on the server, kept here");
    profile.tx(move |tx| folders::forget_uids(tx, inbox).unwrap()).await;
    assert_eq!(profile.mail(77, false, &mail).await, Taken::Known, "new UIDs, the same message");
    assert_eq!(profile.newest().await.locations.len(), 1);
}

#[tokio::test]
async fn threads_lead_mail_to_their_project() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    profile.contact("Bea", "bea@x.example").await;
    let wedding = profile.project("Wedding", vec![anna]).await;
    assert_eq!(profile.mail(1, false, &letter("a", "", ANNA, ME, "1")).await, Taken::Filed);
    assert_eq!(profile.newest().await.filed_because, "shared_project");
    // Bea has no project; she answers a mail that was never seen, which a mail of Anna's refers to as well.
    profile.mail(2, false, &letter("b", "<a@x.example> <unseen@x.example>", ANNA, ME, "2")).await;
    profile.mail(3, false, &letter("c", "<unseen@x.example>", "bea@x.example", ME, "3")).await;
    let third = profile.newest().await;
    assert_eq!((third.project_id, third.filed_because.as_str()), (Some(wedding), "thread_has_project"));

    profile.set_status(wedding, ProjectStatus::Completed).await;
    profile.mail(4, false, &letter("d", "<a@x.example>", ANNA, ME, "4")).await;
    let fourth = profile.newest().await;
    assert_eq!((fourth.project_id, fourth.filed_because.as_str()), (None, "thread_project_not_active"));
    assert_eq!(
        profile.tx(move |tx| messages::filed(tx, MessageId(1)).unwrap().project).await,
        Some(wedding),
        "a rule never moves what is filed"
    );
    profile.set_status(wedding, ProjectStatus::Active).await;
    assert_eq!(profile.newest().await.project_id, Some(wedding), "only To sort is asked again");
}

#[tokio::test]
async fn a_mail_that_joins_threads_of_different_projects_waits_and_the_threads_keep_theirs() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    let bea = profile.contact("Bea", "bea@x.example").await;
    let first = profile.project("First", vec![anna]).await;
    let second = profile.project("Second", vec![bea]).await;
    profile.mail(1, false, &letter("a", "", ANNA, ME, "1")).await;
    profile.mail(2, false, &letter("b", "", "bea@x.example", ME, "2")).await;
    profile.mail(3, false, &letter("c", "<a@x.example> <b@x.example>", ANNA, ME, "3")).await;
    let joining = profile.newest().await;
    assert_eq!((joining.project_id, joining.filed_because.as_str()), (None, "joins_threads"));
    profile.project("Third", vec![]).await;
    assert_eq!(profile.newest().await.project_id, None, "asked again, it still joins two");
    profile.mail(4, false, &letter("d", "<b@x.example>", "bea@x.example", ME, "4")).await;
    assert_eq!(profile.newest().await.project_id, Some(second));
    profile.mail(5, false, &letter("e", "<a@x.example>", ANNA, ME, "5")).await;
    assert_eq!(profile.newest().await.project_id, Some(first));
}

#[tokio::test]
async fn the_sender_decides_where_no_thread_does() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    profile.mail(1, false, &letter("a", "", ANNA, ME, "1")).await;
    assert_eq!(profile.newest().await.filed_because, "no_active_project");
    let one = profile.project("One", vec![anna]).await;
    assert_eq!(profile.newest().await.project_id, Some(one), "a new project is asked about what waits");
    let two = profile.project("Two", vec![anna]).await;
    profile.mail(2, false, &letter("b", "", ANNA, ME, "2")).await;
    assert_eq!(profile.newest().await.filed_because, "several_projects");
    profile
        .tx(move |tx| {
            let contact = Contact { default_project_id: Some(two), ..contacts::get(tx, anna).unwrap() };
            contacts::update(tx, &contact).unwrap();
            refile_to_sort(tx).unwrap();
        })
        .await;
    let second = profile.newest().await;
    assert_eq!((second.project_id, second.filed_because.as_str()), (Some(two), "default_project"));
    // Outgoing: the first known recipient.
    profile.mail(9, true, &letter("o", "", ME, &format!("x@y.example, {ANNA}"), "3")).await;
    assert_eq!(profile.newest().await.project_id, Some(two));
}

#[tokio::test]
async fn an_unreadable_mail_is_kept_and_the_next_one_comes_in() {
    let profile = Profile::new().await;
    profile.contact("Anna", ANNA).await;
    let broken = format!(
        "From: {ANNA}\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=\n\nlost"
    );
    profile.mail(1, false, &broken).await;
    let stored = profile.newest().await;
    let dir = profile.dir.path().to_owned();
    let bytes = profile.tx(move |tx| crate::store::raw::read(tx, &dir, stored.id).unwrap().unwrap()).await;
    assert_eq!(bytes, broken.replace('\n', "\r\n").into_bytes(), "byte for byte");
    assert_eq!(profile.mail(2, false, &letter("b", "", ANNA, ME, "2")).await, Taken::ToSort);
}

#[tokio::test]
async fn mail_of_a_contact_who_was_removed_meanwhile_is_of_nobody() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    let bea = profile.contact("Bea", "bea@x.example").await;
    let inbox = profile.inbox;
    let (ready, searched) = profile
        .tx(move |tx| {
            let entry = contacts::addresses(tx, anna).unwrap().remove(0);
            let other = contacts::addresses(tx, bea).unwrap().remove(0);
            let covered = Coverage { uid_validity: 1, first_uid_next: 1, searched_since: Timestamp(0) };
            coverage::set(tx, inbox, other.id, &covered).unwrap();
            let bytes = letter("a", "", ANNA, ME, "On its way").into_bytes();
            let wanted = Wanted {
                folder: inbox,
                uid_validity: 1,
                uid: 1,
                address: entry.id,
                size: 10,
                internal_date: NOW,
                seen: false,
                outgoing: false,
                gmail_id: None,
                backfilled: false,
                known_only: false,
                ask: false,
            };
            coverage::want(tx, &wanted).unwrap();
            contacts::delete(tx, anna).unwrap();
            let searched = coverage::of_folder(tx, inbox).unwrap().len();
            (Fetched { wanted, bytes, partial: false }, searched)
        })
        .await;
    assert_eq!(searched, 0, "it may have been wanted for Bea too: the folder is searched anew");
    let ready = prepare(profile.dir.path(), ready, NOW).unwrap();
    assert_eq!(profile.tx(move |tx| take_in(tx, &ready).unwrap()).await, Taken::Known);
    assert_eq!(profile.count().await, 0);
}

#[tokio::test]
async fn an_address_that_mail_is_written_and_delivered_to_is_asked_about() {
    let profile = Profile::new().await;
    profile.contact("Anna", "anna@x.example").await;
    let delivered = |id: &str, topmost: &str, to: &str| {
        format!("Delivered-To: {topmost}\nDelivered-To: below@own.example\n")
            + &letter(id, "", "anna@x.example", to, "Hello")
    };
    for (uid, topmost, to) in [
        (1, "me@own.example", "me@own.example"),
        (2, "box7@inside.example", "me@own.example"),
        (3, "anna@x.example", "anna@x.example"),
        (4, "hello@own.example", "hello@own.example"),
    ] {
        profile.mail(uid, false, &delivered(&format!("m{uid}@x.example"), topmost, to)).await;
    }
    let asked =
        profile.tx(|tx| accounts::aliases(tx, accounts::all(tx).unwrap()[0].id, "delivered").unwrap()).await;
    // One's own, one that nobody wrote to, and a contact's are none; the lower ones are other servers' words.
    assert_eq!(asked, [Address::parse("hello@own.example").unwrap()]);
}

#[tokio::test]
async fn a_reply_sent_from_a_phone_answers_and_old_mail_that_is_brought_in_asks_for_nothing() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    profile.project("Wedding", vec![anna]).await;
    let open = async || {
        profile.tx(|tx| (answers::count_needs_reply(tx).unwrap(), answers::count_waiting(tx).unwrap())).await
    };
    profile.mail(1, false, &letter("a", "", ANNA, ME, "When?")).await;
    assert_eq!(open().await, (1, 0));
    profile.mail(2, true, &letter("b", "<a@x.example>", ME, ANNA, "On Friday")).await;
    assert_eq!(open().await, (0, 1), "it lies in Sent, wherever it was written");
    let away = letter("c", "<b@x.example>", ANNA, ME, "Away");
    profile.mail(3, false, &format!("Auto-Submitted: auto-replied\n{away}")).await;
    assert_eq!(open().await, (0, 1), "a vacation note answers nothing, and needs no reply");
    profile.mail(4, false, &letter("d", "<b@x.example>", ANNA, ME, "Fine")).await;
    assert_eq!(open().await, (1, 0));
    // Written in January 2024.
    profile.bring_in(5, true, true, &letter("old", "", ME, ANNA, "An old offer")).await;
    profile.bring_in(6, false, true, &letter("older", "", ANNA, ME, "An old question")).await;
    assert_eq!(open().await, (1, 0));
}

/// A mail that was written and sent here.
async fn written_here(profile: &Profile, bytes: &str, project: Option<ProjectId>) -> MessageId {
    let bytes = bytes.replace('\n', "\r\n").into_bytes();
    let packed = crate::store::raw::pack(profile.dir.path(), &bytes).unwrap();
    let written = super::WrittenHere {
        bytes: &bytes,
        attachments: None,
        bcc: vec![Address::parse("bea@x.example").unwrap()],
        size: 9,
        sent_at: NOW,
        packed,
    };
    let new = super::prepare_written(written);
    profile
        .tx(move |tx| {
            let message = super::take_in_written(tx, &new, None, project).unwrap();
            let draft = crate::store::outgoing::insert(tx, &crate::store::outgoing::NewDraft::default(), NOW)
                .unwrap();
            let taken = crate::store::sending::Taken {
                at: NOW,
                accepted: Vec::new(),
                refused: Vec::new(),
                message,
                copy: crate::model::CopyState::Wanted,
            };
            crate::store::sending::sent(tx, draft, crate::model::OutgoingState::Draft, &taken).unwrap();
            message
        })
        .await
}

#[tokio::test]
async fn a_mail_written_here_is_in_its_project_and_its_copies_only_add_places() {
    let profile = Profile::new().await;
    let anna = profile.contact("Anna", ANNA).await;
    let bea = profile.contact("Bea", "bea@x.example").await;
    let other = profile.project("Other", vec![anna, bea]).await;
    let project = profile.project("Wedding", vec![]).await;
    let mail = letter("w", "", ME, ANNA, "Dear Anna");
    let id = written_here(&profile, &mail, Some(project)).await;
    let here = profile.newest().await;
    assert_eq!((here.project_id, here.filed_because.as_str()), (Some(project), "written_here"));
    assert_eq!((here.direction, here.read, here.locations.len()), (Direction::Out, true, 0));
    let of_bea = profile.tx(move |tx| lists::of_contact(tx, bea, lists::After::START, 9).unwrap()).await;
    assert_eq!(of_bea.len(), 1, "Bcc counts as written to");

    assert_eq!(profile.mail(1, false, &mail).await, Taken::Known);
    assert_eq!(
        profile.newest().await.direction,
        Direction::Out,
        "a copy in the inbox makes it no received mail"
    );
    assert_eq!(profile.mail(2, true, &mail).await, Taken::Known);
    // A server that gives it an id of its own.
    let renamed = mail.replace("<w@x.example>", "<server@prod.example>");
    assert_eq!(profile.mail(3, true, &renamed).await, Taken::Known);
    assert_eq!((profile.count().await, profile.newest().await.locations.len()), (1, 3));
    profile.mail(4, false, &letter("r", "<server@prod.example>", ANNA, ME, "Thanks")).await;
    let reply = profile.newest().await;
    assert_eq!(reply.project_id, Some(project), "its answer names the server's id");
    let thread = profile.tx(move |tx| messages::thread_of(tx, id).unwrap()).await;
    assert_eq!(reply.thread_id, thread);
    // In the inbox, or written elsewhere: another id is another mail.
    assert_eq!(profile.mail(5, false, &mail.replace("<w@", "<z@")).await, Taken::Filed);
    assert_eq!(profile.mail(6, true, &letter("e", "", ME, ANNA, "Another")).await, Taken::Filed);

    // Without a project the rules say where it goes; one that a cycle brought first is put where it was written.
    written_here(&profile, &letter("n", "", ME, ANNA, "New"), None).await;
    assert_eq!(profile.newest().await.project_id, Some(other));
    let unsorted = letter("s", "", ME, "carl@x.example", "First by a cycle");
    assert_eq!(profile.mail(7, true, &unsorted).await, Taken::ToSort);
    written_here(&profile, &unsorted, Some(project)).await;
    assert_eq!(profile.newest().await.project_id, Some(project));
}
