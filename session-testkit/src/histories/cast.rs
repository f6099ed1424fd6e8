//! What the letters and numbers of a history stand for: keys, versions and records.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use session_core::store::{Record, StoreKey, Version};
use session_core::{Owner, UnixTime};

use crate::histories::store_call::{Deadline, Entry, Letter, Number, OwnerNumber, Shape};

const MINUTE: u64 = 60;

/// The keys, versions and records of one history.
#[derive(Debug)]
pub(crate) struct Cast {
    now: UnixTime,
    seed: u64,
    /// The versions that were drawn, in order.
    versions: Mutex<Vec<Version>>,
}

impl Cast {
    pub(crate) fn new(now: UnixTime, seed: u64) -> Self {
        Self { now, seed, versions: Mutex::default() }
    }

    /// The key of a letter. All keys of a history have one placement, as those of a session that is renamed.
    pub(crate) fn key(&self, letter: Letter) -> StoreKey {
        let mut bytes = [letter.0; StoreKey::BYTES];
        let seed = self.seed.to_be_bytes();
        bytes[..2].copy_from_slice(&seed[6..]);
        bytes[2..10].copy_from_slice(&seed);
        StoreKey::from_bytes(bytes)
    }

    /// Draws a version that was never there.
    pub(crate) fn draw(&self) -> Number {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let number = versions.len() as u64 + 1;
        versions.push(Version::from_bits(spread(self.seed ^ spread(number))));
        Number(versions.len() as u32)
    }

    /// The version of a number.
    pub(crate) fn version(&self, number: Number) -> Version {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let index = number.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| versions.get(index).copied()).unwrap_or(Version::from_bits(spread(!self.seed)))
    }

    /// The record of an entry.
    pub(crate) fn record(&self, entry: Entry) -> Record {
        let Number(number) = entry.version;
        let length = number as usize % 7 * 100 + 1;
        let mut record =
            Record::new(number.to_be_bytes().repeat(length), self.now, self.version(entry.version));
        record.expires = self.expires(entry.deadline);
        record.timeout = Some(Duration::from_secs(number.into()));
        record.owner = entry.owner.map(owner);
        record.label = Some(format!("label {number}").into());
        record
    }

    /// The entry of a record.
    pub(crate) fn entry(&self, record: &Record) -> Entry {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let number =
            versions.iter().position(|version| *version == record.version).map_or(0, |n| n as u32 + 1);
        let whole = Entry {
            version: Number(number),
            owner: record.owner.as_ref().and_then(owner_number),
            deadline: self.deadline(record.expires),
            shape: Shape::Whole,
        };
        let shape = if self.record(whole) == *record { Shape::Whole } else { Shape::Torn };
        Entry { shape, ..whole }
    }

    /// When a deadline is.
    pub(crate) fn expires(&self, deadline: Deadline) -> Option<UnixTime> {
        match deadline {
            Deadline::Minutes(minutes) => Some(self.now + Duration::from_secs(u64::from(minutes) * MINUTE)),
            Deadline::Never => None,
        }
    }

    fn deadline(&self, expires: Option<UnixTime>) -> Deadline {
        match expires {
            Some(expires) => {
                let minutes = expires.since(self.now).as_secs() / MINUTE;
                Deadline::Minutes(u8::try_from(minutes).unwrap_or(u8::MAX))
            }
            None => Deadline::Never,
        }
    }
}

fn owner(number: OwnerNumber) -> Owner {
    Owner::from(u32::from(number))
}

/// The number of an owner.
pub(crate) fn owner_number(owner: &Owner) -> Option<OwnerNumber> {
    owner.as_str().parse().ok()
}

/// Spreads a number over 64 bits, each to another (the finalizer of SplitMix64).
fn spread(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_and_its_entry_are_the_same() {
        let cast = Cast::new(UnixTime::from_secs(1_700_000_000), 7);
        for (owner, deadline) in [(None, Deadline::Never), (Some(1), Deadline::Minutes(30))] {
            let entry = Entry { version: cast.draw(), owner, deadline, shape: Shape::Whole };
            assert_eq!(cast.entry(&cast.record(entry)), entry);
        }
    }

    #[test]
    fn a_record_of_two_writes_is_torn() {
        let cast = Cast::new(UnixTime::from_secs(1_700_000_000), 7);
        let [one, two] = [cast.draw(), cast.draw()].map(|version| {
            cast.record(Entry { version, owner: None, deadline: Deadline::Never, shape: Shape::Whole })
        });
        let torn = Record { payload: two.payload, ..one };
        assert_eq!(cast.entry(&torn).shape, Shape::Torn);
        assert_eq!(cast.entry(&torn).version, Number(1));
    }

    #[test]
    fn keys_of_one_history_share_their_placement_and_nothing_with_another() {
        let (one, other) = (Cast::new(UnixTime::from_secs(0), 1), Cast::new(UnixTime::from_secs(0), 1 << 40));
        assert_eq!(one.key(Letter(0)).placement(), one.key(Letter(1)).placement());
        assert_ne!(one.key(Letter(0)), one.key(Letter(1)));
        assert_ne!(one.key(Letter(0)), other.key(Letter(0)));
    }
}
