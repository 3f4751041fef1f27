//! Addresses that a person may open, kept in Rust; the frame sees their numbers.

use url::Url;

/// A longer address is no link that anybody meant.
const MAX_LENGTH: usize = 8 * 1024;
/// Links of one mail; further ones stay text.
const MAX_LINKS: usize = 5_000;
/// How much of an address the pointer shows.
const MAX_TITLE: usize = 300;

/// The links of one mail, in order.
#[derive(Debug, Default)]
pub struct Links {
    /// Every address that was let through.
    pub addresses: Vec<String>,
}

impl Links {
    /// Lets an address through when it parses as http, https, mailto or tel. Answers the attributes that
    /// stand for it: ` href="open:N" target="_top" title="…"`.
    pub fn attributes(&mut self, href: &str) -> Option<String> {
        if self.addresses.len() >= MAX_LINKS {
            return None;
        }
        let address = readable(href)?;
        let mut title: String = address.chars().take(MAX_TITLE).collect();
        if title.len() < address.len() {
            title.push('…');
        }
        let mut out = format!(" href=\"open:{}\" target=\"_top\" title=\"", self.addresses.len());
        super::escape_into(&title, &mut out);
        out.push('"');
        self.addresses.push(address);
        Some(out)
    }
}

/// The address as the browser would have read it, or `None`.
pub fn readable(href: &str) -> Option<String> {
    let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if href.is_empty() || href.len() > MAX_LENGTH {
        return None;
    }
    let begins = |start: &str| href.get(..start.len()).is_some_and(|h| h.eq_ignore_ascii_case(start));
    // Mail has no base address: of what is written without a scheme, only these can be meant as one.
    let url = if begins("//") {
        Url::parse(&format!("https:{href}"))
    } else if begins("www.") {
        Url::parse(&format!("http://{href}"))
    } else {
        Url::parse(href)
    };
    let url = url.ok()?;
    let good = match url.scheme() {
        "http" | "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "mailto" | "tel" => !url.path().is_empty(),
        _ => false,
    };
    (good && url.as_str().len() <= 3 * MAX_LENGTH).then(|| url.as_str().to_owned())
}

/// Percent escapes undone, for Content-IDs in `cid:` addresses (RFC 2392).
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let escape = text.get(at + 1..at + 3).filter(|_| b == b'%');
        let value = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(value.unwrap_or(b));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
