//! Whether two certificates were issued by the same organisation, by the names they give.
//!
//! No decision to send a secret hangs on it: both certificates that are compared were judged by the verifier,
//! and the new one was refused. It only tells "the server's certificate is broken" from "this is not the server".

/// Words that say what kind of company it is, without telling it from another. Authorities write them now so,
/// now otherwise, and leave them out when they rename an intermediate.
const LEGAL_FORMS: &[&str] = &[
    "ab",
    "ag",
    "bv",
    "co",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "kg",
    "limited",
    "llc",
    "ltd",
    "nv",
    "oy",
    "plc",
    "sa",
    "sarl",
    "sas",
    "spa",
    "srl",
];

/// Whether two texts of [`crate::model::Certificate::issuer`] name the same organisation. Authorities rotate
/// their intermediates ("R10 (Let's Encrypt)", "R11 (Let's Encrypt)"), so only where no organisation is named
/// does the common name count.
pub(super) fn same_issuer(one: &str, other: &str) -> bool {
    let (one, other) = (folded(organisation(one)), folded(organisation(other)));
    one == other
}

/// What stands in the last parentheses, else the whole. A number in parentheses ("Root (2024)") names nobody.
fn organisation(issuer: &str) -> &str {
    let issuer = issuer.trim();
    let Some(inner) = issuer.strip_suffix(')') else { return issuer };
    let mut depth = 1_u32;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            let name = &inner[at + 1..];
            return if name.chars().any(char::is_alphabetic) { name } else { issuer };
        }
    }
    issuer
}

fn folded(name: &str) -> String {
    let plain = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let lower = name.to_lowercase();
    let words: Vec<String> = lower.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    let mut telling = words.as_slice();
    while let [rest @ .., last] = telling {
        if rest.is_empty() || !LEGAL_FORMS.contains(&last.as_str()) {
            break;
        }
        telling = rest;
    }
    telling.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_is_the_same_by_another_intermediate() {
        for (one, other, same) in [
            ("R10 (Let's Encrypt)", "R11 (Let's Encrypt)", true),
            ("R10 (Let's Encrypt)", "E7 (Let’s Encrypt)", true),
            ("GTS CA 1C3 (Google Trust Services LLC)", "WR2 (Google Trust Services)", true),
            ("DigiCert TLS RSA SHA256 2020 CA1 (DigiCert Inc)", "DigiCert G2 (DigiCert, Inc.)", true),
            ("DigiCert", "DigiCert Global G2 (DigiCert Inc)", true),
            ("OV TLS (D-Trust GmbH)", "BR (D-TRUST  GMBH)", true),
            ("Plain S.p.A", "Plain", true),
            ("Sub 1 (Izba (KIR))", "Sub 2 (Izba (KIR))", true),
            ("Studio CA", "Studio CA", true),
            ("nobody named", "nobody named", true),
            ("Studio CA", "Studio CA 2", false),
            ("Root (2024)", "Other (2024)", false),
            ("R10 (Let's Encrypt)", "Avast Web/Mail Shield Root (Avast)", false),
            ("R10 (Let's Encrypt)", "R10", false),
            ("R10 (Let's Encrypt)", "R10 (Lets Encrypt Mirror)", false),
            ("R10 (Let's Encrypt)", "nobody named", false),
            ("R10 (Let's Encrypt)", "", false),
            ("Broken) (", "Broken", true),
            ("GmbH", "AG", false),
        ] {
            assert_eq!(same_issuer(one, other), same, "{one:?} and {other:?}");
            assert_eq!(same_issuer(other, one), same, "{other:?} and {one:?}");
        }
    }
}
