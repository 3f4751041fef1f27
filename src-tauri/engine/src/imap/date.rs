//! INTERNALDATE and the date of APPEND (RFC 9051, date-time).

use crate::model::Timestamp;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `17-Jul-1996 02:44:25 -0700`, the day with a space or a nought before it or nothing. `None`: it is no date.
pub(super) fn internal_date(text: &str) -> Option<Timestamp> {
    let mut words = text.split_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next().unwrap_or("+0000"));
    let mut date = date.split('-');
    let day: i8 = date.next()?.parse().ok()?;
    let month = date.next()?.to_ascii_lowercase();
    let month = i8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
    let year: i16 = date.next()?.parse().ok()?;
    let mut time = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // A leap second is none for computing.
    let civil = jiff::civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours: i64 = zone.get(1..3)?.parse().ok()?;
    let minutes: i64 = zone.get(3..5)?.parse().ok()?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Timestamp::from_seconds(utc - sign * (hours * 3600 + minutes * 60)))
}

/// The same the other way, in UTC: `17-Jul-1996 09:44:25 +0000`. `None`: its year has not four digits.
pub(super) fn date_time(time: Timestamp) -> Option<String> {
    let utc = jiff::Timestamp::from_second(time.seconds()).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    (1000..=9999).contains(&utc.year()).then(|| utc.strftime("%d-%b-%Y %H:%M:%S +0000").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_it_is_read() {
        let time = internal_date("01-Mar-2026 00:30:00 +0200").unwrap();
        assert_eq!(date_time(time.plus(999)).as_deref(), Some("28-Feb-2026 22:30:00 +0000"));
        assert_eq!(date_time(Timestamp(i64::MIN)), None);
        assert_eq!(date_time(Timestamp::from_seconds(-62_135_596_800)), None);
    }

    #[test]
    fn a_date_is_read_in_its_zone() {
        for (text, utc) in [
            ("17-Jul-1996 02:44:25 -0700", Some("1996-07-17T09:44:25Z")),
            (" 1-Mar-2026 00:30:00 +0200", Some("2026-02-28T22:30:00Z")),
            ("01-mar-2026 00:30:00 +0545", Some("2026-02-28T18:45:00Z")),
            ("31-Dec-2016 23:59:60 +0000", Some("2016-12-31T23:59:59Z")),
            ("31-Feb-2016 23:59:59 +0000", None),
            ("yesterday", None),
            ("", None),
            ("17-Jul-1996 02:44:25 EST", None),
            ("17-Jul-1996 02:44:25 +é", None),
        ] {
            assert_eq!(internal_date(text).map(Timestamp::rfc3339).as_deref(), utc, "{text}");
        }
    }
}
