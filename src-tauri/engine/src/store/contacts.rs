//! Contacts, their addresses, and who is a stranger in a thread.

use super::{Result, from_text, text};
use crate::model::{
    Address, AddressId, Backfill, Contact, ContactAddress, ContactId, ContactKind, ProjectId, Refusal,
    ThreadId, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

fn backfill(since: Option<i64>) -> Backfill {
    match since {
        None => Backfill::None,
        Some(0) => Backfill::All,
        Some(since) => Backfill::Since(Timestamp(since)),
    }
}

fn since(backfill: Backfill) -> Option<i64> {
    match backfill {
        Backfill::None => None,
        Backfill::All => Some(0),
        Backfill::Since(at) => Some(at.0.max(1)),
    }
}

fn read_address(row: &Row<'_>) -> rusqlite::Result<ContactAddress> {
    Ok(ContactAddress {
        id: AddressId(row.get(0)?),
        contact_id: ContactId(row.get(1)?),
        address: Address::unchecked(&row.get::<_, String>(2)?),
        saved_at: Timestamp(row.get(3)?),
        backfill: backfill(row.get(4)?),
    })
}

/// Every address of every contact: what a cycle matches against.
pub fn all_addresses(connection: &Connection) -> Result<Vec<ContactAddress>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, contact_id, address, saved_at, backfill_since FROM contact_address ORDER BY id",
        )?
        .query_map([], read_address)?
        .collect::<rusqlite::Result<_>>()?)
}

/// The addresses of one contact, in the order they were saved.
pub fn addresses(connection: &Connection, id: ContactId) -> Result<Vec<ContactAddress>> {
    Ok(connection
        .prepare_cached(
            "SELECT id, contact_id, address, saved_at, backfill_since FROM contact_address WHERE contact_id = ?1 \
             ORDER BY id",
        )?
        .query_map([id.0], read_address)?
        .collect::<rusqlite::Result<_>>()?)
}

/// One contact, or a refusal when it is gone.
pub fn get(connection: &Connection, id: ContactId) -> Result<Contact> {
    let contact = connection
        .prepare_cached(
            "SELECT name, kind, company, phone, notes, default_project_id FROM contact WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(Contact {
                id,
                name: row.get(0)?,
                kind: from_text::<ContactKind>(row.get(1)?)?,
                company: row.get(2)?,
                phone: row.get(3)?,
                notes: row.get(4)?,
                default_project_id: row.get::<_, Option<i64>>(5)?.map(ProjectId),
                addresses: Vec::new(),
            })
        })
        .optional()?
        .ok_or_else(|| Refusal::not_found("contact"))?;
    Ok(Contact { addresses: addresses(connection, id)?, ..contact })
}

/// Every contact's id, by name.
pub fn ids(connection: &Connection) -> Result<Vec<ContactId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM contact ORDER BY name COLLATE NOCASE, id")?
        .query_map([], |row| row.get(0).map(ContactId))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Whose address it is.
pub fn owner(connection: &Connection, address: &Address) -> Result<Option<(ContactId, String)>> {
    Ok(connection
        .prepare_cached(
            "SELECT c.id, c.name FROM contact_address a JOIN contact c ON c.id = a.contact_id WHERE a.address = ?1",
        )?
        .query_row([address.as_str()], |row| Ok((ContactId(row.get(0)?), row.get(1)?)))
        .optional()?)
}

/// Stores a contact without addresses. `contact.id` is not looked at.
pub fn insert(connection: &Connection, contact: &Contact, now: Timestamp) -> Result<ContactId> {
    connection
        .prepare_cached(
            "INSERT INTO contact (name, kind, company, phone, notes, default_project_id, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            contact.name,
            text(&contact.kind),
            contact.company,
            contact.phone,
            contact.notes,
            contact.default_project_id.map(|id| id.0),
            now.0
        ])?;
    Ok(ContactId(connection.last_insert_rowid()))
}

/// Stores what a contact is called and is; addresses have functions of their own.
pub fn update(connection: &Connection, contact: &Contact) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE contact SET name = ?2, kind = ?3, company = ?4, phone = ?5, notes = ?6, default_project_id = ?7 \
             WHERE id = ?1",
        )?
        .execute(params![
            contact.id.0,
            contact.name,
            text(&contact.kind),
            contact.company,
            contact.phone,
            contact.notes,
            contact.default_project_id.map(|id| id.0)
        ])?;
    if changed == 0 { Err(Refusal::not_found("contact").into()) } else { Ok(()) }
}

