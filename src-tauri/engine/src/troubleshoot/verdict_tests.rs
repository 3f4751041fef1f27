//! The answer in one line, the buttons, and what is nearly an address.

use super::near::nearest;
use super::tests::{NOW, address, failing, lies_in, person, saved, well, with};
use super::*;
use crate::filing::Reason;
use crate::model::{AccountState, AddressId, Cause, FolderRole, Mend, ProjectStatus};

/// The same, and the mail is not here.
fn missing(facts: Facts, found: Found) -> Facts {
    Facts { here: None, found, ..facts }
}

#[test]
fn the_answer_stands_first_in_one_line() {
    let inbox = || lies_in("Inbox", FolderRole::Inbox, true);
    let nearly = {
        let mut facts = person(|person| person.addresses = vec![saved(1, "cleint@studio.example")]);
        facts.sender = address("client@studio.example");
        missing(facts, Found::NotLooked)
    };
    let completed = person(|person| person.projects[0].status = ProjectStatus::Completed);
    let to_sort = Facts {
        here: Some(Here { project: None, reason: Some(Reason::NoActiveProject) }),
        ..completed.clone()
    };
    let late = missing(person(|person| person.addresses[0].saved_at = NOW), inbox());
    let not_connected = with(|facts| {
        facts.to = Some(To { address: address("old@lind.example"), account: None });
    });
    for (facts, code, mend) in [
        (well(), "here", None),
        (to_sort, "to_sort", Some(Mend::CreateProject)),
        (missing(with(|facts| facts.contact = None), inbox()), "no_contact", Some(Mend::AddContact)),
        (nearly, "nearly", Some(Mend::AddAddress)),
        (
            missing(with(|facts| facts.sender = address("bea@elsewhere.example")), inbox()),
            "other_address",
            Some(Mend::AddAddress),
        ),
        (late, "saved_after", Some(Mend::BringInEarlier)),
        (missing(not_connected, Found::NotLooked), "not_connected", Some(Mend::ConnectAccount)),
        (failing(AccountState::Paused, Cause::Offline), "paused", Some(Mend::Resume)),
        (
            failing(AccountState::NeedsReconnecting, Cause::WrongPassword),
            "wrong_password",
            Some(Mend::Reconnect),
        ),
        (failing(AccountState::Unreachable, Cause::Offline), "offline", Some(Mend::SyncNow)),
        (
            missing(with(|facts| facts.accounts[0].last_success = None), Found::NotLooked),
            "not_synced",
            Some(Mend::SyncNow),
        ),
        (missing(well(), lies_in("Spam", FolderRole::Junk, false)), "junk", Some(Mend::BringIn)),
        (missing(well(), lies_in("Bin", FolderRole::Trash, false)), "trash", Some(Mend::BringIn)),
        (missing(well(), lies_in("Drafts", FolderRole::Drafts, false)), "drafts", Some(Mend::BringIn)),
        (
            missing(well(), lies_in("Clients", FolderRole::Other, false)),
            "not_watched",
            Some(Mend::WatchFolder),
        ),
        (missing(completed, inbox()), "not_yet", Some(Mend::SyncNow)),
        (
            missing(well(), Found::Nowhere { all_shown: true, others_remove: false }),
            "not_arrived",
            Some(Mend::SyncNow),
        ),
        (missing(well(), Found::Nowhere { all_shown: false, others_remove: false }), "not_found", None),
        (missing(well(), Found::Nowhere { all_shown: true, others_remove: true }), "not_found", None),
        (missing(well(), Found::NotLooked), "nothing_wrong", Some(Mend::SyncNow)),
    ] {
        let answer = verdict(&facts);
        assert_eq!((answer.code.as_str(), answer.mend), (code, mend), "{facts:#?}");
        assert!(!answer.sentence.is_empty() && !answer.remedy.is_empty(), "{code}");
        let proof = checks(&facts).into_iter().any(|check| check.fact == answer.sentence);
        assert!(proof || code == "nothing_wrong", "the walk proves {code}");
    }
    let said = verdict(&failing(AccountState::NeedsReconnecting, Cause::WrongPassword)).server_said;
    assert_eq!(said.as_deref(), Some("NO told you"));
}

#[test]
fn every_cross_has_a_button_and_nothing_else_has() {
    let people = [None, well().contact, person(|person| person.addresses.clear()).contact];
    let places = [
        Found::NotLooked,
        Found::Nowhere { all_shown: true, others_remove: false },
        Found::Nowhere { all_shown: true, others_remove: true },
        lies_in("Inbox", FolderRole::Inbox, true),
        lies_in("Spam", FolderRole::Junk, false),
        lies_in("Clients", FolderRole::Other, false),
    ];
    let states = [
        AccountState::Paused,
        AccountState::NeedsReconnecting,
        AccountState::HeldUp,
        AccountState::Unreachable,
        AccountState::Waiting,
        AccountState::Late,
        AccountState::Connected,
    ];
    let mut walked = 0;
    for contact in &people {
        for found in &places {
            for state in states {
                for here in [None, well().here] {
                    let mut facts = Facts { contact: contact.clone(), found: found.clone(), here, ..well() };
                    facts.accounts[0].state = state;
                    for check in checks(&facts) {
                        assert_eq!(check.mend.is_some(), check.ok == Some(false), "{check:?}");
                        assert!(check.fact.ends_with('.'), "{check:?}");
                        walked += 1;
                    }
                    assert!(!verdict(&facts).sentence.is_empty());
                }
            }
        }
    }
    assert_eq!(walked, 3 * 6 * 7 * 2 * 8);
}

#[test]
fn nearly_is_a_slip_of_the_finger() {
    for (a, b, near) in [
        ("client@studio.example", "cleint@studio.example", true),
        ("client@studio.example", "client@stduio.example", true),
        ("client@studio.example", "clinet@studoi.example", true),
        ("client@studio.example", "clients@studio.example", true),
        ("client@studio.example", "client@studio.example", false),
        ("client@studio.example", "kunde@studio.example", false),
        ("client@studio.example", "client@atelier.example", false),
        ("anna@studio.example", "hanna@studio.example", true),
        ("anna@studio.example", "hanne@studio.example", false),
        ("al@studio.example", "jo@studio.example", false),
        ("al@studio.example", "al@stuido.example", true),
        ("jürgen@studio.example", "jurgen@studio.example", true),
    ] {
        assert_eq!(nearly(&address(a), &address(b)), near, "{a} {b}");
        assert_eq!(nearly(&address(b), &address(a)), near, "{b} {a}");
    }
    let among =
        [saved(1, "cleent@studio.example"), saved(2, "cleint@studio.example"), saved(3, "x@y.example")];
    let found = nearest(&address("clieent@studio.example"), &among).map(|entry| entry.id);
    assert_eq!(found, Some(AddressId(1)), "the nearest of several");
}
