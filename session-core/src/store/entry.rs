//! The byte form of what a store keeps under a key.

use std::sync::Arc;
use std::time::Duration;

use crate::owner::Owner;
use crate::store::key::StoreKey;
use crate::store::record::{Record, Version};
use crate::time::UnixTime;

/// The number of the byte form, which is its first byte. Another layout gets another number.
const FORMAT: u8 = 1;
const LIVE: u8 = 0;
const RENAMED: u8 = 1;

// The bits that say which optional fields follow.
const EXPIRES: u8 = 1;
const TIMEOUT: u8 = 2;
const OWNER: u8 = 4;
const LABEL: u8 = 8;

/// The content of a key in a store that keeps bytes: a record, or a rename marker.
///
/// `session` is a number that a session keeps through all its renames, and that no other session has had,
/// such as the bits of its first version. A store that follows a marker compares it, because the key may be
/// in use by another session by then. (The library never uses a key twice, but the rules of the test kit do.)
///
/// ```
/// use session_core::UnixTime;
/// use session_core::store::{Entry, Record, Version};
///
/// let record = Record::new(b"{}".as_slice(), UnixTime::from_secs(0), Version::from_bits(1));
/// let entry = Entry::Live { session: 1, record };
/// assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A session, which may have expired.
    Live {
        /// The number of the session.
        session: u64,
        /// The record.
        record: Record,
    },
    /// A rename marker.
    Renamed {
        /// The number of the session.
        session: u64,
        /// The key to which the session was renamed. It may have been renamed again since.
        to: StoreKey,
        /// The expiry of the marker.
        until: UnixTime,
    },
}

impl Entry {
    /// Returns the byte form, whose first byte is the number of its format.
    ///
    /// | bytes | of a record | of a rename marker |
    /// |---|---|---|
    /// | 1 | the format, 1 | the format, 1 |
    /// | 1 | 0 | 1 |
    /// | 8 | session | session |
    /// | 8 | version | expiry |
    /// | 8 | created | the new key (34 bytes), and the end |
    /// | 8 | last used | |
    /// | 1 | bits: expiry 1, timeout 2, owner 4, label 8 | |
    /// | 8 | expiry, if its bit is set | |
    /// | 8 | timeout in seconds, if its bit is set | |
    /// | 8 + n | length and text of the owner, if its bit is set | |
    /// | 8 + n | length and text of the label, if its bit is set | |
    /// | 8 + n | length and bytes of the payload, and the end | |
    ///
    /// Numbers are big-endian. Times are milliseconds since the Unix epoch.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Live { session, record } => live_bytes(*session, record),
            Self::Renamed { session, to, until } => {
                let mut bytes = vec![FORMAT, RENAMED];
                bytes.extend(session.to_be_bytes());
                bytes.extend(until.as_millis().to_be_bytes());
                bytes.extend(to.as_bytes());
                bytes
            }
        }
    }

    /// Reads the byte form.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not a valid entry of a known format. A store then fails with
    /// [`StoreErrorKind::Corrupt`](crate::store::StoreErrorKind::Corrupt): the session is not absent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadEntry> {
        let mut rest = Reader(bytes);
        let format = rest.byte()?;
        if format != FORMAT {
            return Err(BadEntry::UnknownFormat(format));
        }
        match rest.byte()? {
            LIVE => {
                let (session, record) = (rest.number()?, rest.record()?);
                rest.end(Self::Live { session, record })
            }
            RENAMED => {
                let (session, until) = (rest.number()?, rest.time()?);
                let to = StoreKey::from_bytes(*rest.array()?);
                rest.end(Self::Renamed { session, to, until })
            }
            _ => Err(BadEntry::Malformed),
        }
    }
}

/// The error of bytes that are not a valid [`Entry`]. Its text holds none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadEntry {
    /// The first byte is not the number of a known format: a newer release may have written the entry.
    #[error("the entry has format {0}, which this release does not know: update the library")]
    UnknownFormat(u8),
    /// The bytes are cut off or otherwise damaged.
    #[error("the entry is damaged")]
    Malformed,
}

