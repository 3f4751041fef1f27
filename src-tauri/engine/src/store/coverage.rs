//! What folders have been searched for, and what was found and waits to be fetched.

use super::Result;
use crate::model::{AccountId, AddressId, FolderId, Timestamp};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// What a folder has been searched for on behalf of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// UIDVALIDITY under which `first_uid_next` holds.
    pub uid_validity: u32,
    /// UIDNEXT as first seen after the address was saved.
    pub first_uid_next: u32,
    /// Searched back to here.
    pub searched_since: Timestamp,
}

/// The coverage of a folder, by address.
pub fn of_folder(connection: &Connection, folder: FolderId) -> Result<HashMap<AddressId, Coverage>> {
    Ok(connection
        .prepare_cached(
            "SELECT address_id, uid_validity, first_uid_next, searched_since FROM coverage WHERE folder_id = ?1",
        )?
        .query_map([folder.0], |row| {
            Ok((
                AddressId(row.get(0)?),
                Coverage {
                    uid_validity: row.get(1)?,
                    first_uid_next: row.get(2)?,
                    searched_since: Timestamp(row.get(3)?),
                },
            ))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Stores coverage. Nothing happens when the address was removed meanwhile.
pub fn set(connection: &Connection, folder: FolderId, address: AddressId, coverage: &Coverage) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO coverage (address_id, folder_id, uid_validity, first_uid_next, searched_since) \
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM contact_address WHERE id = ?1) \
             ON CONFLICT (address_id, folder_id) DO UPDATE SET uid_validity = ?3, first_uid_next = ?4, searched_since = ?5",
        )?
        .execute(params![
            address.0,
            folder.0,
            coverage.uid_validity,
            coverage.first_uid_next,
            coverage.searched_since.0
        ])?;
    Ok(())
}

/// A message that was found and is not fetched yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where.
    pub folder: FolderId,
    /// UIDVALIDITY under which the UID holds.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// The contact's address that it matched.
    pub address: AddressId,
    /// RFC822.SIZE.
    pub size: u32,
    /// INTERNALDATE.
    pub internal_date: Timestamp,
    /// \Seen.
    pub seen: bool,
    /// Found as outgoing.
    pub outgoing: bool,
    /// X-GM-MSGID.
    pub gmail_id: Option<u64>,
    /// It comes in by the backfill range alone.
    pub backfilled: bool,
    /// Out of every range: only its place is noted, if the message is here already.
    pub known_only: bool,
    /// A moved mailbox: it waits for the person's answer.
    pub ask: bool,
}

/// Notes a found message.
pub fn want(connection: &Connection, wanted: &Wanted) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO wanted (folder_id, uid_validity, uid, address_id, size, internal_date, seen, \
             outgoing, gmail_id, backfilled, known_only, state) SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12 \
             WHERE EXISTS (SELECT 1 FROM contact_address WHERE id = ?4)",
        )?
        .execute(params![
            wanted.folder.0,
            wanted.uid_validity,
            wanted.uid,
            wanted.address.0,
            wanted.size,
            wanted.internal_date.0,
            wanted.seen,
            wanted.outgoing,
            wanted.gmail_id.map(u64::cast_signed),
            wanted.backfilled,
            wanted.known_only,
            if wanted.ask { "ask" } else { "fetch" }
        ])?;
    Ok(())
}

const TO_FETCH: &str = "SELECT uid_validity, uid, address_id, size, internal_date, seen, outgoing, gmail_id, backfilled, \
                        known_only FROM wanted WHERE folder_id = ?1 AND uid > ?2 AND state = 'fetch'";

/// What waits to be fetched from a folder after a UID, by UID; not what the server failed to deliver before.
pub fn to_fetch(connection: &Connection, folder: FolderId, after: u32, limit: u32) -> Result<Vec<Wanted>> {
    read_wanted(
        connection,
        &format!("{TO_FETCH} AND attempts = 0 ORDER BY uid LIMIT ?3"),
        folder,
        after,
        limit,
    )
}

