//! A slow and obvious reader of header fields, written from RFC 5322 alone. It shares no line with the engine's.

/// The header's fields as they stand, name in lower case, folds undone.
pub fn fields(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if line[0] == b' ' || line[0] == b'\t' {
            if let Some((_, value)) = fields.last_mut() {
                value.extend_from_slice(line);
            }
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = String::from_utf8_lossy(&line[..colon]).trim().to_lowercase();
        fields.push((name, line[colon + 1..].to_vec()));
    }
    fields
}

/// What follows the header's empty line.
pub fn body(bytes: &[u8]) -> &[u8] {
    let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let first = if bytes.starts_with(b"\r\n") { Some(2) } else { crlf };
    &bytes[first.unwrap_or(bytes.len())..]
}

/// The addr-specs of an address field, each as `equal` compares them. Names, comments and encoded words say nothing.
pub fn addresses(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let plain = without_comments(&text);
    let mut found = Vec::new();
    for mailbox in split(&plain) {
        // Of a name and an angle-addr only the latter counts.
        let inner = match angle(&mailbox) {
            Some(inner) => inner,
            None => mailbox.clone(),
        };
        if let Some(address) = addr_spec(&inner) {
            found.push(address);
        }
    }
    found
}

/// An address in the form in which two that are equal are the same.
pub fn equal(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
    format!("{}@{domain}", local.to_lowercase())
}

fn without_comments(text: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0, false, false);
    for character in text.chars() {
        if escaped {
            escaped = false;
            if depth == 0 {
                out.push(character);
            }
            continue;
        }
        match character {
            '\\' => {
                escaped = true;
                if depth == 0 {
                    out.push('\\');
                }
                continue;
            }
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => {
                depth += 1;
                continue;
            }
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                // A comment is white space.
                out.push(' ');
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            out.push(character);
        }
    }
    out
}

/// The mailboxes of a list, groups opened: cuts at `,`, `:` and `;` outside quotes and angles.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut escaped, mut angled) = (false, false, false);
    for character in text.chars() {
        let syntax = !quoted && !escaped;
        escaped = character == '\\' && !escaped;
        match character {
            '"' if syntax || (quoted && !part.ends_with('\\')) => quoted = !quoted,
            '<' if syntax => angled = true,
            '>' if syntax => angled = false,
            ',' | ';' if syntax && !angled => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            // What stood before is a group's name.
            ':' if syntax && !angled => {
                part.clear();
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    parts.push(part);
    parts
}

/// What stands between the angle brackets outside of quotes.
fn angle(text: &str) -> Option<String> {
    let (mut quoted, mut start) = (false, None);
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '"' if before != '\\' => quoted = !quoted,
            '<' if !quoted => start = Some(at + 1),
            '>' if !quoted => return start.map(|start| text[start..at].to_owned()),
            _ => {}
        }
        before = character;
    }
    None
}

/// `local@domain` with white space around its parts; the local part may be quoted.
fn addr_spec(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = if let Some(rest) = text.strip_prefix('"') {
        let end = rest.find('"')?;
        let domain = rest[end + 1..].trim_start().strip_prefix('@')?;
        (rest[..end].replace('\\', ""), domain)
    } else {
        let (local, domain) = text.split_once('@')?;
        (local.trim().to_owned(), domain)
    };
    let domain = domain.trim();
    let bad = |part: &str| part.is_empty() || part.contains(char::is_whitespace) || part.contains('@');
    if bad(domain) || local.is_empty() || (!text.starts_with('"') && bad(&local)) {
        return None;
    }
    Some(equal(&format!("{local}@{domain}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailgen::tricky::{Cast, tricky};

    #[test]
    fn it_agrees_with_the_labels_of_every_tricky_mail() {
        let cast = Cast::default();
        let contacts = [equal(&cast.contact), equal(&cast.idn)];
        for mail in tricky(&cast, jiff::Timestamp::UNIX_EPOCH, 3) {
            let from: Vec<_> = fields(&mail.bytes).into_iter().filter(|(name, _)| name == "from").collect();
            let theirs = match &from[..] {
                [(_, value)] => {
                    let all = addresses(value);
                    all.len() == 1 && contacts.contains(&all[0])
                }
                _ => false,
            };
            assert_eq!(theirs, mail.theirs, "{}", mail.label);
        }
    }
}
