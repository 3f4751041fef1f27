//! Pieces that several screens share.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Page<T> {
    /// At most 100 rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<String>,
}

/// Something that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Undo {
    /// To hand to `undo`.
    pub id: i64,
    /// What was done: "Moved to Okafor wedding".
    pub sentence: String,
}

/// What becomes of the mail when something is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DeleteFacts {
    /// Messages that "delete the mail too" would remove.
    pub messages: u32,
    /// In one sentence.
    pub sentence: String,
}

/// Up to two letters for an avatar.
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name
        .split(',')
        .next()
        .unwrap_or(name)
        .split_whitespace()
        .filter(|word| word.starts_with(char::is_alphanumeric))
        .collect();
    let letter = |word: &&str| word.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    match words.as_slice() {
        [] => name
            .chars()
            .find(|c| c.is_alphanumeric())
            .map_or_else(|| "?".into(), |c| c.to_uppercase().to_string()),
        [only] => letter(only),
        [first, .., last] => letter(first) + &letter(last),
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn an_avatar_has_one_or_two_letters() {
        for (name, letters) in [
            ("Amara Okafor", "AO"),
            ("lumen", "L"),
            ("Clara Voss, Lumen Group", "CV"),
            ("Jean-Luc van der Berg", "JB"),
            ("(no name)", "N"),
            ("", "?"),
            ("田中 さくら", "田さ"),
            ("anna@studio.example", "A"),
        ] {
            assert_eq!(initials(name), letters);
        }
    }
}
