//! The bundled provider table: data in `providers.json`.

use crate::model::{Address, Endpoint, Security};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// One provider of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Provider {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One or two characters for its tile.
    pub mark: String,
    /// Incoming server; `None`: the person types it.
    pub incoming: Option<Endpoint>,
    /// Outgoing server.
    pub outgoing: Option<Endpoint>,
    /// What the password field is called.
    pub password_label: String,
    /// Steps to a password that works, in order.
    pub guidance: Vec<String>,
    /// The provider's own page for that.
    pub page: Option<String>,
    /// Takes browser sign-in only.
    pub browser_only: bool,
    /// The user name is the part before the @.
    pub local_part_user: bool,
    /// Takes app passwords, which are shown in groups of letters.
    pub app_password: bool,
    /// Domains of its addresses.
    pub domains: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    mark: String,
    imap: Option<(String, u16, Security)>,
    smtp: Option<(String, u16, Security)>,
    password_label: String,
    browser_only: bool,
    #[serde(default)]
    local_part_user: bool,
    #[serde(default)]
    app_password: bool,
    domains: Vec<String>,
    page: Option<String>,
    guidance: Vec<String>,
}

static TABLE: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let endpoint = |(host, port, security): (String, u16, Security)| Endpoint { host, port, security };
    // A test reads the table; what is bundled can always be read.
    serde_json::from_str::<Vec<Row>>(include_str!("providers.json"))
        .unwrap_or_default()
        .into_iter()
        .map(|row| Provider {
            id: row.id,
            name: row.name,
            mark: row.mark,
            incoming: row.imap.map(endpoint),
            outgoing: row.smtp.map(endpoint),
            password_label: row.password_label,
            guidance: row.guidance,
            page: row.page,
            browser_only: row.browser_only,
            local_part_user: row.local_part_user,
            app_password: row.app_password,
            domains: row.domains,
        })
        .collect()
});

/// The whole table; `other` is the last.
pub fn all() -> &'static [Provider] {
    &TABLE
}

/// One provider.
pub fn get(id: &str) -> Option<&'static Provider> {
    TABLE.iter().find(|provider| provider.id == id)
}

/// The provider of an address by its domain; `other` when the table does not know it.
pub fn of_address(address: &Address) -> &'static str {
    TABLE
        .iter()
        .find(|provider| provider.domains.iter().any(|domain| domain == address.domain()))
        .map_or("other", |provider| &provider.id)
}

/// The name that people know: the provider's, or the host for any other.
pub fn name(id: &str, host: &str) -> String {
    match get(id) {
        Some(provider) if provider.id != "other" => provider.name.clone(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_is_sound() {
        assert!(all().len() >= 9);
        assert_eq!(all().last().map(|p| p.id.as_str()), Some("other"));
        for provider in all() {
            assert_eq!(provider.incoming.is_none(), provider.id == "other", "{}", provider.id);
            assert!(provider.page.as_ref().is_none_or(|page| page.starts_with("https://")));
            for endpoint in provider.incoming.iter().chain(&provider.outgoing) {
                assert_ne!(endpoint.security, Security::Plaintext);
            }
        }
        let of = |text: &str| of_address(&Address::parse(text).unwrap());
        assert_eq!(of("nora@GMAIL.com"), "gmail");
        assert_eq!(of("nora@noralind.example"), "other");
    }
}
