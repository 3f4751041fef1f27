//! What a server said, made fit for a person to read.

/// The longest text that is kept of what a server says, in characters.
const KEPT: usize = 500;

/// A server's words without control characters, without the secrets (a server may echo a command back) and
/// at most 500 characters long. White space is folded.
pub fn clean(words: &str, secrets: &[&str]) -> String {
    let mut text = words.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let folded = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &folded[..end]),
        None => folded,
    }
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
