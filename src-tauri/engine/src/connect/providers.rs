//! The provider table: bundled data (`providers.json`), and what a file of the same form in the data folder adds.

use crate::auth::Issuer;
use crate::model::{Address, Cause, Endpoint, PageLink, Security};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// The file in the data folder that adds providers and issuers, or replaces bundled ones by their id.
pub const FILE: &str = "providers.json";

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
    /// How such a password looks.
    pub password_placeholder: Option<String>,
    /// Steps to a password that works, in order; `**…**` marks words of the provider's own page.
    pub guidance: Vec<String>,
    /// The provider's own page for that; its id is `ID/password`.
    pub page: Option<String>,
    /// The words of the button that opens it.
    pub page_label: Option<String>,
    /// What has to be switched on, or to be there, first.
    pub note: Option<String>,
    /// Takes a password; else browser sign-in alone.
    pub takes_password: bool,
    /// Takes browser sign-in, by this issuer.
    pub issuer: Option<String>,
    /// The issuer's name for people.
    pub issuer_name: Option<String>,
    /// A client id is known for the issuer.
    pub browser_ready: bool,
    /// The user name is the part before the @.
    pub local_part_user: bool,
    /// Takes app passwords, which are shown in groups of letters.
    pub app_password: bool,
    /// Has a tile of its own; others appear when an address leads to them.
    pub listed: bool,
    /// Domains of its addresses.
    pub domains: Vec<String>,
    /// Where mail for domains that are not its own is delivered to it.
    #[serde(skip)]
    #[specta(skip)]
    pub(super) exchangers: Vec<Exchanger>,
    /// Pages by what they are for.
    #[serde(skip)]
    #[specta(skip)]
    pages: BTreeMap<String, Page>,
}

/// Mail exchangers of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Exchanger {
    /// Hosts under this name.
    pub(super) suffix: String,
    /// The host to read such mail from, where it is not the provider's usual one.
    pub(super) incoming: Option<String>,
    /// The host to send through, likewise.
    pub(super) outgoing: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Deserialize)]
struct Page {
    label: String,
    url: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    mark: String,
    imap: Option<(String, u16, Security)>,
    smtp: Option<(String, u16, Security)>,
    password_label: String,
    takes_password: bool,
    #[serde(default)]
    password_placeholder: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    local_part_user: bool,
    #[serde(default)]
    app_password: bool,
    #[serde(default)]
    unlisted: bool,
    #[serde(default)]
    note: Option<String>,
    domains: Vec<String>,
    #[serde(default)]
    exchangers: Vec<Exchanger>,
    #[serde(default)]
    pages: BTreeMap<String, Page>,
    guidance: Vec<String>,
}

impl Row {
    fn provider(self) -> Provider {
        let endpoint = |(host, port, security): (String, u16, Security)| Endpoint { host, port, security };
        let page = self.pages.get("password").cloned();
        Provider {
            id: self.id,
            name: self.name,
            mark: self.mark,
            incoming: self.imap.map(endpoint),
            outgoing: self.smtp.map(endpoint),
            password_label: self.password_label,
            password_placeholder: self.password_placeholder,
            guidance: self.guidance,
            page_label: page.as_ref().map(|page| page.label.clone()),
            page: page.map(|page| page.url),
            note: self.note,
            takes_password: self.takes_password,
            issuer: self.issuer,
            issuer_name: None,
            browser_ready: false,
            local_part_user: self.local_part_user,
            app_password: self.app_password,
            listed: !self.unlisted,
            domains: self.domains,
            exchangers: self.exchangers,
            pages: self.pages,
        }
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    issuers: Vec<Issuer>,
    #[serde(default)]
    providers: Vec<Row>,
}

/// Providers and issuers. `other` is the last provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    providers: Vec<Provider>,
    issuers: Vec<Issuer>,
}

static BUNDLED: LazyLock<Table> = LazyLock::new(|| {
    // A test reads the table; what is bundled can always be read.
    Table::default().with(include_str!("providers.json")).unwrap_or_default()
});

impl Table {
    /// What comes with the program.
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    /// The bundled table, and over it what the data folder's file says. A file that cannot be read adds nothing; why
    /// comes back.
    pub fn load(dir: &Path) -> (Self, Option<String>) {
        let bundled = Self::bundled().clone();
        let Ok(text) = std::fs::read_to_string(dir.join(FILE)) else { return (bundled, None) };
        match bundled.clone().with(&text) {
            Ok(table) => (table, None),
            Err(why) => (bundled, Some(why)),
        }
    }

    pub(super) fn with(mut self, text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for issuer in file.issuers {
            for address in [&issuer.authorization_endpoint, &issuer.token_endpoint] {
                if !is_safe(address) {
                    return Err(format!("{address} is neither https nor on this computer"));
                }
            }
            if !matches!(issuer.redirect_host.as_str(), "127.0.0.1" | "localhost") {
                return Err(format!("{} is not this computer", issuer.redirect_host));
            }
            self.issuers.retain(|known| known.id != issuer.id);
            self.issuers.push(issuer);
        }
        for row in file.providers {
            let provider = row.provider();
            if provider.pages.values().any(|page| !page.url.starts_with("https://")) {
                return Err(format!("a page of {} is not https", provider.id));
            }
            self.providers.retain(|known| known.id != provider.id);
            self.providers.push(provider);
        }
        self.providers.sort_by_key(|provider| provider.id == "other");
        for provider in &mut self.providers {
            let issuer = provider.issuer.as_ref().map(|id| self.issuers.iter().find(|i| i.id == *id));
            match issuer {
                Some(None) => return Err(format!("{} names an issuer that is not there", provider.id)),
                Some(Some(issuer)) => provider.issuer_name = Some(issuer.name.clone()),
                None => {}
            }
        }
        Ok(self)
    }

