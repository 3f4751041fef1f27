//! Mailbox names in modified UTF-7 (RFC 3501, section 5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const MODIFIED: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name for people. What is no modified UTF-7 (a server that speaks UTF-8 outright) stays as it stands.
pub(super) fn decode(raw: &str) -> String {
    if !raw.contains('&') {
        return raw.to_owned();
    }
    decoded(raw).unwrap_or_else(|| raw.to_owned())
}

fn decoded(raw: &str) -> Option<String> {
    let mut name = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, shifted)) = rest.split_once('&') {
        name.push_str(before);
        let (code, after) = shifted.split_once('-')?;
        if code.is_empty() {
            name.push('&');
        } else {
            let bytes = MODIFIED.decode(code).ok()?;
            if bytes.len() % 2 != 0 {
                return None;
            }
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            for letter in char::decode_utf16(units) {
                name.push(letter.ok()?);
            }
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn names_are_read_as_people_wrote_them() {
        for (raw, name) in [
            ("INBOX", "INBOX"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&BBIERQQ+BDQETwRJBDgENQ-", "Входящие"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Meyer &- Partner", "Meyer & Partner"),
            ("&2D3cjA-", "💌"),
            ("Meyer & Partner", "Meyer & Partner"),
            ("broken &AAA", "broken &AAA"),
            ("half &2D0-", "half &2D0-"),
            ("schon Ü", "schon Ü"),
        ] {
            assert_eq!(decode(raw), name, "{raw}");
        }
    }
}
