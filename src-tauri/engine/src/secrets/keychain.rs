//! The real keychain, through keyring's stores.

use super::{Prompt, SERVICE, Secret, SecretStore, SecretsError};

#[cfg(not(target_os = "linux"))]
use keyring::{Entry, Error};
#[cfg(target_os = "linux")]
use keyring_core::{Entry, Error};

/// The keychain of this computer: Secret Service, macOS Keychain or Windows Credential Manager.
#[derive(Debug, Default)]
pub struct Keychain;

fn refused(error: &Error) -> SecretsError {
    match error {
        Error::NoEntry => SecretsError::NoEntry,
        // A locked collection whose prompt was dismissed or could not be shown.
        Error::NoStorageAccess(_) => SecretsError::Locked,
        other => SecretsError::Refused(other.to_string()),
    }
}

impl Keychain {
    fn entry(user: &str, prompt: Prompt, writing: bool) -> Result<Entry, SecretsError> {
        #[cfg(target_os = "linux")]
        {
            super::linux::entry(SERVICE, user, prompt, writing)
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (prompt, writing);
            Entry::new(SERVICE, user).map_err(|error| SecretsError::Absent(error.to_string()))
        }
    }
}

impl SecretStore for Keychain {
    fn get(&self, user: &str, prompt: Prompt) -> Result<Secret, SecretsError> {
        let bytes = Self::entry(user, prompt, false)?.get_secret().map_err(|error| refused(&error))?;
        String::from_utf8(bytes)
            .map(Secret::new)
            .map_err(|_| SecretsError::Refused("the entry is not a text".into()))
    }

    fn set(&self, user: &str, secret: &Secret, prompt: Prompt) -> Result<(), SecretsError> {
        Self::entry(user, prompt, true)?
            .set_secret(secret.expose().as_bytes())
            .map_err(|error| refused(&error))
    }

    fn longest(&self) -> usize {
        // CRED_MAX_CREDENTIAL_BLOB_SIZE; the others have no limit that a token would reach.
        if cfg!(windows) { 2_560 } else { usize::MAX }
    }

    fn delete(&self, user: &str, prompt: Prompt) -> Result<(), SecretsError> {
        match Self::entry(user, prompt, false)
            .and_then(|entry| entry.delete_credential().map_err(|error| refused(&error)))
        {
            Err(SecretsError::NoEntry) => Ok(()),
            other => other,
        }
    }
}
