//! The OS keychain behind one small trait.
//!
//! Service `app.hatstand.Hatstand`, user = profile uuid / account uuid / kind: a demo, a test or another
//! data folder can never touch the real entries.

mod keychain;
#[cfg(target_os = "linux")]
mod linux;
pub mod long;

pub use keychain::Keychain;

use crate::model::{Cause, Failure};
use std::fmt;
use zeroize::Zeroizing;

/// The service under which every entry is stored.
pub const SERVICE: &str = "app.hatstand.Hatstand";

/// A password. Wiped from memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a password over.
    pub fn new(password: String) -> Self {
        Self(Zeroizing::new(password))
    }

    /// The password itself, for the moment in which it is sent or stored.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What an account signs in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A password or app password.
    Password(Secret),
    /// An OAuth 2 access token (RFC 6750), sent by OAUTHBEARER (RFC 7628) or XOAUTH2.
    Bearer(Secret),
}

/// Whether the system may ask the person to unlock. Only a click may; background work never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Somebody clicked and looks at the screen.
    Allowed,
    /// Nobody asked for it.
    Never,
}

/// Why the keychain did not give or take a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// It is locked.
    #[error("the keychain is locked")]
    Locked,
    /// No keychain service answers.
    #[error("no keychain: {0}")]
    Absent(String),
    /// It works but says no.
    #[error("the keychain refused: {0}")]
    Refused(String),
    /// It holds no such entry.
    #[error("the keychain has no such entry")]
    NoEntry,
}

impl From<SecretsError> for Failure {
    fn from(error: SecretsError) -> Self {
        let cause = match error {
            SecretsError::Locked => Cause::KeychainLocked,
            SecretsError::Absent(_) => Cause::KeychainAbsent,
            SecretsError::Refused(_) => Cause::KeychainRefused,
            SecretsError::NoEntry => Cause::KeychainNoEntry,
        };
        Self::said(cause, error.to_string())
    }
}

/// Stores secrets by user name. Calls block (they may wait for a person): never call them on the async runtime.
pub trait SecretStore: Send + Sync {
    /// Reads a secret.
    fn get(&self, user: &str, prompt: Prompt) -> Result<Secret, SecretsError>;
    /// Stores a secret, over an older one.
    fn set(&self, user: &str, secret: &Secret, prompt: Prompt) -> Result<(), SecretsError>;
    /// Removes a secret; one that is not there is removed already.
    fn delete(&self, user: &str, prompt: Prompt) -> Result<(), SecretsError>;
    /// The longest secret of one entry, in bytes; [`long`] splits what is longer.
    fn longest(&self) -> usize {
        usize::MAX
    }
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A password or app password.
    Password,
    /// The tokens of a browser sign-in.
    Tokens,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Password, Self::Tokens];
}

/// The user name of an account's entry.
pub fn entry_name(profile: &str, account_uuid: &str, kind: Kind) -> String {
    let kind = match kind {
        Kind::Password => "password",
        Kind::Tokens => "oauth",
    };
    format!("{profile}/{account_uuid}/{kind}")
}

/// The user name of the entry that holds the client secret for an issuer.
pub fn client_entry_name(profile: &str, issuer: &str) -> String {
    format!("{profile}/client/{issuer}")
}
