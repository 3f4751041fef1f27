//! Addresses and when two of them are equal.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An addr-spec (RFC 5322, 3.4.1) in the form in which Hatstand compares: the local part in lower case, the
/// domain in lower case as IDNA A-label. Nothing else is folded: dots and `+tags` stay what they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
#[specta(transparent)]
pub struct Address(String);

/// Why a text is no address. Each reads as a sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("Type an email address.")]
    Empty,
    /// There is no `@`, or nothing before or after it.
    #[error("That is not an email address: it needs a name, an @ and a domain, like anna@example.com.")]
    NoAt,
    /// A space, a control character, a bracket or a second `@`.
    #[error("That is not an email address: it holds a character that no address can have.")]
    BadCharacter,
    /// The domain is malformed.
    #[error("That is not an email address: the part after the @ is not a domain.")]
    BadDomain,
    /// Longer than 254 characters (RFC 5321).
    #[error("That is longer than an email address can be.")]
    TooLong,
}

impl Address {
    /// Reads what a person typed: white space around it is dropped, `mailto:` and angle brackets too.
    pub fn parse(typed: &str) -> Result<Self, AddressError> {
        let text = typed.trim();
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text).trim();
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > 254 {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::NoAt);
        }
        let bad = |c: char| c.is_whitespace() || c.is_control() || "()<>[]:;,\\\"@".contains(c);
        if local.contains(bad) || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(AddressError::BadCharacter);
        }
        let address = Self::from_parts(local, domain).ok_or(AddressError::BadDomain)?;
        if !address.domain().contains('.') && address.domain() != "localhost" {
            return Err(AddressError::BadDomain);
        }
        Ok(address)
    }

    /// From the decoded parts of a header's addr-spec. `None` when the domain is none.
    pub fn from_parts(local: &str, domain: &str) -> Option<Self> {
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if domain.is_empty() || domain.starts_with('.') || domain.contains("..") {
            return None;
        }
        // A domain literal is compared as it stands; no contact can have one.
        let domain = if domain.starts_with('[') {
            domain.to_ascii_lowercase()
        } else {
            if domain.bytes().any(|b| b.is_ascii() && !b.is_ascii_alphanumeric() && !b"-._".contains(&b)) {
                return None;
            }
            // Full-width letters and signs become plain ones here, so what comes out is looked at too.
            let ascii = idna::domain_to_ascii(domain).ok()?;
            if !ascii.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                return None;
            }
            ascii
        };
        Some(Self(format!("{}@{domain}", local.to_lowercase())))
    }

    /// A text that was in comparable form when it was stored.
    pub(crate) fn unchecked(stored: &str) -> Self {
        Self(stored.to_owned())
    }

    /// The whole address, ready to compare.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain as A-label.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// As a person reads it: an IDN domain in its own letters.
    pub fn display(&self) -> String {
        let (unicode, result) = idna::domain_to_unicode(self.domain());
        if result.is_ok() { format!("{}@{unicode}", self.local()) } else { self.0.clone() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_what_product_says() {
        let same = [
            ("Anna@Studio.Example", "anna@studio.example"),
            ("x@MÜNCHEN.example", "X@xn--mnchen-3ya.example"),
        ];
        for (a, b) in same {
            assert_eq!(Address::parse(a), Address::parse(b));
        }
        assert_ne!(Address::parse("a.b@x.example"), Address::parse("ab@x.example"));
        assert_ne!(Address::parse("a+b@x.example"), Address::parse("a@x.example"));
        assert_eq!(Address::parse("x@münchen.example").unwrap().display(), "x@münchen.example");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("", AddressError::Empty),
            ("anna", AddressError::NoAt),
            ("@example.com", AddressError::NoAt),
            ("an na@example.com", AddressError::BadCharacter),
            ("a@b@example.com", AddressError::BadCharacter),
            ("anna@exa mple.com", AddressError::BadDomain),
            ("anna@example", AddressError::BadDomain),
            ("anna@example..com", AddressError::BadDomain),
            ("anna\r\nRCPT@example.com", AddressError::BadCharacter),
            ("anna@client＞.example", AddressError::BadDomain),
            ("anna@client＠.example", AddressError::BadDomain),
        ] {
            assert_eq!(Address::parse(text), Err(why), "{text:?}");
        }
        assert!(Address::parse(&format!("{}@example.com", "a".repeat(300))).is_err());
    }
}
