//! Mail of deleted accounts that was kept: an account of the same address takes it over.

use super::Result;
use crate::model::{AccountId, Address};
use rusqlite::{Connection, params};

/// Notes, before an account is deleted, which messages came from it.
pub fn keep(connection: &Connection, account: AccountId, email: &Address) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO kept_mail (email, message_id) SELECT ?2, message_id FROM origin WHERE account_id = ?1",
        )?
        .execute(params![account.0, email.as_str()])?;
    Ok(())
}

/// Gives the kept mail of an address to a new account. How many messages that were.
pub fn adopt(connection: &Connection, account: AccountId, email: &Address) -> Result<u32> {
    let adopted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO origin (account_id, message_id) SELECT ?1, message_id FROM kept_mail WHERE email = ?2",
        )?
        .execute(params![account.0, email.as_str()])?;
    connection.prepare_cached("DELETE FROM kept_mail WHERE email = ?1")?.execute([email.as_str()])?;
    Ok(u32::try_from(adopted).unwrap_or(u32::MAX))
}
