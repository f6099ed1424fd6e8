//! Records to store in the tests, and what they ask of a store.

use std::error::Error as StdError;

use session_core::store::{OwnerIndex, PurgeExpired, Record, SessionStore, StoreKey, Version};
use session_core::{Owner, UnixTime};

/// The present time in the tests.
pub const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// Returns the time `secs` seconds after [`NOW`].
pub fn after(secs: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + secs * 1_000)
}

/// Returns a key, always the same for a number.
pub fn key(number: u8) -> StoreKey {
    StoreKey::from_bytes([number; StoreKey::BYTES])
}

/// Returns a version of these bits.
pub fn version(bits: u64) -> Version {
    Version::from_bits(bits)
}

/// Creates a record of this version that expires after twenty minutes.
pub fn record(bits: u64) -> Record {
    let mut record = Record::new(bits.to_string().into_bytes(), NOW, version(bits));
    record.expires = Some(after(1200));
    record
}

/// Creates a record with an owner.
pub fn owned(bits: u64, owner: &str) -> Record {
    Record { owner: Some(Owner::from(owner)), ..record(bits) }
}

/// Creates a record that expires at this time.
pub fn expiring(bits: u64, expires: UnixTime) -> Record {
    Record { expires: Some(expires), ..record(bits) }
}

/// Returns the owner index of a store that has one.
pub fn owners(store: &impl SessionStore) -> &dyn OwnerIndex {
    store.owner_index().unwrap()
}

/// Returns the purge of a store that has one.
pub fn expired(store: &impl SessionStore) -> &dyn PurgeExpired {
    store.expiry_purge().unwrap()
}

/// Returns the text of the error and all its causes, as a log would show them.
pub fn text(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
