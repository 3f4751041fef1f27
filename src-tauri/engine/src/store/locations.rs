//! Where messages lie on servers, and what the server says of them there.

use super::Result;
use crate::model::{AccountId, FolderId, Location, MessageId};
use rusqlite::{Connection, OptionalExtension, params};

/// A place to note.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Folder.
    pub folder: FolderId,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// \Seen there.
    pub seen: bool,
    /// It lies among sent mail there.
    pub outgoing: bool,
    /// X-GM-MSGID.
    pub gmail_id: Option<u64>,
}

/// Notes that a message lies somewhere.
pub fn add(connection: &Connection, message: MessageId, place: &Place) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO location (folder_id, uid, uid_validity, message_id, seen, outgoing, gmail_id) \
             VALUES (?1,?2,?3,?4,?5,?6,?7) ON CONFLICT (folder_id, uid) DO UPDATE SET uid_validity = ?3, message_id = ?4, \
             seen = ?5, outgoing = ?6, gmail_id = ?7",
        )?
        .execute(params![
            place.folder.0,
            place.uid,
            place.uid_validity,
            message.0,
            place.seen,
            place.outgoing,
            place.gmail_id.map(u64::cast_signed)
        ])?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO origin (account_id, message_id) SELECT account_id, ?2 FROM folder WHERE id = ?1",
        )?
        .execute(params![place.folder.0, message.0])?;
    derive(connection, message)
}

/// What follows from a message's places: outgoing when it lies among sent mail anywhere, or was sent from here (its
/// copy to oneself lies in the inbox); seen when anywhere.
/// A message without any place keeps what it was.
fn derive(connection: &Connection, message: MessageId) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE message SET (seen, direction) = (SELECT max(seen), CASE WHEN max(outgoing) OR EXISTS \
             (SELECT 1 FROM outgoing WHERE sent_message = ?1) THEN 'out' ELSE 'in' END \
             FROM location WHERE message_id = ?1) \
             WHERE id = ?1 AND EXISTS (SELECT 1 FROM location WHERE message_id = ?1)",
        )?
        .execute([message.0])?;
    Ok(())
}

/// The UIDs known of a folder, with what was last seen of them.
pub fn known_uids(connection: &Connection, folder: FolderId) -> Result<Vec<(u32, bool)>> {
    Ok(connection
        .prepare_cached("SELECT uid, seen FROM location WHERE folder_id = ?1 ORDER BY uid")?
        .query_map([folder.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// \Seen of one place changed on the server.
pub fn set_seen(connection: &Connection, folder: FolderId, uid: u32, seen: bool) -> Result<()> {
    let message: Option<i64> = connection
        .prepare_cached(
            "UPDATE location SET seen = ?3 WHERE folder_id = ?1 AND uid = ?2 RETURNING message_id",
        )?
        .query_row(params![folder.0, uid, seen], |row| row.get(0))
        .optional()?;
    message.map_or(Ok(()), |message| derive(connection, MessageId(message)))
}

/// A UID is gone from its folder. The message stays.
pub fn remove(connection: &Connection, folder: FolderId, uid: u32) -> Result<()> {
    let message: Option<i64> = connection
        .prepare_cached("DELETE FROM location WHERE folder_id = ?1 AND uid = ?2 RETURNING message_id")?
        .query_row(params![folder.0, uid], |row| row.get(0))
        .optional()?;
    message.map_or(Ok(()), |message| derive(connection, MessageId(message)))
}

/// Where a message lies.
pub fn of_message(connection: &Connection, message: MessageId) -> Result<Vec<Location>> {
    Ok(connection
        .prepare_cached(
            "SELECT f.account_id, f.id, f.name, l.uid_validity, l.uid FROM location l JOIN folder f ON f.id = l.folder_id \
             WHERE l.message_id = ?1 ORDER BY f.account_id, f.name, l.uid",
        )?
        .query_map([message.0], |row| {
            Ok(Location {
                account_id: AccountId(row.get(0)?),
                folder_id: FolderId(row.get(1)?),
                folder: row.get(2)?,
                uid_validity: row.get(3)?,
                uid: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Messages that came from this account and from no other, also those that are gone from it. Mail that was kept when
/// another account was deleted is that one's too.
pub fn only_in(connection: &Connection, account: AccountId) -> Result<Vec<MessageId>> {
    Ok(connection
        .prepare_cached(
            "SELECT message_id FROM origin o WHERE account_id = ?1 AND NOT EXISTS \
             (SELECT 1 FROM origin p WHERE p.message_id = o.message_id AND p.account_id <> ?1) AND NOT EXISTS \
             (SELECT 1 FROM kept_mail k WHERE k.message_id = o.message_id AND k.email <> \
             (SELECT email FROM account WHERE id = ?1))",
        )?
        .query_map([account.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?)
}
