//! Filing: gathers the facts, asks the rules, stores the answer.

use crate::filing;
use crate::model::MessageId;
use crate::store::messages::{self, Filed};
use crate::store::{Result, threads};
use rusqlite::Connection;

/// Files a message that lies nowhere yet. `true`: it is in a project.
pub(super) fn file_by_rule(connection: &Connection, id: MessageId) -> Result<bool> {
    let ids = messages::thread_ids(connection, id)?;
    let mut touched = threads::touched(connection, &ids)?;
    if touched.is_empty() {
        touched.push(messages::thread_of(connection, id)?);
    }
    let facts = messages::filing_facts(connection, id, &touched)?;
    let decision = filing::decide(&facts);
    let filed =
        Filed { project: decision.project, reason: decision.reason.code().into(), moved_by_user: false };
    if messages::filed(connection, id)? != filed {
        messages::file(connection, id, &filed)?;
    }
    Ok(filed.project.is_some())
}

/// Asks the rules again for what waits to be sorted, oldest first: contacts, projects or rules have changed. A
/// message that is filed stays where it is.
pub fn refile_to_sort(connection: &Connection) -> Result<()> {
    for (id, _) in messages::to_sort(connection)? {
        file_by_rule(connection, id)?;
    }
    Ok(())
}
