//! What a store keeps of a session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::owner::Owner;
use crate::time::UnixTime;

/// What tells one write of a record from every other: 64 random bits that the writer draws for each write.
///
/// Versions are compared, never ordered. A counter would start again when a record is deleted and made anew, and an old writer
/// could then pass for a current one; this cannot.
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
    /// The version of these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, for a store to keep.
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

/// A session as a store keeps it. The store moves these bytes and never reads the payload. `Debug` shows no payload, owner or label.
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
    /// When the session began: at its first write, or at the last sign-in. The absolute limit counts from here.
    pub created: UnixTime,
    /// When the session was last written or touched; reads in between are not seen, for up to the reissue time.
    pub last_used: UnixTime,
    /// From when on the record is absent; `None`: never.
    pub expires: Option<UnixTime>,
    /// The session's own idle limit, if it has one, in whole seconds.
    pub timeout: Option<Duration>,
    /// Who signed in with it.
    pub owner: Option<Owner>,
    /// What the owner knows the session by in a list of devices.
    pub label: Option<Arc<str>>,
    /// What this write is told by.
    pub version: Version,
}

impl Record {
    /// A record that begins `now` and never expires.
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

    /// Whether the record is still there at `now`: at its `expires` it is not.
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
    fn a_record_is_absent_from_its_deadline_on() {
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
    fn a_version_is_its_bits_and_prints_all_of_them() {
        for bits in [0, 1, 0xAB, u64::MAX] {
            assert_eq!(Version::from_bits(bits).to_bits(), bits);
        }
        assert_eq!(Version::from_bits(0xAB).to_string(), "00000000000000ab");
    }
}
