//! Accounts and their aliases.

use super::{Result, certificates, from_text, text};
use crate::model::{
    Account, AccountId, Address, Cause, Endpoint, Failure, Refusal, Security, SignIn, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, uuid, email, username, in_host, in_port, in_security, out_host, out_port, out_security, \
                       ca_pem, provider, paused, issuer";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    let security = |text: String| from_text::<Security>(text);
    let outgoing = match row.get::<_, Option<String>>(7)? {
        Some(host) => Some(Endpoint { host, port: row.get(8)?, security: security(row.get(9)?)? }),
        None => None,
    };
    Ok(Account {
        id: AccountId(row.get(0)?),
        uuid: row.get(1)?,
        email: Address::unchecked(&row.get::<_, String>(2)?),
        aliases: Vec::new(),
        username: row.get(3)?,
        incoming: Endpoint { host: row.get(4)?, port: row.get(5)?, security: security(row.get(6)?)? },
        outgoing,
        ca_pem: row.get(10)?,
        trusted: Vec::new(),
        known_issuers: Vec::new(),
        provider: row.get(11)?,
        paused: row.get(12)?,
        sign_in: row
            .get::<_, Option<String>>(13)?
            .map_or(SignIn::Password, |issuer| SignIn::Browser { issuer }),
    })
}