/// Saves an address of a contact, or refuses when it is somebody's.
pub fn add_address(
    connection: &Connection,
    contact: ContactId,
    address: &Address,
    saved_at: Timestamp,
    range: Backfill,
) -> Result<AddressId> {
    if let Some((owner, name)) = owner(connection, address)? {
        let sentence = if owner == contact {
            format!("{} is saved here already.", address.display())
        } else {
            format!("{} belongs to {name} already. An address belongs to one contact.", address.display())
        };
        return Err(Refusal::about("addresses", "address_taken", sentence).into());
    }
    if super::accounts::own_addresses(connection)?.contains(address) {
        let sentence =
            format!("{} is your own mailbox: what it sends is yours, not a contact’s.", address.display());
        return Err(Refusal::about("addresses", "own_address", sentence).into());
    }
    connection
        .prepare_cached(
            "INSERT INTO contact_address (contact_id, address, saved_at, backfill_since) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![contact.0, address.as_str(), saved_at.0, since(range)])?;
    let id = AddressId(connection.last_insert_rowid());
    // Somebody who is a contact is no stranger in any thread.
    connection.prepare_cached("DELETE FROM stranger WHERE address = ?1")?.execute([address.as_str()])?;
    Ok(id)
}

/// Removes an address; its messages stay.
pub fn remove_address(connection: &Connection, id: AddressId) -> Result<()> {
    super::coverage::forget_address(connection, id)?;
    connection.prepare_cached("DELETE FROM contact_address WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// Sets how much earlier mail of an address comes in.
pub fn set_backfill(connection: &Connection, id: AddressId, range: Backfill) -> Result<()> {
    let changed = connection
        .prepare_cached("UPDATE contact_address SET backfill_since = ?2 WHERE id = ?1")?
        .execute(params![id.0, since(range)])?;
    if changed == 0 { Err(Refusal::not_found("address").into()) } else { Ok(()) }
}

/// Removes a contact with its addresses. Its messages stay.
pub fn delete(connection: &Connection, id: ContactId) -> Result<()> {
    for entry in addresses(connection, id)? {
        super::coverage::forget_address(connection, entry.id)?;
    }
    connection.prepare_cached("DELETE FROM contact WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// How many earlier messages of an address the accounts hold, and since when, as last counted.
pub fn earlier(connection: &Connection, id: AddressId) -> Result<Option<(u32, Option<Timestamp>)>> {
    let (rows, count, oldest): (u32, Option<u32>, Option<i64>) = connection
        .prepare_cached("SELECT count(*), sum(count), min(oldest) FROM earlier WHERE address_id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok((rows > 0).then(|| (count.unwrap_or(0), oldest.map(Timestamp))))
}

/// Stores what an account holds of an address.
pub fn set_earlier(
    connection: &Connection,
    id: AddressId,
    account: crate::model::AccountId,
    count: u32,
    oldest: Option<Timestamp>,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO earlier (address_id, account_id, count, oldest) \
             SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM contact_address WHERE id = ?1) \
             ON CONFLICT (address_id, account_id) DO UPDATE SET count = ?3, oldest = ?4",
        )?
        .execute(params![id.0, account.0, count, oldest.map(|at| at.0)])?;
    Ok(())
}

/// A mail in a filed thread from someone who is no contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Row id.
    pub id: i64,
    /// In which thread.
    pub thread: ThreadId,
    /// Its Message-ID.
    pub message_id: String,
    /// From whom.
    pub address: Address,
    /// The name beside it.
    pub name: String,
    /// When the server received it.
    pub date: Timestamp,
}

/// Notes a stranger's mail; seeing it again changes nothing.
pub fn note_stranger(connection: &Connection, stranger: &Stranger) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO stranger (thread_id, message_id, address, name, date) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            stranger.thread.0,
            stranger.message_id,
            stranger.address.as_str(),
            stranger.name,
            stranger.date.0
        ])?;
    Ok(())
}

fn read_stranger(row: &Row<'_>) -> rusqlite::Result<Stranger> {
    Ok(Stranger {
        id: row.get(0)?,
        thread: ThreadId(row.get(1)?),
        message_id: row.get(2)?,
        address: Address::unchecked(&row.get::<_, String>(3)?),
        name: row.get(4)?,
        date: Timestamp(row.get(5)?),
    })
}

/// One stranger, or a refusal when the person is a contact by now.
pub fn stranger(connection: &Connection, id: i64) -> Result<Stranger> {
    Ok(connection
        .prepare_cached("SELECT id, thread_id, message_id, address, name, date FROM stranger WHERE id = ?1")?
        .query_row([id], read_stranger)
        .optional()?
        .ok_or_else(|| Refusal::not_found("mail"))?)
}

/// Strangers in the threads of a project, newest first, one row a person.
pub fn strangers(connection: &Connection, project: ProjectId) -> Result<Vec<Stranger>> {
    Ok(connection
        .prepare_cached(
            "SELECT s.id, s.thread_id, s.message_id, s.address, s.name, max(s.date) FROM stranger s \
             WHERE s.thread_id IN (SELECT thread_id FROM message WHERE project_id = ?1) \
             GROUP BY s.address ORDER BY max(s.date) DESC LIMIT 20",
        )?
        .query_map([project.0], read_stranger)?
        .collect::<rusqlite::Result<_>>()?)
}
