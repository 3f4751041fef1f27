//! The checks, sentence by sentence, and what the store gathers for them.

use super::*;
use crate::filing::Reason;
use crate::model::{
    AccountId, AccountState, Address, AddressId, Backfill, Cause, Check, ContactAddress, ContactId, Failure,
    FolderRole, Mend, ProjectStatus, Timestamp,
};
use jiff::tz::TimeZone;

/// 2026-11-24 12:00 UTC.
pub(super) const NOW: Timestamp = Timestamp(1_795_521_600_000);
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(super) fn saved(id: i64, text: &str) -> ContactAddress {
    ContactAddress {
        id: AddressId(id),
        contact_id: ContactId(1),
        address: address(text),
        saved_at: NOW.plus(-2 * DAY),
        backfill: Backfill::None,
    }
}

fn account(id: i64, email: &str, state: AccountState) -> AccountFacts {
    AccountFacts {
        id: AccountId(id),
        email: address(email),
        state,
        failure: None,
        last_success: Some(NOW.plus(-4 * MINUTE)),
    }
}

pub(super) fn lies_in(name: &str, role: FolderRole, watched: bool) -> Found {
    Found::Folder { account: address("nora@lind.example"), name: name.into(), role, watched }
}

/// All is well: Anna wrote three hours ago, and her mail is here.
pub(super) fn well() -> Facts {
    Facts {
        now: NOW,
        zone: TimeZone::UTC,
        sender: address("anna@studio.example"),
        contact: Some(PersonFacts {
            name: "Anna Berg".into(),
            addresses: vec![saved(1, "anna@studio.example")],
            projects: vec![ProjectFact { title: "Berg wedding".into(), status: ProjectStatus::Active }],
        }),
        date: Some(NOW.plus(-3 * HOUR)),
        to: None,
        accounts: vec![account(1, "nora@lind.example", AccountState::Connected)],
        found: lies_in("Inbox", FolderRole::Inbox, true),
        here: Some(Here { project: Some("Berg wedding".into()), reason: Some(Reason::OnlyProject) }),
    }
}

pub(super) fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = well();
    change(&mut facts);
    facts
}

pub(super) fn person(change: impl FnOnce(&mut PersonFacts)) -> Facts {
    with(|facts| change(facts.contact.as_mut().unwrap()))
}

pub(super) fn failing(state: AccountState, cause: Cause) -> Facts {
    with(|facts| {
        facts.here = None;
        facts.found = Found::NotLooked;
        facts.accounts[0].state = state;
        facts.accounts[0].failure = Some(Failure::said(cause, "NO told you"));
    })
}

fn check(facts: &Facts, name: &str) -> Check {
    checks(facts).into_iter().find(|check| check.name == name).unwrap()
}

#[test]
fn the_walk_is_in_the_order_of_the_rules_and_all_is_well_where_the_mail_is_here() {
    let walk = checks(&well());
    let names: Vec<&str> = walk.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(
        names,
        ["contact", "address", "saved_before", "project", "account", "last_sync", "folder", "rule"]
    );
    assert!(walk.iter().all(|check| check.ok == Some(true) && check.mend.is_none()), "{walk:#?}");
}

