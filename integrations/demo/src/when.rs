//! Times and durations as text.

use std::time::Duration;

use session_core::UnixTime;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
const MACHINE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const NOW: &str = "0 s";
const UNITS: [(u64, &str); 4] = [(24 * 3600, "d"), (3600, "h"), (60, "min"), (1, "s")];

/// A point in time in the forms that pages show.
#[derive(Debug)]
pub(crate) struct When {
    /// The time between this point and now: `3 min 5 s`.
    pub(crate) distance: String,
    /// The date and time: `2026-01-31 12:00:00 UTC`.
    pub(crate) stamp: String,
    /// The date and time for the `datetime` attribute: `2026-01-31T12:00:00Z`.
    pub(crate) machine: String,
}

impl When {
    /// Creates one for a point before `now`.
    pub(crate) fn past(at: UnixTime, now: UnixTime) -> Self {
        Self::new(now.since(at), at)
    }

    /// Creates one for a point after `now`.
    pub(crate) fn future(at: UnixTime, now: UnixTime) -> Self {
        Self::new(at.since(now), at)
    }

    /// Returns the time that has passed since this point, such as `5 s ago`.
    pub(crate) fn ago(&self) -> String {
        if self.distance == NOW { "just now".to_owned() } else { format!("{} ago", self.distance) }
    }

    fn new(distance: Duration, at: UnixTime) -> Self {
        let date = OffsetDateTime::from_unix_timestamp(at.as_secs()).ok();
        let text = |form| date.and_then(|date| date.format(form).ok()).unwrap_or_default();
        Self { distance: span(distance), stamp: text(STAMP), machine: text(MACHINE) }
    }
}

/// Formats a duration in its two largest units.
pub(crate) fn span(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (secs, name) in UNITS {
        if rest >= secs {
            parts.push(format!("{} {name}", rest / secs));
            rest %= secs;
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { NOW.to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_its_two_largest_units() {
        let cases =
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3601, "1 h"), (7320, "2 h 2 min")];
        for (secs, text) in
            cases.into_iter().chain([(30 * 86400, "30 d"), (86400 + 3 * 3600 + 59, "1 d 3 h")])
        {
            assert_eq!(span(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn a_point_in_time_is_shown_as_distance_and_date() {
        let (at, now) = (UnixTime::from_secs(1_700_000_000), UnixTime::from_secs(1_700_000_065));
        assert_eq!(When::past(at, now).distance, "1 min 5 s");
        assert_eq!(When::past(at, now).stamp, "2023-11-14 22:13:20 UTC");
        assert_eq!(When::past(at, now).machine, "2023-11-14T22:13:20Z");
        assert_eq!(When::future(UnixTime::from_millis(i64::MAX), now).stamp, "", "the date is out of range");
    }
}
