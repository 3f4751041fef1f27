//! Addresses as they stand in MAIL and RCPT (RFC 5321, section 4.1.2), so that none can become a command.

use crate::model::Address;

/// Longer than any path may be (RFC 5321, section 4.5.3.1.3), with room for the escapes of a quoted string.
const LONGEST: usize = 400;

/// Whether it can be sent only to a server with SMTPUTF8 (RFC 6531).
pub(super) fn needs_utf8(address: &Address) -> bool {
    !address.as_str().is_ascii()
}

/// The path with its brackets. `None`: it holds what no path can hold (a control character, a space but the
/// plain one, anything strange in the domain), or is longer than any.
pub(super) fn path(address: &Address) -> Option<String> {
    let (local, domain) = (address.local(), address.domain());
    // A line separator is one to some programs.
    let bad = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    if local.is_empty() || local.contains(bad) || !is_domain(domain) {
        return None;
    }
    let local = if is_dot_string(local) {
        local.to_owned()
    } else {
        format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""))
    };
    let path = format!("<{local}@{domain}>");
    (path.len() <= LONGEST).then_some(path)
}

/// Words of atoms with dots between them; letters beyond ASCII are atoms (RFC 6531, section 3.3).
fn is_dot_string(local: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii();
    local.split('.').all(|word| !word.is_empty() && word.chars().all(atom))
}

/// A name, or an address literal.
fn is_domain(domain: &str) -> bool {
    match domain.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(|inside| {
            !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b))
        }),
        None => {
            !domain.is_empty() && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_path_or_none() {
        for (local, domain, expected) in [
            ("anna", "studio.example", Some("<anna@studio.example>")),
            ("anna+x.y", "münchen.example", Some("<anna+x.y@xn--mnchen-3ya.example>")),
            ("käthe", "studio.example", Some("<käthe@studio.example>")),
            ("anna b", "studio.example", Some("<\"anna b\"@studio.example>")),
            (r#"a"b\c"#, "studio.example", Some(r#"<"a\"b\\c"@studio.example>"#)),
            ("a>b", "studio.example", Some("<\"a>b\"@studio.example>")),
            (".a", "studio.example", Some("<\".a\"@studio.example>")),
            ("a", "[192.0.2.1]", Some("<a@[192.0.2.1]>")),
            ("a", "[192.0.2.1]> SIZE=1", None),
            ("a\r\nRCPT TO:<b@x.example>", "studio.example", None),
            ("a\u{85}b", "studio.example", None),
            ("a\0b", "studio.example", None),
            ("a\u{2028}b", "studio.example", None),
        ] {
            let address = Address::from_parts(local, domain).unwrap();
            assert_eq!(path(&address).as_deref(), expected, "{local:?} {domain:?}");
        }
        assert_eq!(path(&Address::from_parts(&"a".repeat(400), "x.example").unwrap()), None);
        assert_eq!(path(&Address::unchecked("anna")), None);
        assert_eq!(path(&Address::unchecked("a@x.example> BODY=7BIT")), None);
    }
}
