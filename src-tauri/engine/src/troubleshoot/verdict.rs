//! The answer in one line.

use super::checks::{checks, worst};
use super::facts::{Facts, Found};
use crate::model::{AccountState, Check, Diagnosis, FolderRole, Mend};

/// What keeps the mail away, or where it is. It stands first; the walk below proves it.
pub fn verdict(facts: &Facts) -> Diagnosis {
    let walk = checks(facts);
    let fact = |name: &str| walk.iter().find(|check| check.name == name).cloned();
    if let Some(rule) = fact("rule").filter(|_| facts.here.is_some()) {
        return here(facts, &rule, fact("project").as_ref());
    }
    // A project never keeps mail out: without one it waits in To sort. What a look found says the same as "not yet".
    let decides =
        |check: &&Check| check.ok == Some(false) && !matches!(check.name.as_str(), "project" | "rule");
    let mut crosses = walk.iter().filter(decides);
    if let Some(cross) = crosses.next() {
        return of_cross(facts, cross);
    }
    if let Some(Check { ok: Some(false), fact, mend, .. }) = fact("rule") {
        return say("not_yet", &fact, "It comes in with the next sync.", mend);
    }
    match facts.found {
        Found::Nowhere { .. } => {
            let sentence = fact("folder").map_or_else(String::new, |check| check.fact);
            say("not_found", &sentence, "Ask the sender whether it was sent, and to which address.", None)
        }
        _ => say(
            "nothing_wrong",
            "Nothing here keeps this mail away.",
            "Sync now, and ask the sender whether it was sent.",
            Some(Mend::SyncNow),
        ),
    }
}

fn say(code: &str, sentence: &str, remedy: &str, mend: Option<Mend>) -> Diagnosis {
    Diagnosis { code: code.into(), sentence: sentence.into(), remedy: remedy.into(), server_said: None, mend }
}

fn here(facts: &Facts, rule: &Check, project: Option<&Check>) -> Diagnosis {
    let filed = facts.here.as_ref().is_some_and(|here| here.project.is_some());
    if filed {
        return say("here", &rule.fact, "Open it in its project.", None);
    }
    let mend = project.and_then(|check| check.mend);
    let remedy = if mend.is_some() {
        "Create a project, or choose one in To sort."
    } else {
        "Choose its project in To sort."
    };
    say("to_sort", &rule.fact, remedy, mend)
}

fn of_cross(facts: &Facts, cross: &Check) -> Diagnosis {
    let (code, remedy) = match cross.name.as_str() {
        "contact" => ("no_contact", "Add this address as a contact. Mail of nobody known does not come in."),
        "address" if facts.near().is_some() => {
            ("nearly", "Correct the saved address, or add this one to the contact.")
        }
        "address" => ("other_address", "Add this address to the contact."),
        "saved_before" => ("saved_after", "Bring in the earlier mail of this address."),
        "account" => return of_account(facts, cross),
        "last_sync" => ("not_synced", "Sync now."),
        _ => match &facts.found {
            Found::Folder { role: FolderRole::Junk, .. } => {
                ("junk", "Bring it in, and tell your provider that it is no junk.")
            }
            Found::Folder { role: FolderRole::Trash, .. } => ("trash", "Bring it in."),
            Found::Folder { role: FolderRole::Drafts, .. } => ("drafts", "Bring it in."),
            Found::Folder { .. } => ("not_watched", "Watch this folder."),
            _ => (
                "not_arrived",
                "Ask the sender to check the address, and whether their provider sent it back.",
            ),
        },
    };
    say(code, &cross.fact, remedy, cross.mend)
}

fn of_account(facts: &Facts, cross: &Check) -> Diagnosis {
    if cross.mend == Some(Mend::ConnectAccount) {
        return say("not_connected", &cross.fact, "Connect the mailbox that it was sent to.", cross.mend);
    }
    match worst(facts) {
        Some(account) if account.state == AccountState::Paused => {
            say("paused", &cross.fact, "Resume it.", cross.mend)
        }
        Some(account) => {
            let failure = account.failure.as_ref();
            let code = failure.map_or("account", |failure| failure.cause.code());
            let remedy = failure.map_or("Open its settings.", |failure| failure.cause.remedy());
            Diagnosis {
                server_said: failure.and_then(|failure| failure.server_said.clone()),
                ..say(code, &cross.fact, remedy, cross.mend)
            }
        }
        None => say("account", &cross.fact, "Open its settings.", cross.mend),
    }
}
