//! The walk: each rule in its order, with its sentence.

use super::facts::{AccountFacts, Facts, Found};
use super::when::{ago, moment};
use crate::filing::Reason;
use crate::model::{AccountState, Backfill, Check, FolderRole, Mend, ProjectStatus, Timestamp};
use crate::sync::GRACE_SECONDS;

/// Every check, in the order of product.md.
pub fn checks(facts: &Facts) -> Vec<Check> {
    vec![
        contact(facts),
        address(facts),
        saved_before(facts),
        project(facts),
        account(facts),
        last_sync(facts),
        folder(facts),
        rule(facts),
    ]
}

pub(super) fn yes(name: &str, fact: impl Into<String>) -> Check {
    Check { name: name.into(), ok: Some(true), fact: fact.into(), mend: None }
}

pub(super) fn no(name: &str, fact: impl Into<String>, mend: Mend) -> Check {
    Check { name: name.into(), ok: Some(false), fact: fact.into(), mend: Some(mend) }
}

pub(super) fn unknown(name: &str, fact: impl Into<String>) -> Check {
    Check { name: name.into(), ok: None, fact: fact.into(), mend: None }
}

fn contact(facts: &Facts) -> Check {
    let sender = facts.sender.display();
    match &facts.contact {
        None => no("contact", format!("{sender} belongs to none of your contacts."), Mend::AddContact),
        Some(person) if facts.saved().is_some() => {
            yes("contact", format!("{sender} belongs to {}.", person.name))
        }
        Some(person) => yes("contact", format!("{} is one of your contacts.", person.name)),
    }
}

fn address(facts: &Facts) -> Check {
    let sender = facts.sender.display();
    let Some(person) = &facts.contact else {
        return unknown("address", "Without a contact there is no saved address to compare.");
    };
    if facts.saved().is_some() {
        return yes("address", format!("{sender} is saved exactly as the mail was sent."));
    }
    let fact = match (facts.near(), person.addresses.as_slice()) {
        (Some(near), _) => format!(
            "{sender} is not saved. {} has {}, which is nearly the same.",
            person.name,
            near.address.display()
        ),
        (None, []) => format!("{} has no address saved, so no mail comes in.", person.name),
        (None, [only]) => {
            format!("{sender} is not saved. {} has only {}.", person.name, only.address.display())
        }
        (None, _) => format!("{sender} is not among the addresses of {}.", person.name),
    };
    no("address", fact, Mend::AddAddress)
}

fn saved_before(facts: &Facts) -> Check {
    let name = "saved_before";
    let Some(entry) = facts.saved() else {
        return unknown(name, "The address is not saved, so there is no time to compare.");
    };
    let saved = moment(entry.saved_at, facts.now, &facts.zone);
    let Some(date) = facts.date else {
        return unknown(name, format!("The address was saved {saved}. When the mail came is not known."));
    };
    let came = moment(date, facts.now, &facts.zone);
    if date.seconds() >= entry.saved_at.seconds() - GRACE_SECONDS {
        return yes(name, format!("The address was saved {saved}, before the mail came {came}."));
    }
    let asked_for = match entry.backfill {
        Backfill::None => false,
        Backfill::All => true,
        Backfill::Since(since) => date >= since,
    };
    if asked_for {
        return yes(
            name,
            format!("The mail came {came}. You asked for earlier mail, and it is in that range."),
        );
    }
    no(
        name,
        format!(
            "The mail came {came}. The address was saved after that, {saved}, and only later mail comes in by itself."
        ),
        Mend::BringInEarlier,
    )
}

fn project(facts: &Facts) -> Check {
    let Some(person) = &facts.contact else {
        return unknown("project", "Without a contact there is no project to look for.");
    };
    let mut active = person.projects.iter().filter(|project| project.status == ProjectStatus::Active);
    match (active.next(), active.count(), person.projects.first()) {
        (Some(project), 0, _) => {
            yes("project", format!("{} has one active project, {}.", person.name, project.title))
        }
        (Some(_), more, _) => yes("project", format!("{} has {} active projects.", person.name, more + 1)),
        (None, _, Some(_)) => no(
            "project",
            format!("No project of {} is active, so the mail waits in To sort.", person.name),
            Mend::CreateProject,
        ),
        (None, _, None) => no(
            "project",
            format!("{} has no project, so the mail waits in To sort.", person.name),
            Mend::CreateProject,
        ),
    }
}

/// The account that stands worst among those that the mail may have come to.
pub(super) fn worst(facts: &Facts) -> Option<&AccountFacts> {
    let height = |account: &&AccountFacts| match account.state {
        AccountState::NeedsReconnecting => 6,
        AccountState::Paused => 5,
        AccountState::HeldUp => 4,
        AccountState::Unreachable => 3,
        AccountState::Waiting => 2,
        AccountState::Late => 1,
        AccountState::Connected => 0,
    };
    facts.asked().into_iter().rev().max_by_key(height)
}