#[test]
fn whose_mail_it_is() {
    let nobody = with(|facts| facts.contact = None);
    let near = with(|facts| facts.sender = address("client@studio.example"));
    let near = Facts {
        contact: Some(PersonFacts {
            addresses: vec![saved(1, "cleint@studio.example")],
            ..near.contact.clone().unwrap()
        }),
        ..near
    };
    let other = with(|facts| facts.sender = address("bea@elsewhere.example"));
    let of_several = with(|facts| {
        facts.sender = address("bea@elsewhere.example");
        facts.contact.as_mut().unwrap().addresses.push(saved(2, "berg@studio.example"));
    });
    let without = person(|person| person.addresses.clear());
    for (facts, name, ok, fact, mend) in [
        (&well(), "contact", Some(true), "anna@studio.example belongs to Anna Berg.", None),
        (&well(), "address", Some(true), "anna@studio.example is saved exactly as the mail was sent.", None),
        (
            &nobody,
            "contact",
            Some(false),
            "anna@studio.example belongs to none of your contacts.",
            Some(Mend::AddContact),
        ),
        (&nobody, "address", None, "Without a contact there is no saved address to compare.", None),
        (&nobody, "saved_before", None, "The address is not saved, so there is no time to compare.", None),
        (&nobody, "project", None, "Without a contact there is no project to look for.", None),
        (&near, "contact", Some(true), "Anna Berg is one of your contacts.", None),
        (
            &near,
            "address",
            Some(false),
            "client@studio.example is not saved. Anna Berg has cleint@studio.example, which is nearly the same.",
            Some(Mend::AddAddress),
        ),
        (
            &other,
            "address",
            Some(false),
            "bea@elsewhere.example is not saved. Anna Berg has only anna@studio.example.",
            Some(Mend::AddAddress),
        ),
        (
            &of_several,
            "address",
            Some(false),
            "bea@elsewhere.example is not among the addresses of Anna Berg.",
            Some(Mend::AddAddress),
        ),
        (
            &without,
            "address",
            Some(false),
            "Anna Berg has no address saved, so no mail comes in.",
            Some(Mend::AddAddress),
        ),
    ] {
        assert_eq!(check(facts, name), Check { name: name.into(), ok, fact: fact.into(), mend });
    }
}

#[test]
fn when_it_was_saved_and_where_it_goes() {
    let saved_at = |ago: i64, backfill| {
        person(|person| {
            person.addresses[0].saved_at = NOW.plus(-ago);
            person.addresses[0].backfill = backfill;
        })
    };
    let late = "The mail came today at 09:00. The address was saved after that, today at 09:11, and only later mail \
                comes in by itself.";
    let asked = "The mail came today at 09:00. You asked for earlier mail, and it is in that range.";
    let projects = |list: &[(&str, ProjectStatus)]| {
        person(|person| {
            person.projects = list
                .iter()
                .map(|(title, status)| ProjectFact { title: (*title).into(), status: *status })
                .collect();
        })
    };
    let (active, completed) = (ProjectStatus::Active, ProjectStatus::Completed);
    for (facts, name, ok, fact, mend) in [
        (
            well(),
            "saved_before",
            Some(true),
            "The address was saved on 22 November at 12:00, before the mail came today at 09:00.",
            None,
        ),
        (
            saved_at(400 * DAY, Backfill::None),
            "saved_before",
            Some(true),
            "The address was saved on 20 October 2025, before the mail came today at 09:00.",
            None,
        ),
        (
            saved_at(3 * HOUR - 10 * MINUTE, Backfill::None),
            "saved_before",
            Some(true),
            "The address was saved today at 09:10, before the mail came today at 09:00.",
            None,
        ),
        (
            saved_at(3 * HOUR - 11 * MINUTE, Backfill::None),
            "saved_before",
            Some(false),
            late,
            Some(Mend::BringInEarlier),
        ),
        (saved_at(HOUR, Backfill::All), "saved_before", Some(true), asked, None),
        (saved_at(HOUR, Backfill::Since(NOW.plus(-3 * HOUR))), "saved_before", Some(true), asked, None),
        (
            with(|facts| facts.date = None),
            "saved_before",
            None,
            "The address was saved on 22 November at 12:00. When the mail came is not known.",
            None,
        ),
        (well(), "project", Some(true), "Anna Berg has one active project, Berg wedding.", None),
        (
            projects(&[("One", active), ("Old", completed), ("Two", active)]),
            "project",
            Some(true),
            "Anna Berg has 2 active projects.",
            None,
        ),
        (
            projects(&[("Old", completed), ("Older", ProjectStatus::Archived)]),
            "project",
            Some(false),
            "No project of Anna Berg is active, so the mail waits in To sort.",
            Some(Mend::CreateProject),
        ),
        (
            projects(&[]),
            "project",
            Some(false),
            "Anna Berg has no project, so the mail waits in To sort.",
            Some(Mend::CreateProject),
        ),
    ] {
        assert_eq!(check(&facts, name), Check { name: name.into(), ok, fact: fact.into(), mend });
    }
}

