//! Which texts are host names of a mail server.

/// The name as an ASCII host name in lower case, without a final dot. `None`: it is no name with a dot in it,
/// or it is an IP address: a provider names its servers, and a certificate is for a name.
pub(super) fn valid(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 1024 {
        return None;
    }
    let name = idna::domain_to_ascii(text.strip_suffix('.').unwrap_or(text)).ok()?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let (_, top) = name.rsplit_once('.')?;
    let numeric = top.starts_with(|c: char| c.is_ascii_digit());
    (name.len() <= 253 && !numeric && name.split('.').all(label)).then_some(name)
}

/// Whether a host is the domain or lies within it.
pub(super) fn within(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_pass() {
        let long = format!("{}.example", "a".repeat(64));
        for (text, host) in [
            (" IMAP.noralind.example. ", Some("imap.noralind.example")),
            ("post.müller.example", Some("post.xn--mller-kva.example")),
            ("imap。müller。example", Some("imap.xn--mller-kva.example")),
            ("_x.noralind.example", Some("_x.noralind.example")),
            ("localhost", None),
            ("127.0.0.1", None),
            ("１２７.0.0.1", None),
            ("127.1", None),
            ("imap.0x7f", None),
            ("[::1]", None),
            ("::1", None),
            ("", None),
            (".", None),
            ("a..example", None),
            ("-a.example", None),
            ("imap.noralind.example:993", None),
            ("nora@noralind.example", None),
            ("imap noralind.example", None),
            ("imap.noralind.example\r\nx", None),
            ("imap.\0.example", None),
            ("imap.noralind.example/x", None),
            (&long, None),
        ] {
            assert_eq!(valid(text).as_deref(), host, "{text:?}");
        }
        assert_eq!(valid(&"a.".repeat(130)), None);
    }

    #[test]
    fn within_a_domain_goes_by_whole_labels() {
        assert!(within("mx.zoho.com", "zoho.com") && within("zoho.com", "zoho.com"));
        assert!(!within("notzoho.com", "zoho.com") && !within("com", "zoho.com"));
    }
}
