//! What a server said, made fit for a person to read.

use std::collections::HashSet;

/// The longest text that is kept of what a server says, in characters.
const KEPT: usize = 500;

/// A part of a secret that is so long is taken out as well: a server may echo a line that it cut.
const TELLING: usize = 12;

/// A server's words without control characters, without the secrets or long parts of them (a server may echo a
/// command back) and at most 500 characters long. White space is folded.
pub fn clean(words: &str, secrets: &[&str]) -> String {
    let mut text = words.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = without_parts(&text.replace(secret, "***"), secret);
    }
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let folded = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &folded[..end]),
        None => folded,
    }
}

/// Every run of characters that stands in the secret too, where it is long enough to tell something of it.
fn without_parts(text: &str, secret: &str) -> String {
    let parts: HashSet<&[u8]> = secret.as_bytes().windows(TELLING).collect();
    if parts.is_empty() {
        return text.to_owned();
    }
    let mut hidden = vec![false; text.len()];
    for (at, window) in text.as_bytes().windows(TELLING).enumerate() {
        if parts.contains(window) {
            hidden[at..at + TELLING].fill(true);
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut before = false;
    for (at, c) in text.char_indices() {
        match (hidden[at], before) {
            (false, _) => out.push(c),
            (true, false) => out.push_str("***"),
            (true, true) => {}
        }
        before = hidden[at];
    }
    out
}

/// Which protocol the first bytes of a server belong to, in words for "Details".
pub fn what_speaks(first: &[u8]) -> Option<&'static str> {
    const OPENINGS: &[(&[u8], &str)] = &[
        (b"* OK", "an IMAP server"),
        (b"* PREAUTH", "an IMAP server"),
        (b"* BYE", "an IMAP server"),
        (b"220", "an SMTP or FTP server"),
        (b"+OK", "a POP3 server"),
        (b"SSH-", "an SSH server"),
        (b"HTTP/", "a web server"),
        (b"<", "a web server"),
        (b"RFB ", "a screen-sharing server"),
        (b"\x15\x03", "a server that wants TLS from the first byte"),
    ];
    OPENINGS.iter().find(|(opening, _)| first.starts_with(opening)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_short_and_without_secrets() {
        assert_eq!(
            clean("NO LOGIN anna hunter2\r\n\tis\u{7} wrong", &["hunter2"]),
            "NO LOGIN anna *** is wrong"
        );
        assert_eq!(clean("same", &[""]), "same");
        let token = "ya29.a0AfH6SMBx-0123456789";
        assert_eq!(clean("BAD AUTHENTICATE ya29.a0AfH6SM… (cut)", &[token]), "BAD AUTHENTICATE ***… (cut)");
        assert_eq!(clean(&format!("<{token}> {token}"), &[token]), "<***> ***");
        assert_eq!(clean("ya29.a tells nothing", &[token]), "ya29.a tells nothing");
        let long = clean(&"ä".repeat(600), &[]);
        assert_eq!(long.chars().count(), 501);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_server_is_known_by_its_first_bytes() {
        assert_eq!(what_speaks(b"SSH-2.0-OpenSSH_9.2p1"), Some("an SSH server"));
        assert_eq!(what_speaks(b"HTTP/1.1 400 Bad Request"), Some("a web server"));
        assert_eq!(what_speaks(b"\0\0\0"), None);
    }
}
