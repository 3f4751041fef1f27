//! The terms on which one account's servers are connected to.

use super::Terms;
use crate::model::{Account, Proxy};

impl Terms {
    /// For one of the account's hosts: what the person trusts for this account, and who vouched for the host last.
    pub fn of(account: &Account, host: &str, proxy: Proxy) -> Self {
        let issuer = account.known_issuers.iter().find(|(known, _)| known == host);
        Self {
            ca_pem: account.ca_pem.clone(),
            trusted: account.trusted.iter().map(|certificate| certificate.fingerprint).collect(),
            known_issuer: issuer.map(|(_, issuer)| issuer.clone()),
            proxy,
        }
    }
}
