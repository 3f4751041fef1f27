//! What is known of servers' certificates: those a person trusts, and who vouched for a server last.

use super::Result;
use crate::model::{AccountId, Fingerprint, Timestamp, TrustedCertificate};
use rusqlite::{Connection, params};

/// The certificates that the person trusts for an account.
pub fn trusted(connection: &Connection, account: AccountId) -> Result<Vec<TrustedCertificate>> {
    let rows = connection
        .prepare_cached("SELECT fingerprint, host FROM trusted_certificate WHERE account_id = ?1")?
        .query_map([account.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let known = |(text, host): (String, String)| {
        Fingerprint::parse(&text).map(|fingerprint| TrustedCertificate { fingerprint, host })
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

/// Trusts a certificate for this account.
pub fn trust(
    connection: &Connection,
    account: AccountId,
    certificate: &TrustedCertificate,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO trusted_certificate (account_id, fingerprint, host, trusted_at) VALUES (?1,?2,?3,?4)",
        )?
        .execute(params![account.0, certificate.fingerprint.to_string(), certificate.host, now.0])?;
    Ok(())
}

/// Trusts it no longer.
pub fn forget(connection: &Connection, account: AccountId, fingerprint: Fingerprint) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM trusted_certificate WHERE account_id = ?1 AND fingerprint = ?2")?
        .execute(params![account.0, fingerprint.to_string()])?;
    Ok(())
}

/// Who vouched for the account's servers when their certificates verified last: host and issuer.
pub fn known_issuers(connection: &Connection, account: AccountId) -> Result<Vec<(String, String)>> {
    Ok(connection
        .prepare_cached("SELECT host, issuer FROM known_issuer WHERE account_id = ?1")?
        .query_map([account.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes who vouched for a server whose certificate verified.
pub fn set_known_issuer(connection: &Connection, account: AccountId, host: &str, issuer: &str) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO known_issuer (account_id, host, issuer) VALUES (?1,?2,?3)")?
        .execute(params![account.0, host, issuer])?;
    Ok(())
}