#[test]
fn which_mailbox_it_came_to() {
    let to = |email: &str, account: Option<i64>| {
        with(|facts| {
            facts.found = Found::NotLooked;
            facts.to = Some(To { address: address(email), account: account.map(AccountId) });
        })
    };
    let two = with(|facts| {
        facts.found = Found::NotLooked;
        facts.accounts.push(account(2, "hello@lind.example", AccountState::Paused));
    });
    let to_the_first = Facts {
        to: Some(To { address: address("nora@lind.example"), account: Some(AccountId(1)) }),
        ..two.clone()
    };
    let found_in_the_first = Facts { found: lies_in("Inbox", FolderRole::Inbox, true), ..two.clone() };
    let both = with(|facts| {
        facts.found = Found::NotLooked;
        facts.accounts.push(account(2, "hello@lind.example", AccountState::Late));
    });
    for (facts, name, ok, fact, mend) in [
        (well(), "account", Some(true), "nora@lind.example is connected.", None),
        (both, "account", Some(true), "All 2 of your mailboxes are connected.", None),
        (
            to("old@lind.example", None),
            "account",
            Some(false),
            "old@lind.example is not connected, so its mail does not get here.",
            Some(Mend::ConnectAccount),
        ),
        (
            to("old@lind.example", None),
            "last_sync",
            None,
            "A mailbox that is not connected is never looked at.",
            None,
        ),
        (
            with(|facts| {
                facts.accounts.clear();
                facts.found = Found::NotLooked;
            }),
            "account",
            Some(false),
            "No mailbox is connected.",
            Some(Mend::ConnectAccount),
        ),
        (
            with(|facts| facts.accounts.clear()),
            "last_sync",
            None,
            "Without a mailbox there is nothing to look at.",
            None,
        ),
        (two, "account", Some(false), "hello@lind.example is paused.", Some(Mend::Resume)),
        (to_the_first, "account", Some(true), "nora@lind.example is connected.", None),
        (found_in_the_first, "account", Some(true), "nora@lind.example is connected.", None),
        (
            failing(AccountState::NeedsReconnecting, Cause::WrongPassword),
            "account",
            Some(false),
            &format!("nora@lind.example needs reconnecting. {}", Cause::WrongPassword.sentence()),
            Some(Mend::Reconnect),
        ),
        (
            failing(AccountState::HeldUp, Cause::KeychainLocked),
            "account",
            Some(false),
            &format!("nora@lind.example is held up. {}", Cause::KeychainLocked.sentence()),
            Some(Mend::EditAccount),
        ),
        (
            failing(AccountState::Unreachable, Cause::Offline),
            "account",
            Some(false),
            &format!("nora@lind.example has no connection. {}", Cause::Offline.sentence()),
            Some(Mend::SyncNow),
        ),
    ] {
        assert_eq!(check(&facts, name), Check { name: name.into(), ok, fact: fact.into(), mend });
    }
}

