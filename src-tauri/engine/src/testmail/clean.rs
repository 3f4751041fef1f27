//! Removing what was made for a test: here alone, never on a server.

use super::gather::answering;
use crate::model::{ContactId, MessageId, ProjectId};
use crate::store::test_runs::{self, Run};
use crate::store::{Result, contacts, lists, messages, projects};
use crate::sync::refile_to_sort;
use rusqlite::Connection;

/// What removing would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// The test's mail, and what answers it.
    pub messages: Vec<MessageId>,
    /// The contact that was made for it, with its name; not when there is other mail of it, or another job.
    pub contact: Option<(ContactId, String)>,
    /// The project that was made for it, with its title; not when anything else is in it.
    pub project: Option<(ProjectId, String)>,
}

impl Removal {
    /// There is nothing to remove.
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.contact.is_none() && self.project.is_none()
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if let Some((_, name)) = &self.contact {
            parts.push(format!("the contact “{name}”"));
        }
        if let Some((_, title)) = &self.project {
            parts.push(format!("the project “{title}”"));
        }
        match self.messages.len() {
            0 => {}
            1 => parts.push("1 message".into()),
            n => parts.push(format!("{n} messages")),
        }
        let Some(last) = parts.pop() else { return "There is nothing left to remove.".into() };
        let all = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
        format!("This removes {all} from Hatstand. Your mailboxes stay as they are.")
    }
}

/// What removing a run would remove now.
pub fn removal(connection: &Connection, run: &Run) -> Result<Removal> {
    let mut gone: Vec<MessageId> =
        answering(connection, run)?.into_iter().map(|mention| mention.id).chain(run.reply).collect();
    gone.extend(messages::with_message_id(connection, &run.message_id)?);
    gone.sort_unstable();
    gone.dedup();
    let project = removable_project(connection, run, &gone)?;
    let contact = removable_contact(connection, run, &gone, project.as_ref().map(|(id, _)| *id))?;
    Ok(Removal { messages: gone, contact, project })
}

fn removable_project(
    connection: &Connection,
    run: &Run,
    gone: &[MessageId],
) -> Result<Option<(ProjectId, String)>> {
    let Some(id) = run.project else { return Ok(None) };
    let (made, waiting) = test_runs::of_project(connection, id)?;
    let project = projects::get(connection, id)?;
    let only_its = project.contact_ids.iter().all(|contact| Some(*contact) == run.contact);
    let empty = lists::ids_of_project(connection, id)?.iter().all(|message| gone.contains(message));
    let written = test_runs::others_written(connection, id, run.outgoing)?;
    let goes = made && waiting == 0 && only_its && empty && !written && project.notes.is_empty();
    Ok(goes.then_some((id, project.title)))
}

fn removable_contact(
    connection: &Connection,
    run: &Run,
    gone: &[MessageId],
    project: Option<ProjectId>,
) -> Result<Option<(ContactId, String)>> {
    let Some(id) = run.contact else { return Ok(None) };
    let (made, waiting) = test_runs::of_contact(connection, id)?;
    let no_other_mail = lists::of_contact(connection, id, lists::After::START, 1000)?
        .iter()
        .all(|message| gone.contains(&message.id));
    let no_other_job = projects::of_contact(connection, id)?.iter().all(|facts| Some(facts.id) == project);
    let goes = made && waiting == 0 && no_other_mail && no_other_job;
    Ok(if goes { Some((id, contacts::get(connection, id)?.name)) } else { None })
}

/// Removes it.
pub fn clean(connection: &Connection, run: &Run) -> Result<()> {
    let removal = removal(connection, run)?;
    messages::delete(connection, &removal.messages)?;
    if let Some(outgoing) = run.outgoing {
        test_runs::forget_mail(connection, outgoing)?;
    }
    if let Some((id, _)) = removal.project {
        projects::delete(connection, id)?;
    }
    if let Some((id, _)) = removal.contact {
        contacts::delete(connection, id)?;
    }
    test_runs::set_cleaned(connection, run.id)?;
    refile_to_sort(connection)
}
