//! Points in time. They come in as values; nothing below `sync` reads a clock.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// UTC milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
#[serde(transparent)]
#[specta(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The wall clock of this machine.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// From whole seconds since 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Later by so many milliseconds (earlier when negative).
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to here.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of a local day, as a person types it (`2024-03-01`).
    pub fn from_local_day(day: &str) -> Option<Self> {
        let date: jiff::civil::Date = day.trim().parse().ok()?;
        let start = date.to_zoned(TimeZone::system()).ok()?;
        Some(Self(start.timestamp().as_millisecond()))
    }

    /// RFC 3339 in UTC, to the second: `2026-03-01T09:30:00Z`.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.seconds()).map(|t| t.to_string()).unwrap_or_default()
    }

    /// The date of an IMAP SEARCH (`1-Feb-2026`, RFC 9051 "date"), a day earlier than the UTC day:
    /// servers compare with their own local day, so a search is a day wider and the answer is checked.
    pub fn search_day_before(self) -> String {
        let day = jiff::Timestamp::from_second(self.seconds().saturating_sub(86_400))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(TimeZone::UTC)
            .date();
        let day = day.max(jiff::civil::date(1970, 1, 1));
        day.strftime("%-d-%b-%Y").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_a_day_wider() {
        let noon = Timestamp::from_seconds(1_772_366_400); // 2026-03-01 12:00 UTC
        assert_eq!(noon.search_day_before(), "28-Feb-2026");
        assert_eq!(noon.rfc3339(), "2026-03-01T12:00:00Z");
        assert_eq!(Timestamp(0).search_day_before(), "1-Jan-1970");
    }
}
