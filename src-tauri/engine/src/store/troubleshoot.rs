//! What the checks for missing mail ask.

use super::{Result, from_text};
use crate::model::{AccountId, Address, FolderId, FolderRole, MessageId, Timestamp};
use rusqlite::{Connection, params};

/// "Roughly then" reaches so far, either way.
const ROUGHLY_MS: i64 = 36 * 60 * 60 * 1000;
/// So many of a sender's mails are looked through.
const NEWEST: u32 = 500;

/// The newest mail of a sender that is here; near a moment and with a word of its subject when these are given.
pub fn from_sender(
    connection: &Connection,
    sender: &Address,
    around: Option<Timestamp>,
    subject: &str,
) -> Result<Option<MessageId>> {
    let (from, until) =
        around.map_or((i64::MIN, i64::MAX), |at| (at.plus(-ROUGHLY_MS).0, at.plus(ROUGHLY_MS).0));
    let word = subject.trim().to_lowercase();
    let newest: Vec<(i64, String)> = connection
        .prepare_cached(
            "SELECT m.id, m.subject FROM participant p JOIN message m ON m.id = p.message_id WHERE p.address = ?1 \
             AND p.role = 'from' AND m.received BETWEEN ?2 AND ?3 ORDER BY m.received DESC, m.id DESC LIMIT ?4",
        )?
        .query_map(params![sender.as_str(), from, until, NEWEST], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    // SQLite's lower() knows ASCII alone.
    let found = newest.into_iter().find(|(_, subject)| subject.to_lowercase().contains(&word));
    Ok(found.map(|(id, _)| MessageId(id)))
}

/// When the server took a message in.
pub fn received(connection: &Connection, id: MessageId) -> Result<Timestamp> {
    Ok(connection
        .prepare_cached("SELECT received FROM message WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0).map(Timestamp))?)
}

/// A folder in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFact {
    /// For people.
    pub name: String,
    /// What it is for, as the user marked it.
    pub role: FolderRole,
    /// Cycles look into it.
    pub watched: bool,
}

/// What a folder is.
pub fn folder(connection: &Connection, id: FolderId) -> Result<FolderFact> {
    Ok(connection
        .prepare_cached(
            "SELECT name, CASE WHEN sent_choice = 1 THEN 'sent' WHEN sent_choice = 0 AND role = 'sent' THEN 'other' \
             ELSE role END, watched FROM folder WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(FolderFact { name: row.get(0)?, role: from_text(row.get(1)?)?, watched: row.get(2)? })
        })?)
}

/// Whether mail that came since then lies on no server any more: something else than Hatstand removes mail there.
pub fn others_remove(connection: &Connection, since: Timestamp) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM message m INDEXED BY message_date WHERE m.date >= ?1 AND m.direction = 'in' \
             AND NOT EXISTS (SELECT 1 FROM location l WHERE l.message_id = m.id) LIMIT 1",
        )?
        .exists([since.0])?)
}

/// Whether an account's server shows all of its mailbox: not Gmail that hides All Mail from IMAP, nor Yahoo and AOL
/// with a folder that stops at its 10,000th message. "It has not reached your mailbox" can be said only then.
pub fn all_shown(connection: &Connection, account: AccountId) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT a.all_mail_hidden = 0 AND NOT (a.provider IN ('yahoo', 'aol') AND EXISTS \
             (SELECT 1 FROM folder f WHERE f.account_id = a.id AND f.exists_count >= 10000)) \
             FROM account a WHERE a.id = ?1",
        )?
        .query_row([account.0], |row| row.get(0))?)
}