/// What the server failed to deliver before, the least tried first.
pub fn to_retry(connection: &Connection, folder: FolderId, limit: u32) -> Result<Vec<Wanted>> {
    read_wanted(
        connection,
        &format!("{TO_FETCH} AND attempts > 0 ORDER BY attempts, uid LIMIT ?3"),
        folder,
        0,
        limit,
    )
}

fn read_wanted(
    connection: &Connection,
    sql: &str,
    folder: FolderId,
    after: u32,
    limit: u32,
) -> Result<Vec<Wanted>> {
    Ok(connection
        .prepare_cached(sql)?
        .query_map(params![folder.0, after, limit], |row| {
            Ok(Wanted {
                folder,
                uid_validity: row.get(0)?,
                uid: row.get(1)?,
                address: AddressId(row.get(2)?),
                size: row.get(3)?,
                internal_date: Timestamp(row.get(4)?),
                seen: row.get(5)?,
                outgoing: row.get(6)?,
                gmail_id: row.get::<_, Option<i64>>(7)?.map(i64::cast_unsigned),
                backfilled: row.get(8)?,
                known_only: row.get(9)?,
                ask: false,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// How many messages wait to be fetched from a folder.
pub fn count_to_fetch(connection: &Connection, folder: FolderId) -> Result<u32> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM wanted WHERE folder_id = ?1 AND state = 'fetch'")?
        .query_row([folder.0], |row| row.get(0))?)
}

/// Takes a message off the list: it is here, or it is gone from the server. `false`: it was not wanted any more.
pub fn settle(connection: &Connection, folder: FolderId, uid: u32) -> Result<bool> {
    let settled = connection
        .prepare_cached("DELETE FROM wanted WHERE folder_id = ?1 AND uid = ?2")?
        .execute(params![folder.0, uid])?;
    Ok(settled > 0)
}

/// The server failed to deliver a message.
pub fn note_failed(connection: &Connection, folder: FolderId, uid: u32) -> Result<()> {
    connection
        .prepare_cached("UPDATE wanted SET attempts = attempts + 1 WHERE folder_id = ?1 AND uid = ?2")?
        .execute(params![folder.0, uid])?;
    Ok(())
}

/// An address goes: what was wanted for its sake goes too. A message may have been wanted for another one as well, so
/// its folders are searched anew for everybody.
pub(super) fn forget_address(connection: &Connection, address: AddressId) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM coverage WHERE folder_id IN (SELECT folder_id FROM wanted WHERE address_id = ?1)",
        )?
        .execute([address.0])?;
    Ok(())
}

/// Which of the UIDs are waiting, fetched or not.
pub fn waiting_uids(connection: &Connection, folder: FolderId) -> Result<Vec<u32>> {
    Ok(connection
        .prepare_cached("SELECT uid FROM wanted WHERE folder_id = ?1")?
        .query_map([folder.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// How many messages of a moved mailbox wait for an answer.
pub fn asked(connection: &Connection, account: AccountId) -> Result<u32> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM folder f JOIN wanted w ON w.folder_id = f.id \
             WHERE f.account_id = ?1 AND w.state = 'ask'",
        )?
        .query_row([account.0], |row| row.get(0))?)
}

/// The answer to "Your mailbox seems to have been moved": bring them in as a backfill, or drop them.
pub fn answer(connection: &Connection, account: AccountId, bring_in: bool) -> Result<()> {
    let sql = if bring_in {
        "UPDATE wanted SET state = 'fetch', backfilled = 1 WHERE state = 'ask' \
         AND folder_id IN (SELECT id FROM folder WHERE account_id = ?1)"
    } else {
        "DELETE FROM wanted WHERE state = 'ask' AND folder_id IN (SELECT id FROM folder WHERE account_id = ?1)"
    };
    connection.prepare_cached(sql)?.execute([account.0])?;
    Ok(())
}
