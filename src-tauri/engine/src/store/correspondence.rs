//! From where, and to whom, mail was written before: what a new one begins with.

use super::{Result, from_json};
use crate::model::{AccountId, ContactId, Mailbox, MessageId, ProjectId};
use rusqlite::{Connection, OptionalExtension};

/// The account of the newest message of a project, or of a contact's mail: what a mail begun there is sent from.
pub fn latest_account(
    connection: &Connection,
    project: Option<ProjectId>,
    people: &[ContactId],
) -> Result<Option<AccountId>> {
    if let Some(project) = project {
        let found: Option<i64> = connection
            .prepare_cached(
                "SELECT o.account_id FROM message m JOIN origin o ON o.message_id = m.id WHERE m.project_id = ?1 \
                 ORDER BY m.date DESC, m.id DESC LIMIT 1",
            )?
            .query_row([project.0], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found.map(AccountId));
        }
    }
    for person in people {
        let found: Option<i64> = connection
            .prepare_cached(
                "SELECT o.account_id FROM contact_address a JOIN participant p ON p.address = a.address \
                 JOIN message m ON m.id = p.message_id JOIN origin o ON o.message_id = m.id WHERE a.contact_id = ?1 \
                 ORDER BY m.date DESC, m.id DESC LIMIT 1",
            )?
            .query_row([person.0], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found.map(AccountId));
        }
    }
    Ok(None)
}

/// The accounts from which a message came.
pub fn accounts_of(connection: &Connection, message: MessageId) -> Result<Vec<AccountId>> {
    Ok(connection
        .prepare_cached("SELECT account_id FROM origin WHERE message_id = ?1 ORDER BY account_id")?
        .query_map([message.0], |row| row.get(0).map(AccountId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// People of the newest outgoing mail, as its To and Cc name them, newest first.
pub fn written_to(connection: &Connection) -> Result<Vec<Mailbox>> {
    let lists = connection
        .prepare_cached(
            "SELECT to_json, cc_json FROM (SELECT to_json, cc_json, direction FROM message ORDER BY date DESC, id DESC \
             LIMIT 2000) WHERE direction = 'out'",
        )?
        .query_map([], |row| {
            let mut people: Vec<Mailbox> = from_json(&row.get::<_, String>(0)?)?;
            people.extend(from_json::<Vec<Mailbox>>(&row.get::<_, String>(1)?)?);
            Ok(people)
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lists.into_iter().flatten().collect())
}
