//! Projects and who they are for.

use super::{Result, from_text, text};
use crate::model::{ContactId, Project, ProjectFacts, ProjectId, ProjectStatus, Refusal, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// One project, or a refusal when it is gone.
pub fn get(connection: &Connection, id: ProjectId) -> Result<Project> {
    let project = connection
        .prepare_cached("SELECT title, status, status_at, notes FROM project WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(Project {
                id,
                title: row.get(0)?,
                status: from_text::<ProjectStatus>(row.get(1)?)?,
                status_at: Timestamp(row.get(2)?),
                notes: row.get(3)?,
                contact_ids: Vec::new(),
            })
        })
        .optional()?
        .ok_or_else(|| Refusal::not_found("project"))?;
    Ok(Project { contact_ids: contacts(connection, id)?, ..project })
}

/// Every project's id: active first, then by title.
pub fn ids(connection: &Connection) -> Result<Vec<ProjectId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM project ORDER BY status <> 'active', title COLLATE NOCASE, id")?
        .query_map([], |row| row.get(0).map(ProjectId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Who a project is for.
pub fn contacts(connection: &Connection, id: ProjectId) -> Result<Vec<ContactId>> {
    Ok(connection
        .prepare_cached("SELECT contact_id FROM project_contact WHERE project_id = ?1 ORDER BY contact_id")?
        .query_map([id.0], |row| row.get(0).map(ContactId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The projects of a contact, as the filing rules see them.
pub fn of_contact(connection: &Connection, id: ContactId) -> Result<Vec<ProjectFacts>> {
    Ok(connection
        .prepare_cached(
            "SELECT p.id, p.status FROM project_contact pc JOIN project p ON p.id = pc.project_id \
             WHERE pc.contact_id = ?1 ORDER BY p.id",
        )?
        .query_map([id.0], |row| {
            Ok(ProjectFacts { id: ProjectId(row.get(0)?), status: from_text(row.get(1)?)? })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Stores a new project. `project.id` is not looked at.
pub fn insert(connection: &Connection, project: &Project, now: Timestamp) -> Result<ProjectId> {
    connection
        .prepare_cached(
            "INSERT INTO project (title, status, status_at, notes, created_at) VALUES (?1, ?2, ?3, ?4, ?3)",
        )?
        .execute(params![project.title, text(&project.status), now.0, project.notes])?;
    let id = ProjectId(connection.last_insert_rowid());
    set_contacts(connection, id, &project.contact_ids)?;
    Ok(id)
}

/// Stores what a project is now; its status keeps the time of its last change.
pub fn update(connection: &Connection, project: &Project, now: Timestamp) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE project SET title = ?2, status_at = CASE WHEN status = ?3 THEN status_at ELSE ?4 END, \
             status = ?3, notes = ?5 WHERE id = ?1",
        )?
        .execute(params![project.id.0, project.title, text(&project.status), now.0, project.notes])?;
    if changed == 0 {
        return Err(Refusal::not_found("project").into());
    }
    set_contacts(connection, project.id, &project.contact_ids)
}

fn set_contacts(connection: &Connection, id: ProjectId, contacts: &[ContactId]) -> Result<()> {
    connection.prepare_cached("DELETE FROM project_contact WHERE project_id = ?1")?.execute([id.0])?;
    for contact in contacts {
        super::contacts::get(connection, *contact)?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO project_contact (project_id, contact_id) VALUES (?1, ?2)")?
            .execute(params![id.0, contact.0])?;
    }
    Ok(())
}

/// Removes a project. Its messages go to sort.
pub fn delete(connection: &Connection, id: ProjectId) -> Result<()> {
    connection.prepare_cached("DELETE FROM project WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}
