//! The tokens of one browser sign-in.

use crate::model::Timestamp;
use crate::secrets::Secret;
use serde::{Deserialize, Serialize};

/// A token is renewed so long before it expires, so that none expires on its way.
const AHEAD_MS: i64 = 2 * 60 * 1000;
/// What an issuer says nothing about lives so long.
const UNTOLD_MS: i64 = 30 * 60 * 1000;

/// An access token, and what the next one is got with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Sent to the mail server.
    pub access: Secret,
    /// Sent to the issuer alone.
    pub refresh: Option<Secret>,
    /// When the access token ends.
    pub expires_at: Timestamp,
}

/// As they lie in the keychain.
#[derive(Serialize, Deserialize)]
struct Stored {
    access: String,
    refresh: Option<String>,
    expires_at: i64,
}

impl Tokens {
    pub(super) fn new(access: &str, refresh: Option<&str>, lifetime_s: Option<u64>, now: Timestamp) -> Self {
        let lifetime = lifetime_s.and_then(|s| i64::try_from(s).ok()).and_then(|s| s.checked_mul(1000));
        Self {
            access: Secret::new(access.to_owned()),
            refresh: refresh.map(|refresh| Secret::new(refresh.to_owned())),
            expires_at: now.plus(lifetime.unwrap_or(UNTOLD_MS)),
        }
    }

    /// Whether another one has to be got first.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.plus(AHEAD_MS) >= self.expires_at
    }

    /// For the keychain.
    pub fn to_secret(&self) -> Secret {
        let stored = Stored {
            access: self.access.expose().to_owned(),
            refresh: self.refresh.as_ref().map(|refresh| refresh.expose().to_owned()),
            expires_at: self.expires_at.0,
        };
        Secret::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// From the keychain. `None`: this is no entry of ours.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let stored: Stored = serde_json::from_str(secret.expose()).ok()?;
        Some(Self {
            access: Secret::new(stored.access),
            refresh: stored.refresh.map(Secret::new),
            expires_at: Timestamp(stored.expires_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_from_the_keychain_and_are_renewed_in_time() {
        let now = Timestamp(1_000_000);
        let tokens = Tokens::new("access", Some("refresh"), Some(3600), now);
        assert_eq!(Tokens::from_secret(&tokens.to_secret()), Some(tokens.clone()));
        assert!(!tokens.is_due(now) && !tokens.is_due(now.plus(57 * 60_000)));
        assert!(tokens.is_due(now.plus(58 * 60_000)) && tokens.is_due(now.plus(99 * 60_000)));
        assert!(Tokens::new("a", None, Some(0), now).is_due(now));
        assert!(!Tokens::new("a", None, None, now).is_due(now));
        assert_eq!(Tokens::new("a", None, Some(u64::MAX), now).expires_at, now.plus(UNTOLD_MS));
        assert_eq!(Tokens::from_secret(&Secret::new("geheim".into())), None);
        assert!(!format!("{tokens:?}").contains("access\""), "tokens are not printed");
    }
}