/// Every account, in the order they were connected.
pub fn all(connection: &Connection) -> Result<Vec<Account>> {
    let mut accounts = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY id"))?
        .query_map([], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for account in &mut accounts {
        complete(connection, account)?;
    }
    Ok(accounts)
}

/// One account, or a refusal when it is gone.
pub fn get(connection: &Connection, id: AccountId) -> Result<Account> {
    let mut account = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE id = ?1"))?
        .query_row([id.0], read)
        .optional()?
        .ok_or_else(|| Refusal::not_found("account"))?;
    complete(connection, &mut account)?;
    Ok(account)
}

fn complete(connection: &Connection, account: &mut Account) -> Result<()> {
    account.aliases = aliases(connection, account.id, "known")?;
    account.trusted = certificates::trusted(connection, account.id)?;
    account.known_issuers = certificates::known_issuers(connection, account.id)?;
    Ok(())
}

/// Addresses of the account in one state: `known`; `asked` (seen as From in Sent) and `delivered` (seen as
/// Delivered-To), both not answered yet; `declined`.
pub fn aliases(connection: &Connection, id: AccountId, state: &str) -> Result<Vec<Address>> {
    Ok(connection
        .prepare_cached(
            "SELECT address FROM account_alias WHERE account_id = ?1 AND state = ?2 ORDER BY address",
        )?
        .query_map(params![id.0, state], |row| Ok(Address::unchecked(&row.get::<_, String>(0)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Sets what is known of an alias. `asked` and `delivered` never overwrite an answer.
pub fn set_alias(connection: &Connection, id: AccountId, alias: &Address, state: &str) -> Result<()> {
    let keep = if matches!(state, "asked" | "delivered") { "DO NOTHING" } else { "DO UPDATE SET state = ?3" };
    connection
        .prepare_cached(&format!(
            "INSERT INTO account_alias (account_id, address, state) VALUES (?1, ?2, ?3) \
             ON CONFLICT (account_id, address) {keep}"
        ))?
        .execute(params![id.0, alias.as_str(), state])?;
    Ok(())
}

/// Replaces the known aliases.
pub fn replace_aliases(connection: &Connection, id: AccountId, known: &[Address]) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM account_alias WHERE account_id = ?1 AND state = 'known'")?
        .execute([id.0])?;
    for alias in known {
        set_alias(connection, id, alias, "known")?;
    }
    Ok(())
}

/// Every address of the user's own: accounts and aliases.
pub fn own_addresses(connection: &Connection) -> Result<Vec<Address>> {
    Ok(connection
        .prepare_cached(
            "SELECT email FROM account UNION SELECT address FROM account_alias WHERE state = 'known'",
        )?
        .query_map([], |row| Ok(Address::unchecked(&row.get::<_, String>(0)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The account that is the same: same address, incoming host and user name.
pub fn same(
    connection: &Connection,
    email: &Address,
    host: &str,
    username: &str,
) -> Result<Option<AccountId>> {
    Ok(connection
        .prepare_cached("SELECT id FROM account WHERE email = ?1 AND in_host = ?2 AND username = ?3")?
        .query_row(params![email.as_str(), host, username], |row| row.get(0).map(AccountId))
        .optional()?)
}

/// Stores a new account; its `id` is not looked at.
pub fn insert(connection: &Connection, account: &Account, now: Timestamp) -> Result<AccountId> {
    let out = account.outgoing.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO account (uuid, email, username, in_host, in_port, in_security, out_host, out_port, \
             out_security, ca_pem, provider, paused, created_at, issuer) \
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,0,?12,?13)",
        )?
        .execute(params![
            account.uuid,
            account.email.as_str(),
            account.username,
            account.incoming.host,
            account.incoming.port,
            text(&account.incoming.security),
            out.map(|o| &o.host),
            out.map(|o| o.port),
            out.map(|o| text(&o.security)),
            account.ca_pem,
            account.provider,
            now.0,
            account.sign_in.issuer()
        ])?;
    let id = AccountId(connection.last_insert_rowid());
    replace_aliases(connection, id, &account.aliases)?;
    for certificate in &account.trusted {
        certificates::trust(connection, id, certificate, now)?;
    }
    Ok(id)
}

/// Stores what reconnecting may have changed: user name, servers, and how it signs in. It was proven just now, so what
/// failed before counts no more.
pub fn set_connection(connection: &Connection, account: &Account) -> Result<()> {
    let out = account.outgoing.as_ref();
    let changed = connection
        .prepare_cached(
            "UPDATE account SET username = ?2, in_host = ?3, in_port = ?4, in_security = ?5, out_host = ?6, \
             out_port = ?7, out_security = ?8, issuer = ?9, sending_cause = NULL, sending_said = NULL, \
             proven_cycle = coalesce((SELECT max(id) FROM cycle WHERE account_id = ?1), 0) WHERE id = ?1",
        )?
        .execute(params![
            account.id.0,
            account.username,
            account.incoming.host,
            account.incoming.port,
            text(&account.incoming.security),
            out.map(|o| &o.host),
            out.map(|o| o.port),
            out.map(|o| text(&o.security)),
            account.sign_in.issuer()
        ])?;
    if changed == 0 { Err(Refusal::not_found("account").into()) } else { Ok(()) }
}

/// The latest cycle whose failure counts no more.
pub fn proven_cycle(connection: &Connection, id: AccountId) -> Result<i64> {
    Ok(connection
        .prepare_cached("SELECT proven_cycle FROM account WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// Pauses or resumes.
pub fn set_paused(connection: &Connection, id: AccountId, paused: bool) -> Result<()> {
    get(connection, id)?;
    connection
        .prepare_cached("UPDATE account SET paused = ?2 WHERE id = ?1")?
        .execute(params![id.0, paused])?;
    Ok(())
}

/// Removes the account with its folders, places and history. Its messages stay; what it had still to send is a draft.
pub fn delete(connection: &Connection, id: AccountId) -> Result<()> {
    super::sending::release(connection, id)?;
    connection.prepare_cached("DELETE FROM account WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// What an account's page tells of its reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Headers looked at, ever.
    pub headers_seen: i64,
    /// Messages copied, ever.
    pub messages_copied: i64,
    /// Their bytes.
    pub bytes_copied: i64,
    /// The awake clock at the last success.
    pub awake_at_success: i64,
    /// Gmail hides All Mail from IMAP.
    pub all_mail_hidden: bool,
}

/// Reads the figures.
pub fn figures(connection: &Connection, id: AccountId) -> Result<Figures> {
    Ok(connection
        .prepare_cached(
            "SELECT headers_seen, messages_copied, bytes_copied, awake_at_success, all_mail_hidden \
             FROM account WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            Ok(Figures {
                headers_seen: row.get(0)?,
                messages_copied: row.get(1)?,
                bytes_copied: row.get(2)?,
                awake_at_success: row.get(3)?,
                all_mail_hidden: row.get(4)?,
            })
        })
        .optional()?
        .unwrap_or_default())
}

/// Adds to the figures.
pub fn add_figures(
    connection: &Connection,
    id: AccountId,
    headers: u64,
    messages: u64,
    bytes: u64,
) -> Result<()> {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "UPDATE account SET headers_seen = headers_seen + ?2, messages_copied = messages_copied + ?3, \
             bytes_copied = bytes_copied + ?4 WHERE id = ?1",
        )?
        .execute(params![id.0, signed(headers), signed(messages), signed(bytes)])?;
    Ok(())
}

/// Notes a success: lateness is counted from here.
pub fn mark_success(connection: &Connection, id: AccountId, awake_ms: i64) -> Result<()> {
    connection
        .prepare_cached("UPDATE account SET awake_at_success = ?2 WHERE id = ?1")?
        .execute(params![id.0, awake_ms])?;
    Ok(())
}

/// Notes whether Gmail hides All Mail.
pub fn set_all_mail_hidden(connection: &Connection, id: AccountId, hidden: bool) -> Result<()> {
    connection
        .prepare_cached("UPDATE account SET all_mail_hidden = ?2 WHERE id = ?1")?
        .execute(params![id.0, hidden])?;
    Ok(())
}

/// What a mail of this account is signed with: the sender's name, and the signature as cleaned HTML.
pub fn sender(connection: &Connection, id: AccountId) -> Result<(String, String)> {
    Ok(connection
        .prepare_cached("SELECT sender_name, signature FROM account WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| Refusal::not_found("account"))?)
}

/// Changes what its mails are signed with.
pub fn set_sender(connection: &Connection, id: AccountId, name: &str, signature: &str) -> Result<()> {
    connection
        .prepare_cached("UPDATE account SET sender_name = ?2, signature = ?3 WHERE id = ?1")?
        .execute(params![id.0, name, signature])?;
    Ok(())
}

/// Why the outgoing server does not let this account send, as far as that was met.
pub fn sending_failure(connection: &Connection, id: AccountId) -> Result<Option<Failure>> {
    Ok(connection
        .prepare_cached("SELECT sending_cause, sending_said FROM account WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get::<_, Option<String>>(0)?, row.get(1)?)))
        .optional()?
        .and_then(|(cause, server_said): (Option<String>, Option<String>)| {
            let cause = Cause::from_code(&cause?).unwrap_or(Cause::Unknown);
            Some(Failure { server_said, ..Failure::of(cause) })
        }))
}

/// Notes that it does not let this account send, or that it does.
pub fn set_sending_failure(connection: &Connection, id: AccountId, failure: Option<&Failure>) -> Result<()> {
    connection
        .prepare_cached("UPDATE account SET sending_cause = ?2, sending_said = ?3 WHERE id = ?1")?
        .execute(params![
            id.0,
            failure.map(|f| f.cause.code()),
            failure.and_then(|f| f.server_said.as_ref())
        ])?;
    Ok(())
}