#[test]
fn when_the_mailbox_was_looked_at() {
    let synced = |state, ago: Option<i64>| {
        with(|facts| {
            facts.accounts[0].state = state;
            facts.accounts[0].last_success = ago.map(|ago| NOW.plus(-ago));
        })
    };
    for (facts, name, ok, fact, mend) in [
        (well(), "last_sync", Some(true), "nora@lind.example was last synced 4 minutes ago.", None),
        (
            synced(AccountState::Connected, Some(4 * HOUR)),
            "last_sync",
            Some(false),
            "nora@lind.example was last synced 4 hours ago, before the mail came.",
            Some(Mend::SyncNow),
        ),
        (
            synced(AccountState::Late, Some(2 * HOUR)),
            "last_sync",
            Some(false),
            "nora@lind.example was last synced 2 hours ago, which is long ago.",
            Some(Mend::SyncNow),
        ),
        (
            synced(AccountState::Waiting, None),
            "last_sync",
            Some(false),
            "nora@lind.example has never been synced to the end.",
            Some(Mend::SyncNow),
        ),
        (
            synced(AccountState::Connected, Some(30_000)),
            "last_sync",
            Some(true),
            "nora@lind.example was last synced just now.",
            None,
        ),
        (
            synced(AccountState::Connected, Some(61 * MINUTE)),
            "last_sync",
            Some(true),
            "nora@lind.example was last synced 1 hour ago.",
            None,
        ),
    ] {
        assert_eq!(check(&facts, name), Check { name: name.into(), ok, fact: fact.into(), mend });
    }
}

#[test]
fn where_it_lies_and_what_put_it_there() {
    let found = |found: Found| {
        with(|facts| {
            facts.here = None;
            facts.found = found;
        })
    };
    let here = |project: Option<&str>, reason| {
        with(|facts| facts.here = Some(Here { project: project.map(Into::into), reason }))
    };
    let nowhere = |all_shown, others_remove| found(Found::Nowhere { all_shown, others_remove });
    for (facts, name, ok, fact, mend) in [
        (well(), "folder", Some(true), "It lies in Inbox of nora@lind.example, which is watched.", None),
        (
            found(lies_in("Spam", FolderRole::Junk, false)),
            "folder",
            Some(false),
            "It lies in Spam of nora@lind.example. Mail that your provider takes for junk does not come in by itself.",
            Some(Mend::BringIn),
        ),
        (
            found(lies_in("Bin", FolderRole::Trash, false)),
            "folder",
            Some(false),
            "It lies in Bin of nora@lind.example. Deleted mail does not come in by itself.",
            Some(Mend::BringIn),
        ),
        (
            found(lies_in("Drafts", FolderRole::Drafts, false)),
            "folder",
            Some(false),
            "It lies in Drafts of nora@lind.example. Drafts do not come in by themselves.",
            Some(Mend::BringIn),
        ),
        (
            found(lies_in("Clients", FolderRole::Other, false)),
            "folder",
            Some(false),
            "It lies in Clients of nora@lind.example, which is not watched.",
            Some(Mend::WatchFolder),
        ),
        (
            nowhere(true, false),
            "folder",
            Some(false),
            "It has not reached your mailbox: it is in none of its folders.",
            Some(Mend::SyncNow),
        ),
        (
            nowhere(false, false),
            "folder",
            None,
            "It is in none of the folders that your provider shows. Not all of this mailbox is shown, so it may still \
             be there.",
            None,
        ),
        (
            nowhere(true, true),
            "folder",
            None,
            "It is in none of your folders. Another device removes mail, so it may have come and gone.",
            None,
        ),
        (found(Found::NotLooked), "folder", None, "Nobody has looked for it on the server yet.", None),
        (
            well(),
            "rule",
            Some(true),
            "It is in Berg wedding, filed here because it is this contact’s only active project.",
            None,
        ),
        (here(Some("Berg wedding"), None), "rule", Some(true), "It is in Berg wedding.", None),
        (
            here(None, Some(Reason::SeveralProjects)),
            "rule",
            Some(true),
            "It is here and waits in To sort. In several of your projects.",
            None,
        ),
        (here(None, None), "rule", Some(true), "It is here and waits in To sort.", None),
        (
            found(lies_in("Inbox", FolderRole::Inbox, true)),
            "rule",
            Some(false),
            "It has not been brought in yet.",
            Some(Mend::SyncNow),
        ),
        (found(Found::NotLooked), "rule", None, "No rule has seen it: it is not here yet.", None),
    ] {
        assert_eq!(check(&facts, name), Check { name: name.into(), ok, fact: fact.into(), mend });
    }
}
