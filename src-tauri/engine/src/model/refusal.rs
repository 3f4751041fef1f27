//! What a person asked for and could not have, said so that they can mend it.

use super::Failure;
use serde::{Deserialize, Serialize};

/// A refusal: nothing was changed. What was typed is still the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Refusal {
    /// A stable name: `empty_name`, `address_taken`, or the code of a cause.
    pub code: String,
    /// One sentence that says why.
    pub sentence: String,
    /// The server's own words, where a server refused.
    pub server_said: Option<String>,
    /// The input it is about (`email`, `name`, …), where there is one.
    pub field: Option<String>,
}

impl Refusal {
    /// A refusal about nothing that was typed.
    pub fn new(code: &str, sentence: impl Into<String>) -> Self {
        Self { code: code.into(), sentence: sentence.into(), server_said: None, field: None }
    }

    /// A refusal about one input.
    pub fn about(field: &str, code: &str, sentence: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::new(code, sentence) }
    }

    /// There is no such thing (any more).
    pub fn not_found(what: &str) -> Self {
        Self::new("not_found", format!("There is no such {what} any more."))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.cause.code().into(),
            sentence: failure.to_string(),
            server_said: failure.server_said,
            field: None,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refusal {}
