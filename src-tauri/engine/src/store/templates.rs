//! Words to begin a mail with.

use super::Result;
use crate::model::{Refusal, TemplateId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Row id.
    pub id: TemplateId,
    /// Its name in the menu.
    pub title: String,
    /// Subject; may be empty.
    pub subject: String,
    /// Cleaned HTML.
    pub html: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored { id: TemplateId(row.get(0)?), title: row.get(1)?, subject: row.get(2)?, html: row.get(3)? })
}

/// All, by title.
pub fn all(connection: &Connection) -> Result<Vec<Stored>> {
    Ok(connection
        .prepare_cached("SELECT id, title, subject, html FROM template ORDER BY title COLLATE NOCASE, id")?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?)
}

/// One, or a refusal when it is gone.
pub fn get(connection: &Connection, id: TemplateId) -> Result<Stored> {
    connection
        .prepare_cached("SELECT id, title, subject, html FROM template WHERE id = ?1")?
        .query_row([id.0], read)
        .optional()?
        .ok_or_else(|| Refusal::not_found("template").into())
}

/// Stores a new one; its `id` is not looked at.
pub fn insert(connection: &Connection, template: &Stored, now: Timestamp) -> Result<TemplateId> {
    connection
        .prepare_cached("INSERT INTO template (title, subject, html, changed_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![template.title, template.subject, template.html, now.0])?;
    Ok(TemplateId(connection.last_insert_rowid()))
}

/// Changes one.
pub fn update(connection: &Connection, template: &Stored, now: Timestamp) -> Result<()> {
    get(connection, template.id)?;
    connection
        .prepare_cached(
            "UPDATE template SET title = ?2, subject = ?3, html = ?4, changed_at = ?5 WHERE id = ?1",
        )?
        .execute(params![template.id.0, template.title, template.subject, template.html, now.0])?;
    Ok(())
}

/// Removes one.
pub fn delete(connection: &Connection, id: TemplateId) -> Result<()> {
    connection.prepare_cached("DELETE FROM template WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}