fn live_bytes(session: u64, record: &Record) -> Vec<u8> {
    let Record { payload, created, last_used, expires, timeout, owner, label, version } = record;
    let (owner, label) = (owner.as_ref().map(Owner::as_str), label.as_deref());
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let mut bytes = Vec::with_capacity(64 + payload.len());
    bytes.extend([FORMAT, LIVE]);
    bytes.extend(session.to_be_bytes());
    bytes.extend(version.to_bits().to_be_bytes());
    bytes.extend(created.as_millis().to_be_bytes());
    bytes.extend(last_used.as_millis().to_be_bytes());
    bytes.push(
        bit(expires.is_some(), EXPIRES)
            | bit(timeout.is_some(), TIMEOUT)
            | bit(owner.is_some(), OWNER)
            | bit(label.is_some(), LABEL),
    );
    bytes.extend(expires.iter().flat_map(|expires| expires.as_millis().to_be_bytes()));
    bytes.extend(timeout.iter().flat_map(|timeout| timeout.as_secs().to_be_bytes()));
    for text in [owner, label].into_iter().flatten() {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend((payload.len() as u64).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The bytes that are still to be read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn array<const N: usize>(&mut self) -> Result<&'b [u8; N], BadEntry> {
        let (array, rest) = self.0.split_first_chunk().ok_or(BadEntry::Malformed)?;
        self.0 = rest;
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, BadEntry> {
        self.array().map(|[byte]| *byte)
    }

    fn number(&mut self) -> Result<u64, BadEntry> {
        self.array().map(|bytes| u64::from_be_bytes(*bytes))
    }

    fn time(&mut self) -> Result<UnixTime, BadEntry> {
        self.array().map(|bytes| UnixTime::from_millis(i64::from_be_bytes(*bytes)))
    }

    /// Reads a length, and as many bytes.
    fn bytes(&mut self) -> Result<&'b [u8], BadEntry> {
        let len = usize::try_from(self.number()?).map_err(|_| BadEntry::Malformed)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(BadEntry::Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'b str, BadEntry> {
        std::str::from_utf8(self.bytes()?).map_err(|_| BadEntry::Malformed)
    }

    fn end<T>(&self, read: T) -> Result<T, BadEntry> {
        if self.0.is_empty() { Ok(read) } else { Err(BadEntry::Malformed) }
    }

    fn record(&mut self) -> Result<Record, BadEntry> {
        let version = Version::from_bits(self.number()?);
        let (created, last_used, bits) = (self.time()?, self.time()?, self.byte()?);
        if bits & !(EXPIRES | TIMEOUT | OWNER | LABEL) != 0 {
            return Err(BadEntry::Malformed);
        }
        let has = |bit| bits & bit != 0;
        Ok(Record {
            created,
            last_used,
            version,
            expires: has(EXPIRES).then(|| self.time()).transpose()?,
            timeout: has(TIMEOUT).then(|| self.number().map(Duration::from_secs)).transpose()?,
            owner: has(OWNER).then(|| self.text().map(Owner::from)).transpose()?,
            label: has(LABEL).then(|| self.text().map(Arc::from)).transpose()?,
            payload: self.bytes()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time() -> impl Strategy<Value = UnixTime> {
        any::<i64>().prop_map(UnixTime::from_millis)
    }

    prop_compose! {
        fn record()(
            payload in prop::collection::vec(any::<u8>(), 0..100),
            (created, last_used, expires) in (time(), time(), prop::option::of(time())),
            timeout in prop::option::of(any::<u64>().prop_map(Duration::from_secs)),
            owner in prop::option::of(".{0,20}"),
            label in prop::option::of(".{0,20}"),
            version in any::<u64>(),
        ) -> Record {
            let (owner, label) = (owner.map(Owner::from), label.map(Arc::from));
            let (payload, version) = (payload.into(), Version::from_bits(version));
            Record { payload, created, last_used, expires, timeout, owner, label, version }
        }
    }

    fn entry() -> impl Strategy<Value = Entry> {
        let live = (any::<u64>(), record()).prop_map(|(session, record)| Entry::Live { session, record });
        let renamed = (any::<u64>(), any::<[u8; 17]>(), time()).prop_map(|(session, half, until)| {
            let to = StoreKey::from_bytes(std::array::from_fn(|at| half[at % 17]));
            Entry::Renamed { session, to, until }
        });
        prop_oneof![4 => live, 1 => renamed]
    }

    proptest! {
        #[test]
        fn an_entry_is_read_back_from_its_bytes(entry in entry()) {
            prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
        }

        #[test]
        fn bytes_that_are_read_are_the_only_form_of_their_entry(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let bytes = [vec![FORMAT], bytes].concat();
            if let Ok(entry) = Entry::from_bytes(&bytes) {
                prop_assert_eq!(entry.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_damaged_entry_is_an_error_or_another_entry(entry in entry(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut bytes = entry.to_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_ne!(Entry::from_bytes(&bytes), Ok(entry));
        }

        #[test]
        fn nothing_can_be_cut_off_or_added(entry in entry(), at in any::<prop::sample::Index>(), more in any::<u8>()) {
            let bytes = entry.to_bytes();
            let cut = at.index(bytes.len());
            prop_assert_eq!(Entry::from_bytes(&bytes[..cut]), Err(BadEntry::Malformed));
            prop_assert_eq!(Entry::from_bytes(&[bytes, vec![more]].concat()), Err(BadEntry::Malformed));
        }
    }

    #[test]
    fn the_form_of_format_1_never_changes() {
        let record = Record {
            expires: Some(UnixTime::from_millis(3)),
            timeout: Some(Duration::from_secs(4)),
            owner: Some("a".into()),
            label: Some("b".into()),
            ..Record::new(b"{}".as_slice(), UnixTime::from_millis(2), Version::from_bits(1))
        };
        let numbers = |numbers: &[u64]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_be_bytes()).collect() };
        let bytes = [
            [vec![1, 0], numbers(&[7, 1, 2, 2]), vec![15], numbers(&[3, 4, 1])].concat(),
            [vec![b'a'], numbers(&[1]), vec![b'b'], numbers(&[2]), b"{}".to_vec()].concat(),
        ];
        assert_eq!(Entry::Live { session: 7, record }.to_bytes(), bytes.concat());
        let to = StoreKey::from_bytes([9; StoreKey::BYTES]);
        let renamed = Entry::Renamed { session: 7, to, until: UnixTime::from_millis(3) };
        assert_eq!(renamed.to_bytes(), [vec![1, 1], numbers(&[7, 3]), vec![9; 34]].concat());
    }

    #[test]
    fn an_unknown_format_is_an_error_that_names_it() {
        assert_eq!(Entry::from_bytes(&[2, 0, 0]), Err(BadEntry::UnknownFormat(2)));
        assert!(BadEntry::UnknownFormat(2).to_string().contains("format 2"));
        assert_eq!(Entry::from_bytes(&[]), Err(BadEntry::Malformed));
    }
}
