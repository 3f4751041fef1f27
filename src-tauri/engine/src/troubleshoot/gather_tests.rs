//! What the store gathers for the checks.

use super::*;
use crate::filing::Reason;
use crate::model::{
    Account, AccountId, AccountState, Backfill, FolderRole, MessageId, ProjectStatus, Timestamp,
};
use crate::store::folders::Listed;
use crate::store::locations::Place;
use crate::store::messages::Filed;
use crate::store::tests::{account, address, contact, mail, project};
use crate::store::{Store, accounts, contacts, folders, locations, messages, projects, threads};
use rusqlite::Connection;

const NOW: Timestamp = Timestamp(1_795_521_600_000);

/// Nora's mailbox with a folder that is not watched, Anna with a project, and a mail of hers in that folder.
fn profile(db: &Connection, dir: &std::path::Path) -> (AccountId, MessageId) {
    let nora = accounts::insert(db, &account(), NOW).unwrap();
    let listed = |name: &str, watched| Listed {
        raw_name: name.into(),
        name: name.into(),
        role: FolderRole::Other,
        watched,
    };
    folders::replace_listing(db, nora, &[listed("Clients", false)]).unwrap();
    let clients = folders::all(db, nora).unwrap()[0].folder.id;
    let anna = contacts::insert(db, &contact("Anna"), NOW).unwrap();
    contacts::add_address(db, anna, &address("annabel@x.example"), NOW, Backfill::All).unwrap();
    let job = projects::insert(db, &project("Job", vec![anna]), NOW).unwrap();
    let new = mail(1, "annabel@x.example", &[], dir);
    let id = messages::insert(db, &new, threads::create(db).unwrap()).unwrap();
    let filed = Filed { project: Some(job), reason: "only_project".into(), moved_by_user: false };
    messages::file(db, id, &filed).unwrap();
    let place =
        Place { folder: clients, uid_validity: 7, uid: 1, seen: true, outgoing: false, gmail_id: None };
    locations::add(db, id, &place).unwrap();
    (nora, id)
}

fn asked(sender: &str) -> Question {
    Question {
        sender: address(sender),
        contact: None,
        date: None,
        to: None,
        subject: String::new(),
        message: None,
        found: Found::NotLooked,
    }
}

async fn gathered<T: Send + 'static>(
    work: impl FnOnce(&Connection, (AccountId, MessageId)) -> T + Send + 'static,
) -> T {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let folder = dir.path().to_owned();
    store.write(move |db| Ok(work(db, profile(db, &folder)))).await.unwrap()
}

#[tokio::test]
async fn a_mail_that_is_here_says_where_it_lies_and_why() {
    let (facts, nora) =
        gathered(|db, (nora, _)| (gather(db, asked("annabel@x.example"), NOW).unwrap(), nora)).await;
    assert_eq!(facts.here, Some(Here { project: Some("Job".into()), reason: Some(Reason::OnlyProject) }));
    assert_eq!(
        facts.found,
        Found::Folder {
            account: address("nora@lind.example"),
            name: "Clients".into(),
            role: FolderRole::Other,
            watched: false
        }
    );
    assert_eq!((facts.date, facts.to.clone()), (Some(Timestamp(1000)), None));
    let person = facts.contact.clone().unwrap();
    let job = ProjectFact { title: "Job".into(), status: ProjectStatus::Active };
    assert_eq!((person.name.as_str(), person.projects), ("Anna", vec![job]));
    assert!(facts.saved().is_some() && facts.near().is_none());
    let [account] = facts.accounts.as_slice() else { panic!("{facts:?}") };
    assert_eq!((account.id, account.state, account.last_success), (nora, AccountState::Waiting, None));
    assert_eq!(verdict(&facts).code, "here");
}

#[tokio::test]
async fn what_is_asked_narrows_it_down() {
    let (by_word, by_day, to_alias, to_nobody, near, of_run, nobody) = gathered(|db, (nora, id)| {
        let ask = |change: &dyn Fn(&mut Question)| {
            let mut question = asked("annabel@x.example");
            change(&mut question);
            gather(db, question, NOW).unwrap()
        };
        let to = |email: &'static str| {
            ask(&move |question| question.to = Some(address(email))).to.unwrap().account
        };
        let anna = contacts::ids(db).unwrap()[0];
        let stored: Account = accounts::get(db, nora).unwrap();
        assert_eq!(stored.aliases, [address("hello@lind.example")]);
        (
            ask(&|question| question.subject = "invoice".into()).here,
            ask(&|question| question.date = Some(NOW)).here,
            to("hello@lind.example") == Some(nora),
            to("old@lind.example"),
            ask(&|question| question.sender = address("anabel@x.example")),
            ask(&|question| {
                question.sender = address("bea@elsewhere.example");
                question.contact = Some(anna);
                question.message = Some(id);
            }),
            ask(&|question| question.sender = address("bea@elsewhere.example")),
        )
    })
    .await;
    assert_eq!(by_word, None, "no subject of hers has that word");
    assert_eq!(by_day, None, "she wrote on another day");
    assert!(to_alias && to_nobody.is_none());
    let saved = near.near().map(|entry| entry.address.clone());
    assert_eq!(saved, Some(address("annabel@x.example")), "nearly the same");
    assert_eq!(verdict(&near).code, "nearly");
    assert!(of_run.here.is_some() && of_run.contact.is_some() && of_run.saved().is_none());
    assert!(nobody.contact.is_none() && nobody.here.is_none());
    assert_eq!(verdict(&nobody).code, "no_contact");
}
