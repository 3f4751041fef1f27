//! The troubleshooter, asked about a run whose reply did not come.

use crate::model::{Address, Check, FolderRole, Timestamp};
use crate::store::test_runs::Run;
use crate::store::{Result, accounts, folders, troubleshoot};
use crate::troubleshoot::{Found, Question, checks, gather};
use rusqlite::Connection;

/// What was not there so long ago may be there now.
const FRESH_MS: i64 = 5 * 60 * 1000;
/// Mail of so many days tells whether another device removes it.
const REMOVED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Every check with its fact, as the store and the last look at the server know it.
pub fn troubleshoot(connection: &Connection, run: &Run, now: Timestamp) -> Result<Vec<Check>> {
    let question = Question {
        sender: run.found.as_ref().and_then(|found| found.from.clone()).unwrap_or(run.address.clone()),
        contact: run.contact,
        date: Some(run.started_at),
        to: Address::parse(&run.account_email).ok(),
        subject: run.token.clone(),
        message: run.reply,
        found: where_it_lies(connection, run, now)?,
    };
    Ok(checks(&gather(connection, question, now)?))
}

fn where_it_lies(connection: &Connection, run: &Run, now: Timestamp) -> Result<Found> {
    let Some(found) = &run.found else {
        let looked = run.looked_at.is_some_and(|at| now.since(at) <= FRESH_MS);
        return match run.account.filter(|_| looked) {
            None => Ok(Found::NotLooked),
            Some(account) => Ok(Found::Nowhere {
                all_shown: troubleshoot::all_shown(connection, account)?,
                others_remove: troubleshoot::others_remove(connection, run.started_at.plus(-REMOVED_MS))?,
            }),
        };
    };
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
