//! Folders as last listed, and each one's cursor.

use super::{Result, from_text, text};
use crate::model::{AccountId, Folder, FolderId, FolderRole};
use rusqlite::{Connection, params};

/// What the server listed, and what follows from it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As the server writes it.
    pub raw_name: String,
    /// For people.
    pub name: String,
    /// By special-use or name.
    pub role: FolderRole,
    /// Watched unless the user chose otherwise.
    pub watched: bool,
}

/// How far a folder has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// UIDVALIDITY of everything below; `None`: never scanned.
    pub uid_validity: Option<u32>,
    /// Every UID below has been looked at.
    pub next_uid: u32,
    /// EXISTS then.
    pub exists: u32,
    /// HIGHESTMODSEQ then, where offered.
    pub highest_modseq: Option<u64>,
}

/// A folder with what the user chose.
#[derive(Clone, Debug)]
pub struct Known {
    /// The folder; `role` is Sent where the user marked it so, `Other` where they unmarked it.
    pub folder: Folder,
    /// Its cursor.
    pub cursor: Cursor,
}

/// Brings the table in line with a listing: new folders join, gone ones go with their places.
pub fn replace_listing(connection: &Connection, account: AccountId, listed: &[Listed]) -> Result<()> {
    let before = all(connection, account)?;
    for folder in listed {
        connection
            .prepare_cached(
                "INSERT INTO folder (account_id, raw_name, name, role, watched) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (account_id, raw_name) DO UPDATE SET name = ?3, role = ?4, \
                 watched = coalesce(watched_choice, ?5)",
            )?
            .execute(params![account.0, folder.raw_name, folder.name, text(&folder.role), folder.watched])?;
    }
    // Which way the mail of a folder went has changed: it is looked at anew.
    for now in all(connection, account)? {
        let then = before.iter().find(|known| known.folder.id == now.folder.id);
        let sent = |known: &Known| known.folder.role == FolderRole::Sent;
        if then.is_some_and(|then| sent(then) != sent(&now)) {
            forget_uids(connection, now.folder.id)?;
        }
    }
    let known: Vec<(i64, String)> = connection
        .prepare_cached("SELECT id, raw_name FROM folder WHERE account_id = ?1")?
        .query_map([account.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, raw_name) in known {
        if !listed.iter().any(|folder| folder.raw_name == raw_name) {
            connection.prepare_cached("DELETE FROM folder WHERE id = ?1")?.execute([id])?;
        }
    }
    Ok(())
}

/// Every folder of an account, by name.
pub fn all(connection: &Connection, account: AccountId) -> Result<Vec<Known>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, raw_name, name, role, watched, sent_choice, uid_validity, next_uid, exists_count, \
             highest_modseq FROM folder WHERE account_id = ?1 ORDER BY role <> 'inbox', name",
        )?
        .query_map([account.0], |row| {
            let listed: FolderRole = from_text(row.get(3)?)?;
            let role = match row.get::<_, Option<bool>>(5)? {
                Some(true) => FolderRole::Sent,
                Some(false) if listed == FolderRole::Sent => FolderRole::Other,
                _ => listed,
            };
            Ok(Known {
                folder: Folder {
                    id: FolderId(row.get(0)?),
                    account_id: account,
                    raw_name: row.get(1)?,
                    name: row.get(2)?,
                    role,
                    watched: row.get(4)?,
                },
                cursor: Cursor {
                    uid_validity: row.get(6)?,
                    next_uid: row.get::<_, Option<u32>>(7)?.unwrap_or(1),
                    exists: row.get::<_, Option<u32>>(8)?.unwrap_or(0),
                    highest_modseq: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
                },
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Whose a folder is.
pub fn account_of(connection: &Connection, folder: FolderId) -> Result<AccountId> {
    Ok(connection
        .prepare_cached("SELECT account_id FROM folder WHERE id = ?1")?
        .query_row([folder.0], |row| row.get(0).map(AccountId))?)
}

/// Stores how far a folder has been read.
pub fn set_cursor(connection: &Connection, folder: FolderId, cursor: &Cursor) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE folder SET uid_validity = ?2, next_uid = ?3, exists_count = ?4, highest_modseq = ?5 WHERE id = ?1",
        )?
        .execute(params![
            folder.0,
            cursor.uid_validity,
            cursor.next_uid,
            cursor.exists,
            cursor.highest_modseq.map(u64::cast_signed)
        ])?;
    Ok(())
}

/// UIDVALIDITY changed: every UID that is known of the folder is worthless. The messages stay.
pub fn forget_uids(connection: &Connection, folder: FolderId) -> Result<()> {
    for sql in [
        "DELETE FROM location WHERE folder_id = ?1",
        "DELETE FROM wanted WHERE folder_id = ?1",
        "DELETE FROM coverage WHERE folder_id = ?1",
        "UPDATE folder SET uid_validity = NULL, next_uid = NULL WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([folder.0])?;
    }
    Ok(())
}

/// What the user chose for a folder: whether it is watched, whether it is a Sent folder.
pub fn choose(connection: &Connection, folder: FolderId, watched: bool, sent: bool) -> Result<()> {
    // A choice that equals what holds by itself is none, so that a later change of the rules reaches it.
    connection
        .prepare_cached(
            "UPDATE folder SET watched_choice = CASE WHEN watched = ?2 THEN watched_choice ELSE ?2 END, watched = ?2, \
             sent_choice = CASE WHEN (role = 'sent') = ?3 THEN NULL ELSE ?3 END WHERE id = ?1",
        )?
        .execute(params![folder.0, watched, sent])?;
    Ok(())
}
