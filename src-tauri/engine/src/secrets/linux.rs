//! Linux: the Secret Service. Its keyring store prompts whenever it meets something locked, so the lock is
//! looked at first, over a connection of our own.

use super::{Prompt, SecretsError};
use keyring_core::Entry;
use keyring_core::api::CredentialStoreApi;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zbus_secret_service_keyring_store::Store;

/// The store of this process, once a service answered. A service that appears later is found later.
static STORE: Mutex<Option<Arc<Store>>> = Mutex::new(None);

fn absent(error: impl std::fmt::Display) -> SecretsError {
    SecretsError::Absent(error.to_string())
}

fn store() -> Result<Arc<Store>, SecretsError> {
    let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = store.as_ref() {
        return Ok(Arc::clone(store));
    }
    let new = Store::new().map_err(absent)?;
    *store = Some(Arc::clone(&new));
    Ok(new)
}

/// What stands in the way of using the entry without asking anybody.
fn look(service: &str, user: &str, prompt: Prompt, writing: bool) -> Result<(), SecretsError> {
    let bus = SecretService::connect(EncryptionType::Plain).map_err(absent)?;
    let found =
        bus.search_items(HashMap::from([("service", service), ("username", user)])).map_err(absent)?;
    if !found.unlocked.is_empty() || (prompt == Prompt::Allowed && !found.locked.is_empty()) {
        return Ok(());
    }
    if !found.locked.is_empty() {
        return Err(SecretsError::Locked);
    }
    // A locked collection may hide what it holds.
    let locked = match bus.get_default_collection() {
        Ok(collection) => collection.is_locked().map_err(absent)?,
        Err(secret_service::Error::NoResult) => false,
        Err(error) => return Err(absent(error)),
    };
    match (locked, prompt, writing) {
        (true, Prompt::Never, _) => Err(SecretsError::Locked),
        (true, Prompt::Allowed, _) => {
            let collection = bus.get_default_collection().map_err(absent)?;
            // The prompt may be dismissed, or nothing may be there to show it: then it is still locked.
            let _ = collection.unlock();
            if collection.is_locked().map_err(absent)? { Err(SecretsError::Locked) } else { Ok(()) }
        }
        (false, _, true) => Ok(()),
        (false, _, false) => Err(SecretsError::NoEntry),
    }
}

pub(super) fn entry(service: &str, user: &str, prompt: Prompt, writing: bool) -> Result<Entry, SecretsError> {
    if let Err(error) = look(service, user, prompt, writing) {
        if matches!(error, SecretsError::Absent(_)) {
            // The service went away: what was set up with it is of no use to the next one.
            *STORE.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        return Err(error);
    }
    store()?.build(service, user, None).map_err(absent)
}
