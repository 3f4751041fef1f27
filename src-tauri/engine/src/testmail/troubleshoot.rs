//! The troubleshooter, asked about a run whose reply did not come.

use crate::model::{Address, Check, FolderRole, Timestamp};
use crate::store::test_runs::Run;
use crate::store::{Result, accounts, folders};
use crate::troubleshoot::{Found, Question, checks, gather};
use rusqlite::Connection;

/// Every check with its fact, as the store and the last look at the server know it.
pub fn troubleshoot(connection: &Connection, run: &Run, now: Timestamp) -> Result<Vec<Check>> {
    let question = Question {
        sender: run.found.as_ref().and_then(|found| found.from.clone()).unwrap_or(run.address.clone()),
        contact: run.contact,
        date: Some(run.started_at),
        to: Address::parse(&run.account_email).ok(),
        subject: run.token.clone(),
        message: run.reply,
        found: where_it_lies(connection, run)?,
    };
    Ok(checks(&gather(connection, question, now)?))
}

fn where_it_lies(connection: &Connection, run: &Run) -> Result<Found> {
    let Some(found) = &run.found else { return Ok(Found::NotLooked) };
    let known = folders::all(connection, found.account)?
        .into_iter()
        .map(|known| known.folder)
        .find(|folder| folder.name == found.folder && (folder.role == FolderRole::Junk) == found.junk);
    let Some(folder) = known else { return Ok(Found::NotLooked) };
    Ok(Found::Folder {
        account: accounts::get(connection, found.account)?.email,
        name: folder.name,
        role: folder.role,
        watched: folder.watched,
    })
}