    /// Every provider: a row of one's own after the bundled ones, `other` last.
    pub fn all(&self) -> &[Provider] {
        &self.providers
    }

    /// Every issuer.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// One provider.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// One issuer.
    pub fn issuer(&self, id: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.id == id)
    }

    /// The provider of an address by its domain; `other` when the table does not know it.
    pub fn of_address(&self, address: &Address) -> &str {
        self.providers
            .iter()
            .find(|provider| provider.domains.iter().any(|domain| domain == address.domain()))
            .map_or("other", |provider| &provider.id)
    }

    /// The name that people know: the provider's, or the host for any other.
    pub fn name(&self, id: &str, host: &str) -> String {
        match self.get(id) {
            Some(provider) if provider.id != "other" => provider.name.clone(),
            _ => host.to_owned(),
        }
    }

    /// The page of a provider that helps with a cause.
    pub fn page(&self, provider: &str, cause: Cause) -> Option<PageLink> {
        let wanted: &[&str] = match cause {
            Cause::WrongPassword | Cause::AppPasswordNeeded | Cause::PasswordSignInOff => {
                &["password", "account"]
            }
            Cause::ImapOff => &["imap"],
            Cause::SignInExpired | Cause::MailboxGone | Cause::PerhapsBanned | Cause::OverQuota => {
                &["account"]
            }
            Cause::SendingOff => &["sending"],
            _ => &[],
        };
        let provider = self.get(provider)?;
        wanted.iter().find_map(|kind| {
            let page = provider.pages.get(*kind)?;
            Some(PageLink { id: format!("{}/{kind}", provider.id), label: page.label.clone() })
        })
    }

    /// The address of a page by its id (`yahoo/password`); always https.
    pub fn page_url(&self, id: &str) -> Option<&str> {
        let (provider, kind) = id.split_once('/')?;
        Some(&self.get(provider)?.pages.get(kind)?.url)
    }
}

/// Codes and tokens travel there: over TLS, or not beyond this computer.
fn is_safe(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| match url.scheme() {
        "https" => url.host().is_some(),
        "http" => url.host_str().is_some_and(crate::net::is_loopback),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_is_sound() {
        let table = Table::bundled();
        assert!(table.all().len() >= 9 && table.issuers().len() >= 2);
        assert_eq!(table.all().last().map(|p| p.id.as_str()), Some("other"));
        for provider in table.all() {
            // One name for both servers: iCloud's outgoing server wants the whole address, and so does its
            // incoming one where the part before the @ does not do.
            assert!(!provider.local_part_user, "{}", provider.id);
            assert_eq!(provider.incoming.is_none(), provider.id == "other", "{}", provider.id);
            assert!(provider.takes_password || provider.issuer.is_some(), "{}: no way in", provider.id);
            assert!(!provider.app_password || provider.page.is_some(), "{}: how is one made?", provider.id);
            for endpoint in provider.incoming.iter().chain(&provider.outgoing) {
                assert_ne!(endpoint.security, Security::Plaintext);
            }
        }
        let of = |text: &str| table.of_address(&Address::parse(text).unwrap());
        assert_eq!(of("nora@GMAIL.com"), "gmail");
        assert_eq!(of("nora@proton.me"), "proton");
        assert_eq!(of("nora@noralind.example"), "other");
    }

    #[test]
    fn each_cause_opens_the_provider_s_own_page() {
        let table = Table::bundled();
        let page = |provider: &str, cause| table.page(provider, cause).map(|page| page.id);
        assert_eq!(page("yahoo", Cause::AppPasswordNeeded).as_deref(), Some("yahoo/password"));
        assert_eq!(page("outlook", Cause::ImapOff).as_deref(), Some("outlook/imap"));
        assert_eq!(page("microsoft365", Cause::SendingOff).as_deref(), Some("microsoft365/sending"));
        assert_eq!(page("other", Cause::WrongPassword), None);
        assert_eq!(page("gmail", Cause::TimedOut), None);
        assert_eq!(table.page_url("yahoo/password"), Some("https://login.yahoo.com/account/security"));
        assert_eq!(table.page_url("yahoo/nothing"), None);
    }

    #[test]
    fn a_file_of_one_s_own_adds_to_the_table_and_lets_no_token_out_in_clear() {
        let issuer = |endpoint: &str| {
            format!(
                r#"{{"issuers":[{{"id":"own","name":"Own","authorization_endpoint":"https://id.example/a",
                "token_endpoint":"{endpoint}","scopes":["mail"]}}]}}"#
            )
        };
        let with = |text: &str| Table::bundled().clone().with(text);
        assert_eq!(with(&issuer("https://id.example/t")).unwrap().issuer("own").unwrap().name, "Own");
        assert!(with(&issuer("http://127.0.0.1:8080/t")).is_ok());
        for bad in
            ["http://id.example/t", "ftp://id.example/t", "nonsense", "http://127.0.0.1.evil.example/t"]
        {
            assert!(with(&issuer(bad)).is_err(), "{bad}");
        }
        let row = r#"{"providers":[{"id":"own","name":"Own","mark":"O","imap":null,"smtp":null,"issuer":"nobody",
            "takes_password":false,"password_label":"Password","domains":["own.example"],"guidance":[]}]}"#;
        assert!(with(row).is_err(), "an issuer that is not there");
        assert!(with("{").is_err());
        let local =
            row.replace("\"issuer\":\"nobody\",", "\"local_part_user\":true,").replace("false", "true");
        assert!(with(&local).unwrap().get("own").unwrap().local_part_user);
    }
}
