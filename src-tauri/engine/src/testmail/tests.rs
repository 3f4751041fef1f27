//! Beginning a run, over a real store.

use super::{begin, choose, token};
use crate::model::{
    Account, AccountId, Address, Backfill, Cause, Contact, ContactId, ContactKind, Endpoint, Failure,
    Refusal, Security, SignIn, Timestamp,
};
use crate::store::cycles::{self, Ended, Outcome};
use crate::store::test_runs::{self, Run};
use crate::store::{Store, StoreError, accounts, contacts, outgoing, projects};
use rusqlite::Connection;

const NOW: Timestamp = Timestamp(1_795_521_600_000);
const RANDOM: [u8; 5] = *b"fooba";

fn account(email: &str, sends: bool) -> Account {
    let at = Endpoint { host: "127.0.0.1".into(), port: 1, security: Security::Plaintext };
    Account {
        id: AccountId(0),
        uuid: uuid::Uuid::new_v4().to_string(),
        email: Address::parse(email).unwrap(),
        aliases: Vec::new(),
        username: email.into(),
        incoming: at.clone(),
        outgoing: sends.then_some(at),
        ca_pem: None,
        sign_in: SignIn::Password,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        paused: false,
        provider: "other".into(),
    }
}

async fn profile<T: Send + 'static>(work: impl FnOnce(&Connection, AccountId) -> T + Send + 'static) -> T {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store
        .write(move |tx| {
            let id = accounts::insert(tx, &account("nora@own.example", true), NOW)?;
            Ok(work(tx, id))
        })
        .await
        .unwrap()
}

fn refused(result: Result<super::Ready, StoreError>) -> Refusal {
    result.err().unwrap().refusal()
}

fn begun(db: &Connection, id: AccountId, address: &str, random: [u8; 5]) -> Run {
    let ready = choose(db, id, address, NOW).unwrap();
    let run = begin(db, ready, random, NOW).unwrap();
    test_runs::get(db, run).unwrap()
}

#[test]
fn a_token_is_base32() {
    assert_eq!(token(RANDOM), "MZXW6YTB", "RFC 4648, section 10");
    assert_eq!(token([0; 5]), "AAAAAAAA");
    assert_eq!(token([255; 5]), "77777777");
}

#[tokio::test]
async fn what_cannot_be_tested_is_refused_with_its_reason() {
    profile(|db, id| {
        let code = |typed: &str| refused(choose(db, id, typed, NOW)).code;
        assert_eq!(code("nora"), "bad_address");
        assert_eq!(code("Nora@OWN.example"), "own_address");
        accounts::set_alias(db, id, &Address::parse("hello@own.example").unwrap(), "known").unwrap();
        assert_eq!(code("hello@own.example"), "own_address");
        accounts::insert(db, &account("second@own.example", true), NOW).unwrap();
        let refusal = refused(choose(db, id, "second@own.example", NOW));
        assert_eq!(
            refusal.sentence,
            "That is one of your connected mailboxes. A test has to come from outside."
        );
        assert_eq!(refusal.field.as_deref(), Some("address"));
        assert_eq!(refused(choose(db, AccountId(99), "nora@else.example", NOW)).code, "not_found");
        assert!(choose(db, id, " <nora@else.example> ", NOW).is_ok());

        let cycle = cycles::begin(db, id, NOW, None).unwrap();
        let ended = Ended {
            at: NOW,
            outcome: Outcome::Failed,
            failures: vec![Failure::of(Cause::WrongPassword)],
            new_messages: 0,
            headers_seen: 0,
            bytes_in: 0,
        };
        cycles::end(db, cycle, &ended).unwrap();
        assert_eq!(code("nora@else.example"), "wrong_password", "it is not sent again to find out");
        accounts::set_paused(db, id, true).unwrap();
        assert_eq!(code("nora@else.example"), "paused");
        assert!(test_runs::all(db).unwrap().is_empty() && contacts::ids(db).unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn contact_and_project_are_made_only_where_there_are_none() {
    profile(|db, id| {
        let run = begun(db, id, "Nora.L@else.example", RANDOM);
        assert!(run.made_contact && run.made_project && !run.by_hand);
        let contact = contacts::get(db, run.contact.unwrap()).unwrap();
        assert_eq!(contact.name, "nora.l");
        let project = projects::get(db, run.project.unwrap()).unwrap();
        assert_eq!((project.title.as_str(), project.contact_ids), ("Test email", vec![contact.id]));
        let mail = outgoing::get(db, run.outgoing.unwrap()).unwrap();
        assert_eq!(mail.subject, "Hatstand test MZXW6YTB");
        assert_eq!(mail.token.as_deref(), Some("MZXW6YTB"));
        assert_eq!((mail.account, mail.project), (Some(id), run.project));
        assert!(mail.html.contains("Please reply"));

        let again = begun(db, id, "nora.l@else.example", [1; 5]);
        assert!(!again.made_contact && !again.made_project);
        assert_eq!((again.contact, again.project), (run.contact, run.project));

        // A contact whose only project is not active gets one.
        let anna = Contact {
            id: ContactId(0),
            name: "Anna".into(),
            kind: ContactKind::Client,
            company: String::new(),
            phone: String::new(),
            notes: String::new(),
            default_project_id: None,
            addresses: Vec::new(),
        };
        let anna = contacts::insert(db, &anna, NOW).unwrap();
        let address = Address::parse("anna@studio.example").unwrap();
        contacts::add_address(db, anna, &address, NOW, Backfill::None).unwrap();
        let run = begun(db, id, "anna@studio.example", [2; 5]);
        assert_eq!((run.contact, run.made_contact, run.made_project), (Some(anna), false, true));

        let quiet = accounts::insert(db, &account("quiet@own.example", false), NOW).unwrap();
        let run = begun(db, quiet, "nora.l@else.example", [3; 5]);
        assert!(run.by_hand && run.outgoing.is_none());
    })
    .await;
}

#[tokio::test]
async fn what_was_made_is_removed_unless_it_is_used() {
    profile(|db, id| {
        let first = begun(db, id, "nora@else.example", RANDOM);
        let second = begun(db, id, "nora@else.example", [1; 5]);
        test_runs::stop(db, first.id, NOW).unwrap();
        let first = test_runs::get(db, first.id).unwrap();
        let removal = super::removal(db, &first).unwrap();
        assert!(removal.contact.is_none() && removal.project.is_none(), "another test waits there");
        test_runs::stop(db, second.id, NOW).unwrap();
        outgoing::delete(db, second.outgoing.unwrap()).unwrap();

        let project = projects::get(db, first.project.unwrap()).unwrap();
        let noted = crate::model::Project { notes: "mine now".into(), ..project.clone() };
        projects::update(db, &noted, NOW).unwrap();
        let removal = super::removal(db, &first).unwrap();
        assert!(removal.contact.is_none() && removal.project.is_none(), "it has become a job");
        projects::update(db, &project, NOW).unwrap();

        let removal = super::removal(db, &first).unwrap();
        assert_eq!(
            removal.sentence(),
            "This removes the contact “nora” and the project “Test email” from Hatstand. \
             Your mailboxes stay as they are."
        );
        super::clean(db, &first).unwrap();
        assert!(contacts::ids(db).unwrap().is_empty() && projects::ids(db).unwrap().is_empty());
        let cleaned = test_runs::get(db, first.id).unwrap();
        assert!(cleaned.cleaned && cleaned.contact.is_none());
        assert!(super::removal(db, &cleaned).unwrap().is_empty());
    })
    .await;
}
