//! The few facts of an X.509 certificate (RFC 5280) that a person is shown. Read from DER by hand: bounded,
//! without recursion, and never trusted for a decision that the verifier takes.

use crate::model::{Certificate, Fingerprint, Timestamp};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A certificate as it was shown, before anyone has judged it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The host is filled in by whoever dialed.
    pub(super) facts: Certificate,
    pub(super) not_before: Timestamp,
    /// Issuer and subject are the same.
    pub(super) self_signed: bool,
}

const SEQUENCE: u8 = 0x30;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// DER elements, one after the other.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element: its tag and content. `None` at the end and when it is malformed.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 || rest.len() < count {
                return None;
            }
            length = rest[..count].iter().fold(0, |sum, &b| sum << 8 | usize::from(b));
            rest = &rest[count..];
        }
        if rest.len() < length {
            return None;
        }
        self.0 = &rest[length..];
        Some((tag, &rest[..length]))
    }

    /// The content of the next element, which must have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

impl Shown {
    /// Reads what is needed; `None` when the bytes are no certificate.
    pub(super) fn parse(certificate: &[u8]) -> Option<Self> {
        let mut body = Der(Der(Der(certificate).expect(SEQUENCE)?).expect(SEQUENCE)?);
        let mut ahead = body;
        if ahead.next()?.0 == 0xa0 {
            body = ahead; // The version is there from v2 on.
        }
        body.next()?; // Serial number.
        body.expect(SEQUENCE)?; // Signature algorithm.
        let issuer = body.expect(SEQUENCE)?;
        let mut validity = Der(body.expect(SEQUENCE)?);
        let not_before = time(validity.next()?)?;
        let not_after = time(validity.next()?)?;
        let subject = body.expect(SEQUENCE)?;
        body.expect(SEQUENCE)?; // Public key.
        let mut subject_names = Vec::new();
        while let Some((tag, content)) = body.next() {
            if tag == 0xa3 {
                subject_names = alternative_names(content);
            }
        }
        if subject_names.is_empty() {
            subject_names.extend(attribute(subject, COMMON_NAME));
        }
        let facts = Certificate {
            host: String::new(),
            not_after,
            issuer: name(issuer),
            subject_names,
            fingerprint: Fingerprint::of(certificate),
        };
        Some(Self { facts, not_before, self_signed: issuer == subject })
    }
}

/// `UTCTime` or `GeneralizedTime`, always in UTC to the second (RFC 5280, section 4.1.2.5).
fn time((tag, content): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(content).ok()?;
    let text = text.strip_suffix('Z')?;
    let (year, rest) = match tag {
        0x17 => {
            let (short, rest) = text.split_at_checked(2)?;
            let short: i16 = short.parse().ok()?;
            (if short < 50 { 2000 + short } else { 1900 + short }, rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut parts = [0_i8; 5];
    let mut rest = rest;
    for part in &mut parts {
        let (digits, after) = rest.split_at_checked(2)?;
        *part = digits.parse().ok()?;
        rest = after;
    }
    let [month, day, hour, minute, second] = parts;
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// A distinguished name as a person reads it.
fn name(content: &[u8]) -> String {
    match (attribute(content, COMMON_NAME), attribute(content, ORGANISATION)) {
        (Some(common), Some(organisation)) if common != organisation => format!("{common} ({organisation})"),
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => "nobody named".to_owned(),
    }
}

fn attribute(name: &[u8], wanted: &[u8]) -> Option<String> {
    let mut sets = Der(name);
    while let Some((_, set)) = sets.next() {
        let mut pairs = Der(set);
        while let Some((_, pair)) = pairs.next() {
            let mut pair = Der(pair);
            if pair.expect(0x06) == Some(wanted) {
                return pair.next().map(text);
            }
        }
    }
    None
}

fn text((tag, content): (u8, &[u8])) -> String {
    let decoded = if tag == 0x1e {
        let units = content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        String::from_utf8_lossy(content).into_owned()
    };
    decoded.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn alternative_names(extensions: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut list = Der(Der(extensions).expect(SEQUENCE).unwrap_or_default());
    while let Some((_, extension)) = list.next() {
        let mut extension = Der(extension);
        if extension.expect(0x06) != Some(SUBJECT_ALT_NAME) {
            continue;
        }
        let mut value = extension.next();
        if value.is_some_and(|(tag, _)| tag == 0x01) {
            value = extension.next(); // Whether it is critical.
        }
        let octets = value.map(|(_, content)| content).unwrap_or_default();
        let mut general = Der(Der(octets).expect(SEQUENCE).unwrap_or_default());
        while let Some((tag, content)) = general.next() {
            match (tag, content.len()) {
                (0x82, _) => names.push(text((tag, content))),
                (0x87, 4) => {
                    names.extend(<[u8; 4]>::try_from(content).map(|ip| Ipv4Addr::from(ip).to_string()));
                }
                (0x87, 16) => {
                    names.extend(<[u8; 16]>::try_from(content).map(|ip| Ipv6Addr::from(ip).to_string()));
                }
                _ => {}
            }
            if names.len() == 100 {
                return names;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn made() -> Vec<u8> {
        let mut params =
            CertificateParams::new(["imap.example.com".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2051, 2, 3);
        params.distinguished_name.push(DnType::CommonName, "Müller Post");
        params.distinguished_name.push(DnType::OrganizationName, "Müller GmbH");
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_facts_are_read() {
        let shown = Shown::parse(&made()).unwrap();
        assert_eq!(shown.facts.issuer, "Müller Post (Müller GmbH)");
        assert_eq!(shown.facts.subject_names, ["imap.example.com", "127.0.0.1"]);
        assert_eq!(shown.facts.not_after.rfc3339(), "2051-02-03T00:00:00Z");
        assert_eq!(shown.not_before.rfc3339(), "2024-01-01T00:00:00Z");
        assert!(shown.self_signed);
    }

    #[test]
    fn broken_bytes_are_no_certificate_and_no_panic() {
        let good = made();
        for end in 0..good.len() {
            assert!(Shown::parse(&good[..end]).is_none());
        }
        for at in 0..good.len() {
            let mut bent = good.clone();
            bent[at] ^= 0xff;
            let _ = Shown::parse(&bent);
        }
        assert!(Shown::parse(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
