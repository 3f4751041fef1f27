//! Certificates as a person is shown them, and the fingerprint by which one is known.

use super::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of a certificate's DER bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a certificate's DER bytes.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// From its text: 64 hexadecimal digits, with or without colons. `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no SHA-256 fingerprint"))
    }
}

/// What a server's certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Certificate {
    /// The host that showed it.
    pub host: String,
    /// The names and IP addresses it is for; at most 100.
    pub subject_names: Vec<String>,
    /// Who vouches for it: common name and organisation.
    pub issuer: String,
    /// Good until.
    pub not_after: Timestamp,
    /// By which it is known.
    #[specta(type = String)]
    pub fingerprint: Fingerprint,
}

impl Certificate {
    /// In one line, for "Details".
    pub fn in_words(&self) -> String {
        let names: Vec<&str> = self.subject_names.iter().take(5).map(String::as_str).collect();
        let names = names.join(", ");
        format!("for {names}, issued by {}, good until {}", self.issuer, self.not_after.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_shown() {
        let one = Fingerprint(std::array::from_fn(|at| u8::try_from(at * 7 % 256).unwrap()));
        let shown = one.to_string();
        assert!(shown.starts_with("00:07:0E:"));
        assert_eq!(Fingerprint::parse(&shown), Some(one));
        assert_eq!(Fingerprint::parse(&shown.to_lowercase().replace(':', "")), Some(one));
        for bad in ["", "00:07", &shown[1..], &shown.replace('0', "g"), &"ü".repeat(32)] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }
}
