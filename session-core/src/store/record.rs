//! The record that a store keeps for a session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::owner::Owner;
use crate::time::UnixTime;

/// The version of a record: 64 random bits that identify one write.
///
/// The library draws a new version for each write. Versions are compared, never ordered. A counter would
/// start again when a session is deleted and created again, so a stale writer could find the version that it
/// expects. With random versions it cannot.
///
/// ```
/// use session_core::store::Version;
///
/// let version = Version::from_bits(0x1F);
/// assert_eq!(version.to_string(), "000000000000001f");
/// assert_eq!(version.to_bits(), 0x1F);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// Creates the version from its bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the bits of the version, for a store to keep.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A session as a store keeps it.
///
/// A store never interprets the payload. `Debug` shows no payload, owner or label.
///
/// ```
/// use session_core::UnixTime;
/// use session_core::store::{Record, Version};
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// let record = Record::new(b"{}".as_slice(), now, Version::from_bits(1));
/// assert!(record.is_live(now));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The session's data, as the data serializer wrote it.
    pub payload: Arc<[u8]>,
    /// The time at which the session began: its first write, or the last sign-in. The absolute lifetime
    /// counts from here.
    pub created: UnixTime,
    /// The time at which the session was last written or touched. Requests that only read touch the session
    /// at most once per reissue time.
    pub last_used: UnixTime,
    /// The expiry: the record is absent from this time on. `None` means that it never expires.
    pub expires: Option<UnixTime>,
    /// The session's own idle timeout in whole seconds, or `None` if the factory's holds.
    pub timeout: Option<Duration>,
    /// The user that is signed in with the session.
    pub owner: Option<Owner>,
    /// The label by which the owner recognises the session in a list of devices.
    pub label: Option<Arc<str>>,
    /// The version, which identifies this write. `update` and `rename` compare it.
    pub version: Version,
}

impl Record {
    /// Creates a record of a session that begins `now` and never expires, without owner, label and own
    /// timeout.
    #[must_use]
    pub fn new(payload: impl Into<Arc<[u8]>>, now: UnixTime, version: Version) -> Self {
        Self {
            payload: payload.into(),
            created: now,
            last_used: now,
            expires: None,
            timeout: None,
            owner: None,
            label: None,
            version,
        }
    }

    /// Tells whether the record is live at `now`. At its `expires` it no longer is.
    #[must_use]
    pub fn is_live(&self, now: UnixTime) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("payload_bytes", &self.payload.len())
            .field("created", &self.created)
            .field("last_used", &self.last_used)
            .field("expires", &self.expires)
            .field("timeout", &self.timeout)
            .field("owned", &self.owner.is_some())
            .field("labelled", &self.label.is_some())
            .field("version", &self.version)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_not_live_from_its_expiry_on() {
        let now = UnixTime::from_secs(10);
        let mut record = Record::new(b"".as_slice(), now, Version::from_bits(1));
        record.expires = Some(UnixTime::from_millis(10_001));
        assert!(record.is_live(now));
        assert!(!record.is_live(UnixTime::from_millis(10_001)));
    }

    #[test]
    fn nothing_prints_a_payload_an_owner_or_a_label() {
        let mut record = Record::new(b"hush".as_slice(), UnixTime::from_secs(0), Version::from_bits(1));
        record.owner = Some(Owner::from("hush"));
        record.label = Some("hush".into());
        assert!(!format!("{record:?}").contains("hush"));
        assert!(!format!("{record:?}").contains(&format!("{:?}", b"hush")));
        assert!(format!("{record:?}").starts_with("Record { payload_bytes: 4, created: UnixTime(0.000)"));
    }

    #[test]
    fn a_version_keeps_its_bits_and_prints_all_of_them() {
        for bits in [0, 1, 0xAB, u64::MAX] {
            assert_eq!(Version::from_bits(bits).to_bits(), bits);
        }
        assert_eq!(Version::from_bits(0xAB).to_string(), "00000000000000ab");
    }
}
