//! The meaning of a write that changed nothing, for every store to use.
//!
//! A store tries each write first, on the condition that nothing is in its way. Only if the write changed
//! nothing does the store read what is there, and these functions say what the call returns.
//!
//! | call | condition of the write |
//! |---|---|
//! | `create` | the key holds nothing (or only what has expired) |
//! | `update` | the key holds a live record of the expected version |
//! | `rename` | the old key holds a live record of the expected version, and the new key holds nothing |
//!
//! A `touch` that found no live record returns `Gone`, and needs no read.
//!
//! ```
//! use session_core::UnixTime;
//! use session_core::store::after_miss::{self, Found};
//! use session_core::store::{Record, Version, Written};
//!
//! let now = UnixTime::from_secs(1_700_000_000);
//! let [own, expected, other] = [1, 2, 3].map(Version::from_bits);
//! let stored = Record::new(b"{}".as_slice(), now, other);
//! let written = after_miss::update(Some(Found::Record(stored.clone())), own, expected, now);
//! assert_eq!(written, Written::Conflict(stored));
//! ```

use crate::store::contract::Written;
use crate::store::entry::Entry;
use crate::store::record::{Record, Version};
use crate::time::UnixTime;

/// The content of a key that stands in the way of a write, as one read has found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record, which may have expired.
    Record(Record),
    /// A rename marker, which may have expired.
    Marker {
        /// The expiry of the marker.
        until: UnixTime,
    },
}

impl From<Entry> for Found {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Live { record, .. } => Self::Record(record),
            Entry::Renamed { until, .. } => Self::Marker { until },
        }
    }
}

/// The next step of a `create` that stored nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a retry means that nothing was stored yet"]
pub enum AfterCreate {
    /// The call is a repeat, and returns `Created::Done`.
    Done,
    /// The call returns `Created::Taken`.
    Taken,
    /// Nothing live is in the way any more. Remove what the key holds, on the condition that it has expired
    /// at `now`, because a touch may have extended it since, and try again.
    Retry,
}

/// Says what a `create` returns that stored nothing.
///
/// | found under the key | next |
/// |---|---|
/// | a record of the own version | done |
/// | any other live record | taken |
/// | an expired record of another version | retry |
/// | a marker that has not expired | taken |
/// | an expired marker | retry |
/// | nothing | retry |
pub fn create(found: Option<&Found>, own: Version, now: UnixTime) -> AfterCreate {
    match found {
        Some(Found::Record(record)) if record.version == own => AfterCreate::Done,
        Some(Found::Record(record)) if record.is_live(now) => AfterCreate::Taken,
        Some(Found::Marker { until }) if now < *until => AfterCreate::Taken,
        Some(Found::Record(_) | Found::Marker { .. }) | None => AfterCreate::Retry,
    }
}

/// Says what an `update` returns that stored nothing.
///
/// | found under the key | result |
/// |---|---|
/// | a live record of the own version | done: the call is a repeat |
/// | a live record of the expected version | gone: the write found it expired at `now`, and a caller with an earlier `now`, for whom it was live, has extended it since |
/// | any other live record | conflict |
/// | an expired record, a marker or nothing | gone |
pub fn update(found: Option<Found>, own: Version, expected: Version, now: UnixTime) -> Written {
    match live(found, now) {
        Some(record) if record.version == own => Written::Done,
        Some(record) if record.version == expected => Written::Gone,
        Some(record) => Written::Conflict(record),
        None => Written::Gone,
    }
}

/// Says what a `rename` returns that stored nothing. Read both keys in one step, or the old one before the
/// new one: otherwise a repeat that runs at the same time could be reported as gone.
///
/// | found under the new key | found under the old key | result |
/// |---|---|---|
/// | a record of the own version | anything | done: the call is a repeat |
/// | anything else, also nothing, if that has just ended | a live record of the expected version | fails: the new key is taken |
/// | anything else | any other live record | conflict |
/// | anything else | an expired record, a marker or nothing | gone |
///
/// # Errors
///
/// Fails with [`NewKeyTaken`] if the session could have been renamed, but for what is under the new key.
pub fn rename(
    old: Option<Found>,
    new: Option<&Found>,
    own: Version,
    expected: Version,
    now: UnixTime,
) -> Result<Written, NewKeyTaken> {
    if matches!(new, Some(Found::Record(record)) if record.version == own) {
        return Ok(Written::Done);
    }
    match live(old, now) {
        Some(record) if record.version == expected => Err(NewKeyTaken),
        Some(record) => Ok(Written::Conflict(record)),
        None => Ok(Written::Gone),
    }
}

