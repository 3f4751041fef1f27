//! Settings and counters of the profile.

use super::Result;
use crate::model::Proxy;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// A stored text, if there is one.
pub fn get(connection: &Connection, key: &str) -> Result<Option<String>> {
    Ok(connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Stores a text.
pub fn set(connection: &Connection, key: &str, value: &str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        )?
        .execute(params![key, value])?;
    Ok(())
}

/// The profile's uuid, made when first asked for.
pub fn profile_uuid(connection: &Connection) -> Result<String> {
    if let Some(uuid) = get(connection, "profile")? {
        return Ok(uuid);
    }
    let uuid = uuid::Uuid::new_v4().to_string();
    set(connection, "profile", &uuid)?;
    Ok(uuid)
}

/// Milliseconds in which this profile's app ran on an awake machine, ever.
pub fn awake_ms(connection: &Connection) -> Result<i64> {
    Ok(get(connection, "awake_ms")?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Adds to the awake clock.
pub fn add_awake_ms(connection: &Connection, milliseconds: i64) -> Result<()> {
    let total = awake_ms(connection)?.saturating_add(milliseconds.max(0));
    set(connection, "awake_ms", &total.to_string())
}

/// The proxy that servers are reached through.
pub fn proxy(connection: &Connection) -> Result<Proxy> {
    Ok(get(connection, "proxy")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Sets the proxy.
pub fn set_proxy(connection: &Connection, proxy: &Proxy) -> Result<()> {
    set(connection, "proxy", &serde_json::to_string(proxy)?)
}

/// Client ids that a person typed, by issuer. They are no secrets.
pub fn client_ids(connection: &Connection) -> Result<BTreeMap<String, String>> {
    Ok(get(connection, "client_ids")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Sets or removes the client id for an issuer.
pub fn set_client_id(connection: &Connection, issuer: &str, id: Option<&str>) -> Result<()> {
    let mut ids = client_ids(connection)?;
    match id {
        Some(id) => ids.insert(issuer.to_owned(), id.to_owned()),
        None => ids.remove(issuer),
    };
    set(connection, "client_ids", &serde_json::to_string(&ids)?)
}

/// Keychain entries that could not be removed when their account was.
pub fn stale_secrets(connection: &Connection) -> Result<Vec<String>> {
    Ok(connection
        .prepare_cached("SELECT user FROM stale_secret")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes an entry that is still to be removed, or that it is gone.
pub fn set_stale_secret(connection: &Connection, user: &str, stale: bool) -> Result<()> {
    let sql = if stale {
        "INSERT OR IGNORE INTO stale_secret (user) VALUES (?1)"
    } else {
        "DELETE FROM stale_secret WHERE user = ?1"
    };
    connection.prepare_cached(sql)?.execute([user])?;
    Ok(())
}
