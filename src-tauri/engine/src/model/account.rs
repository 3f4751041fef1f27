//! Accounts: one mailbox connection each.

use super::{AccountId, Address, Fingerprint, FolderId};
use serde::{Deserialize, Serialize};

/// How a connection is made secure (RFC 8314).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// A plain greeting, then STARTTLS.
    Starttls,
    /// No encryption; accepted for loopback hosts alone.
    Plaintext,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Endpoint {
    /// Host name or IP address, without port.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is made secure.
    pub security: Security,
}

/// How the account signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// A password or app password.
    Password,
    /// Through the browser, by OAuth 2.
    Browser {
        /// Id in the table of issuers.
        issuer: String,
    },
}

impl SignIn {
    /// The issuer of a browser sign-in.
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::Password => None,
            Self::Browser { issuer } => Some(issuer),
        }
    }
}

/// A certificate that the person trusts for one account, whatever is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct TrustedCertificate {
    /// Which.
    #[specta(type = String)]
    pub fingerprint: Fingerprint,
    /// The host that showed it.
    pub host: String,
}

/// One mailbox connection. Its secret is in the keychain, under `uuid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Row id.
    pub id: AccountId,
    /// Names the account in the keychain; never reused.
    pub uuid: String,
    /// The address that is shown.
    pub email: Address,
    /// Further addresses that it sends and receives for.
    pub aliases: Vec<Address>,
    /// The user name at the server.
    pub username: String,
    /// The incoming server (IMAP).
    pub incoming: Endpoint,
    /// The outgoing server (SMTP), if there is one.
    pub outgoing: Option<Endpoint>,
    /// A private CA's certificates to trust besides the system's, PEM.
    pub ca_pem: Option<String>,
    /// How it signs in.
    pub sign_in: SignIn,
    /// Certificates trusted for this account alone.
    pub trusted: Vec<TrustedCertificate>,
    /// Who vouched for its servers when their certificates verified last: host and issuer.
    pub known_issuers: Vec<(String, String)>,
    /// Paused by the user.
    pub paused: bool,
    /// Id in the provider table (`gmail`, `other`), for the mark and the words.
    pub provider: String,
}

/// What the row of an account shows. Derived from facts by `sync::state`, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// The user paused it.
    Paused,
    /// Only the user can mend it, at sign-in.
    NeedsReconnecting,
    /// Something here, or one folder, stops it.
    HeldUp,
    /// No way to the server; tried again by itself.
    Unreachable,
    /// Never synced yet.
    Waiting,
    /// No failure known, but no success for too long.
    Late,
    /// The last cycle brought in all there was.
    Connected,
}

/// What a folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FolderRole {
    /// INBOX.
    Inbox,
    /// Sent mail: what lies here is outgoing.
    Sent,
    /// Drafts.
    Drafts,
    /// Spam.
    Junk,
    /// Deleted mail.
    Trash,
    /// Every message, under other names too (Gmail's All Mail).
    All,
    /// Archive.
    Archive,
    /// Anything else.
    Other,
}

/// A folder of an account, as last listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Row id.
    pub id: FolderId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The mailbox name as the server writes it (modified UTF-7 or UTF-8): sent back as it is.
    pub raw_name: String,
    /// The name decoded, for people.
    pub name: String,
    /// What it is for.
    pub role: FolderRole,
    /// Whether cycles look into it.
    pub watched: bool,
}