/// The error of a `rename` to a key that another session has or had. It does not happen in practice, because
/// new keys are random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the new key is taken")]
pub struct NewKeyTaken;

fn live(found: Option<Found>, now: UnixTime) -> Option<Record> {
    match found {
        Some(Found::Record(record)) if record.is_live(now) => Some(record),
        Some(Found::Record(_) | Found::Marker { .. }) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(100);
    const OWN: Version = Version::from_bits(1);
    const EXPECTED: Version = Version::from_bits(2);
    const OTHER: Version = Version::from_bits(3);

    fn record(version: Version, expires: i64) -> Record {
        let record = Record::new(b"".as_slice(), NOW, version);
        Record { expires: Some(UnixTime::from_secs(expires)), ..record }
    }

    fn live(version: Version) -> Option<Found> {
        Some(Found::Record(record(version, 101)))
    }

    fn expired(version: Version) -> Option<Found> {
        Some(Found::Record(record(version, 100)))
    }

    fn marker(until: i64) -> Option<Found> {
        Some(Found::Marker { until: UnixTime::from_secs(until) })
    }

    #[test]
    fn each_row_of_the_table_of_create() {
        for (found, expected) in [
            (live(OWN), AfterCreate::Done),
            (expired(OWN), AfterCreate::Done),
            (live(OTHER), AfterCreate::Taken),
            (expired(OTHER), AfterCreate::Retry),
            (marker(101), AfterCreate::Taken),
            (marker(100), AfterCreate::Retry),
            (None, AfterCreate::Retry),
        ] {
            assert_eq!(create(found.as_ref(), OWN, NOW), expected, "{found:?}");
        }
    }

    #[test]
    fn each_row_of_the_table_of_update() {
        for (found, expected) in [
            (live(OWN), Written::Done),
            (live(EXPECTED), Written::Gone),
            (live(OTHER), Written::Conflict(record(OTHER, 101))),
            (expired(OWN), Written::Gone),
            (expired(OTHER), Written::Gone),
            (marker(101), Written::Gone),
            (None, Written::Gone),
        ] {
            assert_eq!(update(found.clone(), OWN, EXPECTED, NOW), expected, "{found:?}");
        }
    }

    #[test]
    fn each_row_of_the_table_of_rename() {
        for new in [live(OWN), expired(OWN)] {
            for old in [live(EXPECTED), live(OTHER), expired(EXPECTED), marker(101), None] {
                assert_eq!(rename(old, new.as_ref(), OWN, EXPECTED, NOW), Ok(Written::Done));
            }
        }
        for new in [live(OTHER), expired(OTHER), marker(101), marker(100), None] {
            for (old, expected) in [
                (live(EXPECTED), Err(NewKeyTaken)),
                (live(OTHER), Ok(Written::Conflict(record(OTHER, 101)))),
                (expired(EXPECTED), Ok(Written::Gone)),
                (marker(101), Ok(Written::Gone)),
                (None, Ok(Written::Gone)),
            ] {
                assert_eq!(rename(old.clone(), new.as_ref(), OWN, EXPECTED, NOW), expected, "{old:?}");
            }
        }
    }

    #[test]
    fn an_entry_of_bytes_is_found_as_its_record_or_marker() {
        let until = UnixTime::from_secs(101);
        let to = crate::store::key::StoreKey::from_bytes([7; 34]);
        let entry = Entry::Live { session: 1, record: record(OWN, 101) };
        assert_eq!(Some(Found::from(entry)), live(OWN));
        assert_eq!(Found::from(Entry::Renamed { session: 1, to, until }), Found::Marker { until });
    }
}
