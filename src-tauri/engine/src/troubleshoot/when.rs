//! Moments in words.

use crate::model::Timestamp;
use jiff::tz::TimeZone;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// "just now", "4 minutes ago", "3 hours ago", "2 days ago".
pub(super) fn ago(now: Timestamp, at: Timestamp) -> String {
    let seconds = now.since(at) / 1000;
    if seconds < MINUTE {
        return "just now".into();
    }
    let (count, unit) = if seconds < HOUR {
        (seconds / MINUTE, "minute")
    } else if seconds < DAY {
        (seconds / HOUR, "hour")
    } else {
        (seconds / DAY, "day")
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// "today at 12:03", "on 24 November at 12:03", "on 24 November 2025".
pub(super) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local =
        |at: Timestamp| jiff::Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(zone.clone()));
    match (local(at), local(now)) {
        (Some(at), Some(now)) if at.date() == now.date() => at.strftime("today at %H:%M").to_string(),
        (Some(at), Some(now)) if at.year() == now.year() => at.strftime("on %-d %B at %H:%M").to_string(),
        (Some(at), _) => at.strftime("on %-d %B %Y").to_string(),
        _ => String::new(),
    }
}
