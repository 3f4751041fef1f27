//! Secrets longer than one keychain entry may be: Windows keeps 2,560 bytes, and an OAuth token may be longer.
//!
//! A long secret lies in parts, and its own entry says which. The parts of the next one are written beside the old
//! ones, then the entry is turned over, then the old parts are removed: whoever is cut off in between finds a whole
//! secret, the old one or the new one.

use super::{Prompt, Secret, SecretStore, SecretsError};
use sha2::{Digest, Sha256};

/// No secret lies in more parts than this.
const MOST_PARTS: usize = 64;
const MARK: &str = "hatstand-parts";
/// Two sets of parts, used by turns.
const GENERATIONS: [u32; 2] = [1, 2];

/// Which parts make a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    generation: u32,
    count: usize,
    sha256: String,
}

impl Parts {
    fn parse(head: &str) -> Option<Self> {
        let mut words = head.strip_prefix(MARK)?.split(' ').skip(1);
        let parts = Self {
            generation: words.next()?.parse().ok()?,
            count: words.next()?.parse().ok()?,
            sha256: words.next()?.to_owned(),
        };
        (words.next().is_none() && parts.count <= MOST_PARTS).then_some(parts)
    }

    fn text(&self) -> String {
        format!("{MARK} {} {} {}", self.generation, self.count, self.sha256)
    }
}

