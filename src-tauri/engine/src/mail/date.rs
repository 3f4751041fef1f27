//! The Date field (RFC 5322, 3.3 and 4.3), and what programs write in its place.

use crate::model::Timestamp;
use jiff::civil;

/// Reads a date. `None` when day, month, year or time cannot be told; a missing or unknown zone is UTC.
pub(super) fn date(raw: &[u8]) -> Option<Timestamp> {
    let text = without_comments(raw.get(..raw.len().min(1_000))?);
    if let Ok(at) = text.trim().parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_seconds(at.as_second()));
    }
    let mut found = Parts::default();
    for token in text.split(|c: char| c.is_whitespace() || c == ',').filter(|t| !t.is_empty()) {
        found.token(token);
    }
    found.timestamp()
}

/// Comments out, everything else as ASCII in lower case, and no spaces around the colons of a time.
fn without_comments(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut depth = 0u32;
    for &b in raw {
        match b {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            b':' => {
                out.truncate(out.trim_end().len());
                out.push(':');
            }
            b if b.is_ascii_graphic() => out.push(char::from(b.to_ascii_lowercase())),
            _ if out.ends_with(':') => {}
            _ => out.push(' '),
        }
    }
    out
}

#[derive(Default)]
struct Parts {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<(i8, i8, i8)>,
    /// Seconds east of UTC.
    zone: i64,
    afternoon: Option<bool>,
}

impl Parts {
    fn token(&mut self, token: &str) {
        if self.time.is_none() && token.contains(':') && token.starts_with(|c: char| c.is_ascii_digit()) {
            let cut = token.find(['+', '-']).unwrap_or(token.len());
            let (time, zone) = token.split_at(cut);
            self.time = read_time(time);
            self.signed_zone(zone);
        } else if token.starts_with(['+', '-']) {
            self.signed_zone(token);
        } else if token.starts_with(|c: char| c.is_ascii_digit()) && token.contains(['-', '/', '.']) {
            // 21-nov-1997
            for part in token.split(['-', '/', '.']).filter(|p| !p.is_empty()) {
                self.word(part);
            }
        } else {
            self.word(token);
        }
    }

    fn word(&mut self, word: &str) {
        const MONTHS: [&str; 12] =
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        if let Ok(number) = word.parse::<i16>() {
            match (self.day, number) {
                (None, 1..=31) if word.len() <= 2 => self.day = i8::try_from(number).ok(),
                _ if self.year.is_none() => {
                    self.year = match (word.len(), number) {
                        (1 | 2, 0..=49) => Some(2000 + number),
                        (1..=3, _) => Some(1900 + number),
                        _ => Some(number),
                    };
                }
                _ => {}
            }
            return;
        }
        let month = MONTHS.iter().position(|m| word.get(..3) == Some(m));
        if let (None, Some(index)) = (self.month, month) {
            self.month = i8::try_from(index + 1).ok();
            return;
        }
        match word {
            "am" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            "edt" => self.zone = -4 * 3600,
            "est" | "cdt" => self.zone = -5 * 3600,
            "cst" | "mdt" => self.zone = -6 * 3600,
            "mst" | "pdt" => self.zone = -7 * 3600,
            "pst" => self.zone = -8 * 3600,
            "cet" | "met" | "bst" => self.zone = 3600,
            "cest" | "mest" => self.zone = 2 * 3600,
            _ => {
                // gmt+0200
                if let Some(sign) = word.find(['+', '-'])
                    && let Some(zone) = word.get(sign..)
                {
                    self.signed_zone(zone);
                }
            }
        }
    }

    fn signed_zone(&mut self, zone: &str) {
        let digits: String = zone.chars().filter(char::is_ascii_digit).take(4).collect();
        let Ok(number) = digits.parse::<i64>() else { return };
        let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
        if hours > 23 || minutes > 59 {
            return;
        }
        let seconds = hours * 3600 + minutes * 60;
        self.zone = if zone.starts_with('-') { -seconds } else { seconds };
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let (mut hour, minute, second) = self.time?;
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        // A leap second is shown as the one before it.
        let time = civil::Time::new(hour, minute, second.min(59), 0).ok()?;
        let date = civil::Date::new(self.year?, self.month?, self.day?).ok()?;
        let local = date.to_datetime(time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp::from_seconds(local.timestamp().as_second() - self.zone))
    }
}

fn read_time(text: &str) -> Option<(i8, i8, i8)> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second = match parts.next() {
        Some(seconds) => seconds.split('.').next()?.parse().ok()?,
        None => 0,
    };
    Some((hour, minute, second))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_of_real_mail() {
        for (raw, expected) in [
            ("Sun, 1 Mar 2026 09:30:00 +0000", Some("2026-03-01T09:30:00Z")),
            (" Sun,\r\n 1 Mar 2026 09:30:00 +0100 (CET)", Some("2026-03-01T08:30:00Z")),
            ("1 Mar 26 09:30 GMT", Some("2026-03-01T09:30:00Z")),
            ("Fri, 21 Nov 97 09:55:06 -0600", Some("1997-11-21T15:55:06Z")),
            ("Fri, 21 Nov 1997 09(comment):  55  :  06 -0600", Some("1997-11-21T15:55:06Z")),
            ("21-Nov-1997 09:55:06 EST", Some("1997-11-21T14:55:06Z")),
            ("Sun Mar  1 09:30:00 2026", Some("2026-03-01T09:30:00Z")),
            ("Sun, 1 March 2026 9:30:00 PM -0000", Some("2026-03-01T21:30:00Z")),
            ("2026-03-01T09:30:00Z", Some("2026-03-01T09:30:00Z")),
            ("2026-03-01T09:30:00+02:00", Some("2026-03-01T07:30:00Z")),
            ("Sun, 01 Mar 2026 09:30:60 +0530", Some("2026-03-01T04:00:59Z")),
            ("Sun, 1 Mar 2026 09:30:00 GMT+0100", Some("2026-03-01T08:30:00Z")),
            ("Sun, 1 Mar 2026 09:30:00 +9999", Some("2026-03-01T09:30:00Z")),
            ("Sun, 31 Feb 2026 09:30:00 +0000", None),
            ("Sun, 1 Mar 2026 25:30:00 +0000", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(
                date(raw.as_bytes()).map(crate::model::Timestamp::rfc3339).as_deref(),
                expected,
                "{raw:?}"
            );
        }
    }
}
