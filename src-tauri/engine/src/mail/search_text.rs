//! What is indexed of a mail, and how a query finds it: both sides go through [`normalise`].

use super::parse::Parsed;
use crate::model::{Address, Mailbox};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

#[cfg(test)]
mod tests;

/// Words of one query that are looked for.
const MAX_WORDS: usize = 24;
/// Characters of one word that are looked for.
const MAX_WORD: usize = 64;

/// The columns of the search index, normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    /// Name and address of the author.
    pub from: String,
    /// Names and addresses of To and Cc.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// The text for reading.
    pub body: String,
    /// File names.
    pub attachments: String,
}

impl From<&Parsed> for SearchText {
    fn from(mail: &Parsed) -> Self {
        let people = |list: &[&Mailbox]| {
            normalise(&list.iter().map(|mailbox| written(mailbox)).collect::<Vec<_>>().join(" "))
        };
        let names: Vec<&str> = mail.attachments.iter().map(|file| file.name.as_str()).collect();
        Self {
            from: people(&[&mail.from]),
            to: people(&mail.to.iter().chain(&mail.cc).collect::<Vec<_>>()),
            subject: normalise(&mail.subject),
            body: normalise(&mail.text),
            attachments: normalise(&names.join(" ")),
        }
    }
}

/// Name and address; an IDN domain also in its own letters, since that is what people type.
fn written(mailbox: &Mailbox) -> String {
    let mut text = format!("{} {}", mailbox.name, mailbox.address);
    if mailbox.address.contains("xn--")
        && let Ok(address) = Address::parse(&mailbox.address)
    {
        text.push(' ');
        text.push_str(&address.display());
    }
    text
}

/// Compatibility forms made one, lower case, accents taken off, letters like ß and ø written out, and Han,
/// Kana, Hangul and Thai cut into single characters with spaces between, since they are written without.
pub fn normalise(text: &str) -> String {
    let lower = text.nfkc().collect::<String>().to_lowercase();
    let mut plain = String::with_capacity(lower.len());
    for c in lower.nfd().filter(|&c| !is_accent(c)) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ĳ' => plain.push_str("ij"),
            'ø' | 'ɔ' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' | 'ɖ' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' | 'ɨ' => plain.push('i'),
            'ŧ' => plain.push('t'),
            'ŋ' => plain.push('n'),
            'ĸ' => plain.push('k'),
            'ƀ' | 'ɓ' => plain.push('b'),
            'ƒ' => plain.push('f'),
            'ǥ' => plain.push('g'),
            'ɉ' => plain.push('j'),
            'ƶ' => plain.push('z'),
            'ɛ' => plain.push('e'),
            'ς' => plain.push('σ'),
            // Invisible characters would cut a word in two.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\0' => {}
            c => plain.push(c),
        }
    }
    let mut out = String::with_capacity(plain.len());
    for c in plain.nfc() {
        let single = stands_alone(c);
        let after_single = out.chars().next_back().is_some_and(stands_alone);
        if (single || after_single) && !out.is_empty() && !out.ends_with(' ') && c != ' ' {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// A mark on a letter. The voicing marks of Kana make another letter and stay; vowel signs are no accents.
fn is_accent(c: char) -> bool {
    canonical_combining_class(c) != 0 && !matches!(c, '\u{3099}' | '\u{309a}')
}

/// Scripts that are written without spaces between words.
const fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0e7f}'                            // Thai
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'                          // Hangul
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Kana
        | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}') // Han
}

/// An FTS5 MATCH expression that finds rows with all words of the query, each as the beginning of a word, and
/// runs of single characters as phrases. `None` when nothing in the query can be searched for.
///
/// Every word stands in double quotes, inside which FTS5 knows no operators.
pub fn match_expression(query: &str) -> Option<String> {
    let terms: Vec<String> = query.split_whitespace().filter_map(term).take(MAX_WORDS).collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}

fn term(word: &str) -> Option<String> {
    let word: String = word.chars().take(MAX_WORD).collect();
    // Punctuation separates words in the index as well; a quote must not end the phrase.
    let phrase: String =
        normalise(&word).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
    let last = phrase.chars().next_back()?;
    let prefix = if stands_alone(last) { "" } else { "*" };
    Some(format!("\"{phrase}\"{prefix}"))
}