fn part(user: &str, generation: u32, at: usize) -> String {
    format!("{user}/{generation}/{at}")
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The entry itself, and the parts it names.
fn head(
    store: &dyn SecretStore,
    user: &str,
    prompt: Prompt,
) -> Result<Option<(Secret, Option<Parts>)>, SecretsError> {
    match store.get(user, prompt) {
        Ok(secret) => {
            let parts = Parts::parse(secret.expose());
            Ok(Some((secret, parts)))
        }
        Err(SecretsError::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a secret of any length.
pub fn get(store: &dyn SecretStore, user: &str, prompt: Prompt) -> Result<Secret, SecretsError> {
    let Some((secret, parts)) = head(store, user, prompt)? else { return Err(SecretsError::NoEntry) };
    let Some(parts) = parts else { return Ok(secret) };
    let mut whole = zeroize::Zeroizing::new(String::new());
    for at in 0..parts.count {
        whole.push_str(store.get(&part(user, parts.generation, at), prompt)?.expose());
    }
    // Parts that somebody else's program changed are no secret of ours any more.
    if sha256(&whole) == parts.sha256 {
        Ok(Secret::new(whole.to_string()))
    } else {
        Err(SecretsError::NoEntry)
    }
}

/// Stores a secret of any length, over an older one.
pub fn set(store: &dyn SecretStore, user: &str, secret: &Secret, prompt: Prompt) -> Result<(), SecretsError> {
    let old = head(store, user, prompt)?.and_then(|(_, parts)| parts);
    let text = secret.expose();
    if text.len() <= store.longest() {
        store.set(user, secret, prompt)?;
    } else {
        let pieces = pieces(text, store.longest());
        if pieces.len() > MOST_PARTS {
            return Err(SecretsError::Refused("the secret is too long for this keychain".into()));
        }
        let generation = if old.as_ref().is_some_and(|old| old.generation == 1) { 2 } else { 1 };
        for (at, piece) in pieces.iter().enumerate() {
            store.set(&part(user, generation, at), &Secret::new((*piece).to_owned()), prompt)?;
        }
        // What an earlier try that was cut off left behind these.
        remove(store, user, generation, pieces.len(), prompt)?;
        let parts = Parts { generation, count: pieces.len(), sha256: sha256(text) };
        store.set(user, &Secret::new(parts.text()), prompt)?;
    }
    let current = head(store, user, prompt)?.and_then(|(_, parts)| parts).map(|parts| parts.generation);
    for generation in GENERATIONS.into_iter().filter(|generation| Some(*generation) != current) {
        remove(store, user, generation, 0, prompt)?;
    }
    Ok(())
}

/// Removes a secret with all its parts; one that is not there is removed already.
pub fn delete(store: &dyn SecretStore, user: &str, prompt: Prompt) -> Result<(), SecretsError> {
    for generation in GENERATIONS {
        remove(store, user, generation, 0, prompt)?;
    }
    store.delete(user, prompt)
}

/// Removes the parts of a generation from one on, as far as there are any.
fn remove(
    store: &dyn SecretStore,
    user: &str,
    generation: u32,
    from: usize,
    prompt: Prompt,
) -> Result<(), SecretsError> {
    let mut end = from;
    while end < MOST_PARTS {
        match store.get(&part(user, generation, end), prompt) {
            Ok(_) => end += 1,
            Err(SecretsError::NoEntry) => break,
            Err(error) => return Err(error),
        }
    }
    // From the last on, so that whoever is cut off leaves no gap behind which the next one does not look.
    for at in (from..end).rev() {
        store.delete(&part(user, generation, at), prompt)?;
    }
    Ok(())
}

/// Cuts at character borders, each piece at most so many bytes.
fn pieces(mut text: &str, longest: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let mut end = longest.max(4).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, rest) = text.split_at(end);
        pieces.push(piece);
        text = rest;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// A keychain of small entries, which can be cut off after so many writes.
    struct Small {
        entries: Mutex<BTreeMap<String, String>>,
        writes_left: Mutex<usize>,
    }

    impl Small {
        fn new() -> Self {
            Self { entries: Mutex::default(), writes_left: Mutex::new(usize::MAX) }
        }

        fn write(&self) -> Result<(), SecretsError> {
            let mut left = self.writes_left.lock().unwrap();
            *left = left.checked_sub(1).ok_or_else(|| SecretsError::Absent("cut off".into()))?;
            Ok(())
        }
    }

    impl SecretStore for Small {
        fn get(&self, user: &str, _: Prompt) -> Result<Secret, SecretsError> {
            self.entries.lock().unwrap().get(user).cloned().map(Secret::new).ok_or(SecretsError::NoEntry)
        }
        fn set(&self, user: &str, secret: &Secret, _: Prompt) -> Result<(), SecretsError> {
            self.write()?;
            assert!(secret.expose().len() <= self.longest(), "longer than an entry may be");
            self.entries.lock().unwrap().insert(user.into(), secret.expose().into());
            Ok(())
        }
        fn delete(&self, user: &str, _: Prompt) -> Result<(), SecretsError> {
            self.write()?;
            self.entries.lock().unwrap().remove(user);
            Ok(())
        }
        fn longest(&self) -> usize {
            100
        }
    }

    fn secret(length: usize, letter: &str) -> Secret {
        Secret::new(letter.repeat(length))
    }

    #[test]
    fn short_and_long_secrets_come_back_whole_and_leave_nothing() {
        let store = Small::new();
        for (length, letter) in [(10, "a"), (950, "b"), (400, "ü"), (100, "d"), (101, "e"), (3, "f")] {
            let secret = secret(length, letter);
            set(&store, "u", &secret, Prompt::Never).unwrap();
            assert_eq!(get(&store, "u", Prompt::Never).unwrap(), secret);
        }
        assert_eq!(store.entries.lock().unwrap().len(), 1, "the parts of older ones are gone");
        set(&store, "u", &secret(950, "g"), Prompt::Never).unwrap();
        delete(&store, "u", Prompt::Never).unwrap();
        assert!(store.entries.lock().unwrap().is_empty());
        assert_eq!(get(&store, "u", Prompt::Never), Err(SecretsError::NoEntry));
        assert!(set(&store, "u", &secret(100_000, "h"), Prompt::Never).is_err());
    }

    #[test]
    fn cut_off_at_any_write_the_old_secret_or_the_new_one_is_there_whole() {
        for (old, new) in [(950, 640), (640, 950), (950, 10), (10, 950)] {
            for writes in 0..30 {
                let store = Small::new();
                let (old, new) = (secret(old, "o"), secret(new, "n"));
                set(&store, "u", &old, Prompt::Never).unwrap();
                *store.writes_left.lock().unwrap() = writes;
                let result = set(&store, "u", &new, Prompt::Never);
                let found = get(&store, "u", Prompt::Never).unwrap();
                assert!(found == old || found == new, "after {writes} writes");
                assert!(result.is_err() || found == new);
                *store.writes_left.lock().unwrap() = usize::MAX;
                set(&store, "u", &old, Prompt::Never).unwrap();
                assert_eq!(get(&store, "u", Prompt::Never).unwrap(), old);
                delete(&store, "u", Prompt::Never).unwrap();
                assert!(store.entries.lock().unwrap().is_empty(), "after {writes} writes");
            }
        }
    }

    #[test]
    fn parts_that_somebody_changed_are_no_secret() {
        let store = Small::new();
        set(&store, "u", &secret(250, "a"), Prompt::Never).unwrap();
        store.entries.lock().unwrap().insert("u/1/1".into(), "x".repeat(100));
        assert_eq!(get(&store, "u", Prompt::Never), Err(SecretsError::NoEntry));
    }
}
