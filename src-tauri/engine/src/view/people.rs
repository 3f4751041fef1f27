//! Contacts and projects as screens show them.

use crate::model::{Backfill, ContactId, ContactKind, Project, ProjectId, ProjectStatus, Timestamp};
use crate::store::{Result, contacts, lists, projects};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// A contact by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PersonName {
    /// Who.
    pub id: ContactId,
    /// Name.
    pub name: String,
}

/// A row of the projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProjectRow {
    /// Id.
    pub id: ProjectId,
    /// Title.
    pub title: String,
    /// Where it stands.
    pub status: ProjectStatus,
    /// Since when.
    pub status_at: Timestamp,
    /// Who it is for.
    pub contacts: Vec<PersonName>,
    /// Messages in it.
    pub messages: u32,
    /// Of them unread.
    pub unread: u32,
    /// Date of the newest.
    pub last_message_at: Option<Timestamp>,
}

/// Makes a row.
pub fn project_row(connection: &Connection, project: &Project) -> Result<ProjectRow> {
    let counts = lists::counts_of_project(connection, project.id)?;
    let mut people = Vec::new();
    for id in &project.contact_ids {
        people.push(PersonName { id: *id, name: contacts::get(connection, *id)?.name });
    }
    Ok(ProjectRow {
        id: project.id,
        title: project.title.clone(),
        status: project.status,
        status_at: project.status_at,
        contacts: people,
        messages: counts.messages,
        unread: counts.unread,
        last_message_at: counts.newest,
    })
}

/// Somebody who wrote in a thread of the project and is no contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename = "Stranger")]
pub struct StrangerView {
    /// To hand to `add_stranger`.
    pub id: i64,
    /// Address.
    pub address: String,
    /// The name beside it.
    pub name: String,
    /// When that mail came.
    pub at: Timestamp,
}

/// A project's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ProjectDetail {
    /// Its row.
    pub row: ProjectRow,
    /// Notes.
    pub notes: String,
    /// People who are no contacts yet.
    pub strangers: Vec<StrangerView>,
}

/// Makes a project's page.
pub fn project_detail(connection: &Connection, id: ProjectId) -> Result<ProjectDetail> {
    let project = projects::get(connection, id)?;
    let strangers = contacts::strangers(connection, id)?
        .into_iter()
        .map(|stranger| StrangerView {
            id: stranger.id,
            address: stranger.address.display(),
            name: stranger.name,
            at: stranger.date,
        })
        .collect();
    Ok(ProjectDetail { row: project_row(connection, &project)?, notes: project.notes, strangers })
}

/// A row of the contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ContactRow {
    /// Id.
    pub id: ContactId,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// Kind.
    pub kind: ContactKind,
    /// Addresses.
    pub addresses: Vec<String>,
    /// Titles of active projects.
    pub projects: Vec<String>,
    /// Messages.
    pub messages: u32,
    /// Date of the newest.
    pub last_message_at: Option<Timestamp>,
}

fn projects_of(connection: &Connection, id: ContactId) -> Result<Vec<Project>> {
    projects::of_contact(connection, id)?.iter().map(|facts| projects::get(connection, facts.id)).collect()
}

/// Makes a row.
pub fn contact_row(connection: &Connection, id: ContactId) -> Result<ContactRow> {
    let contact = contacts::get(connection, id)?;
    let counts = lists::counts_of_contact(connection, id)?;
    Ok(ContactRow {
        id,
        name: contact.name,
        company: contact.company,
        kind: contact.kind,
        addresses: contact.addresses.iter().map(|entry| entry.address.display()).collect(),
        projects: projects_of(connection, id)?
            .into_iter()
            .filter(|project| project.status == ProjectStatus::Active)
            .map(|project| project.title)
            .collect(),
        messages: counts.messages,
        last_message_at: counts.newest,
    })
}

/// An address on a contact's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ContactAddressView {
    /// Id.
    pub id: crate::model::AddressId,
    /// Address.
    pub address: String,
    /// Its mail comes in from here on.
    pub saved_at: Timestamp,
    /// Earlier mail that was asked for.
    pub backfill: Backfill,
    /// Messages that it is in.
    pub messages: u32,
    /// Earlier messages that the servers hold, as last counted; `None`: not counted yet.
    pub earlier: Option<u32>,
    /// Arrival of the oldest of them.
    pub earlier_since: Option<Timestamp>,
}

/// A contact's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct ContactDetail {
    /// Id.
    pub id: ContactId,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// Kind.
    pub kind: ContactKind,
    /// Telephone.
    pub phone: String,
    /// Notes.
    pub notes: String,
    /// Where mail goes when several projects could have it.
    pub default_project_id: Option<ProjectId>,
    /// Addresses.
    pub addresses: Vec<ContactAddressView>,
    /// Projects.
    pub projects: Vec<ProjectRow>,
    /// Messages.
    pub messages: u32,
}

/// Makes a contact's page.
pub fn contact_detail(connection: &Connection, id: ContactId) -> Result<ContactDetail> {
    let contact = contacts::get(connection, id)?;
    let mut addresses = Vec::new();
    for entry in &contact.addresses {
        let earlier = contacts::earlier(connection, entry.id)?;
        addresses.push(ContactAddressView {
            id: entry.id,
            address: entry.address.display(),
            saved_at: entry.saved_at,
            backfill: entry.backfill,
            messages: lists::count_of_address(connection, entry.address.as_str())?,
            earlier: earlier.map(|(count, _)| count),
            earlier_since: earlier.and_then(|(_, oldest)| oldest),
        });
    }
    let projects = projects_of(connection, id)?
        .iter()
        .map(|project| project_row(connection, project))
        .collect::<Result<_>>()?;
    Ok(ContactDetail {
        id,
        name: contact.name,
        company: contact.company,
        kind: contact.kind,
        phone: contact.phone,
        notes: contact.notes,
        default_project_id: contact.default_project_id,
        addresses,
        projects,
        messages: lists::counts_of_contact(connection, id)?.messages,
    })
}