fn account(facts: &Facts) -> Check {
    let name = "account";
    if let Some(to) = facts.to.as_ref().filter(|to| to.account.is_none()) {
        let to = to.address.display();
        return no(
            name,
            format!("{to} is not connected, so its mail does not get here."),
            Mend::ConnectAccount,
        );
    }
    let Some(worst) = worst(facts) else {
        return no(name, "No mailbox is connected.", Mend::ConnectAccount);
    };
    let email = worst.email.display();
    let why = worst.failure.as_ref().map(ToString::to_string).unwrap_or_default();
    let said = |what: &str| format!("{email} {what}. {why}").trim_end().to_owned();
    match worst.state {
        AccountState::NeedsReconnecting => no(name, said("needs reconnecting"), Mend::Reconnect),
        AccountState::Paused => no(name, format!("{email} is paused."), Mend::Resume),
        AccountState::HeldUp => no(name, said("is held up"), Mend::EditAccount),
        AccountState::Unreachable => no(name, said("has no connection"), Mend::SyncNow),
        AccountState::Waiting | AccountState::Late | AccountState::Connected => {
            match facts.asked().as_slice() {
                [_] => yes(name, format!("{email} is connected.")),
                all => yes(name, format!("All {} of your mailboxes are connected.", all.len())),
            }
        }
    }
}

/// The account whose last success lies longest back, and that success.
pub(super) fn oldest_success(facts: &Facts) -> Option<(&AccountFacts, Option<Timestamp>)> {
    facts.asked().into_iter().map(|account| (account, account.last_success)).min_by_key(|(_, at)| *at)
}

fn last_sync(facts: &Facts) -> Check {
    let name = "last_sync";
    if facts.to.as_ref().is_some_and(|to| to.account.is_none()) {
        return unknown(name, "A mailbox that is not connected is never looked at.");
    }
    let Some((account, success)) = oldest_success(facts) else {
        return unknown(name, "Without a mailbox there is nothing to look at.");
    };
    let email = account.email.display();
    let Some(success) = success else {
        return no(name, format!("{email} has never been synced to the end."), Mend::SyncNow);
    };
    let last = ago(facts.now, success);
    match facts.date {
        Some(date) if success < date => {
            no(name, format!("{email} was last synced {last}, before the mail came."), Mend::SyncNow)
        }
        _ if account.state == AccountState::Late => {
            no(name, format!("{email} was last synced {last}, which is long ago."), Mend::SyncNow)
        }
        _ => yes(name, format!("{email} was last synced {last}.")),
    }
}

fn folder(facts: &Facts) -> Check {
    let name = "folder";
    match &facts.found {
        Found::NotLooked => unknown(name, "Nobody has looked for it on the server yet."),
        Found::Nowhere { all_shown: false, .. } => unknown(
            name,
            "It is in none of the folders that your provider shows. Not all of this mailbox is shown, so it may still be there.",
        ),
        Found::Nowhere { others_remove: true, .. } => unknown(
            name,
            "It is in none of your folders. Another device removes mail, so it may have come and gone.",
        ),
        Found::Nowhere { .. } => {
            no(name, "It has not reached your mailbox: it is in none of its folders.", Mend::SyncNow)
        }
        Found::Folder { account, name: folder, role, watched } => {
            let place = format!("It lies in {folder} of {}", account.display());
            match role {
                FolderRole::Junk => no(
                    name,
                    format!("{place}. Mail that your provider takes for junk does not come in by itself."),
                    Mend::BringIn,
                ),
                FolderRole::Trash => {
                    no(name, format!("{place}. Deleted mail does not come in by itself."), Mend::BringIn)
                }
                FolderRole::Drafts => {
                    no(name, format!("{place}. Drafts do not come in by themselves."), Mend::BringIn)
                }
                _ if *watched => yes(name, format!("{place}, which is watched.")),
                _ => no(name, format!("{place}, which is not watched."), Mend::WatchFolder),
            }
        }
    }
}

fn rule(facts: &Facts) -> Check {
    let name = "rule";
    let reason = |reason: Option<Reason>| reason.map(Reason::sentence);
    if let Some(here) = &facts.here {
        return match (&here.project, reason(here.reason)) {
            (Some(project), Some(why)) => yes(name, format!("It is in {project}, {why}.")),
            (Some(project), None) => yes(name, format!("It is in {project}.")),
            (None, Some(why)) => yes(name, format!("It is here and waits in To sort. {why}.")),
            (None, None) => yes(name, "It is here and waits in To sort."),
        };
    }
    match &facts.found {
        Found::Folder { .. } => no(name, "It has not been brought in yet.", Mend::SyncNow),
        Found::NotLooked | Found::Nowhere { .. } => unknown(name, "No rule has seen it: it is not here yet."),
    }
}
