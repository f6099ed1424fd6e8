//! The values: sessions and rename markers.
//!
//! All numbers are big-endian.
//!
//! ```text
//! session  'S' or 'O' (with owner) | version 8 | expiry 8 | last used 8 | line 8
//!          only 'O': tag 8 | owner's hash 8 | cover 8 | length of the owner 4 | owner
//!          flags 1 | created 8 | own timeout 8, if flag 1 | length of label 4, label, if flag 2 | payload
//! marker   'M' | expiry 8 | line 8
//! ```
//!
//! The scripts know the offsets up to the owner, and follow.lua those up to the payload. The first byte is
//! the version of the format, too.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use session_core::store::{Record, Version};
use session_core::{Owner, UnixTime};

use crate::error::Failure;
use crate::layout::keys::{Line, OwnerHash, Tag, first, owner_hash};

const SESSION: u8 = b'S';
const OWNED: u8 = b'O';
const MARKER: u8 = b'M';
const HAS_TIMEOUT: u8 = 1;
const HAS_LABEL: u8 = 2;

/// The number that stands for "never".
pub(crate) const NEVER: i64 = i64::MAX;

/// The time for which the server keeps what has expired, for callers whose clocks are behind, in
/// milliseconds.
pub(crate) const GRACE: i64 = 61_000;

/// The time for which an entry of an index, and the index itself, stay after their cover is over, in
/// milliseconds. It is long, because an entry that is gone too early hides a session from its owner.
pub(crate) const INDEX_GRACE: i64 = 86_400_000;

/// The longest time to live. What lives longer never expires on the server, whose numbers would overflow.
const LONGEST: i64 = 100 * 365 * 86_400_000;

/// The value of a key.
#[derive(Debug)]
pub(crate) enum Value {
    Session(Record),
    Marker { until: UnixTime },
}

/// A session's place in the index of its owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) hash: OwnerHash,
    pub(crate) tag: Tag,
    /// No expiry of the session is later than this.
    pub(crate) cover: i64,
}

impl Entry {
    /// Returns the entry of a record that is written now, or `None` if it has no owner. Each call returns an
    /// entry of its own, so that to take it back never removes that of another call.
    ///
    /// The cover is later than the expiry, so that touches seldom change the index.
    pub(crate) fn of(record: &Record, now: UnixTime) -> Option<Self> {
        let hash = owner_hash(record.owner.as_ref()?);
        Some(Self { hash, tag: rand::random(), cover: cover(expiry(record.expires), now) })
    }
}

/// Returns the cover for an expiry.
pub(crate) fn cover(expiry: i64, now: UnixTime) -> i64 {
    if expiry == NEVER { NEVER } else { expiry.saturating_add(expiry.saturating_sub(now.as_millis()).max(0)) }
}

/// Returns an expiry as the number that is stored.
pub(crate) fn expiry(expires: Option<UnixTime>) -> i64 {
    expires.map_or(NEVER, UnixTime::as_millis)
}

/// Returns the time to live of what expires then, as the argument of a script: empty if it never expires.
pub(crate) fn time_to_live(expiry: i64, now: UnixTime) -> Option<i64> {
    time_to_live_after(expiry, now, GRACE)
}

/// Returns the time to live of an index with an entry of this cover, in the same form.
pub(crate) fn index_time_to_live(cover: i64, now: UnixTime) -> Option<i64> {
    time_to_live_after(cover, now, INDEX_GRACE)
}

fn time_to_live_after(end: i64, now: UnixTime, grace: i64) -> Option<i64> {
    let left = end.saturating_sub(now.as_millis()).saturating_add(grace);
    (end != NEVER && left < LONGEST).then_some(left.max(1))
}

/// Returns the part of a session's value before its line.
pub(crate) fn front(record: &Record) -> Bytes {
    let mut front = BytesMut::with_capacity(25);
    front.put_u8(if record.owner.is_some() { OWNED } else { SESSION });
    front.put_u64(record.version.to_bits());
    front.put_i64(expiry(record.expires));
    front.put_i64(record.last_used.as_millis());
    front.freeze()
}

/// Returns the part of a session's value after its entry in the index.
pub(crate) fn back(record: &Record) -> Bytes {
    let owner = record.owner.as_ref().map_or("", Owner::as_str);
    let label = record.label.as_deref().unwrap_or_default();
    let mut back = BytesMut::with_capacity(32 + owner.len() + label.len() + record.payload.len());
    if record.owner.is_some() {
        put_text(&mut back, owner);
    }
    let timeout = if record.timeout.is_some() { HAS_TIMEOUT } else { 0 };
    back.put_u8(timeout | if record.label.is_some() { HAS_LABEL } else { 0 });
    back.put_i64(record.created.as_millis());
    if let Some(timeout) = record.timeout {
        back.put_u64(timeout.as_secs());
    }
    if record.label.is_some() {
        put_text(&mut back, label);
    }
    back.put_slice(&record.payload);
    back.freeze()
}

/// Returns the whole value of a session.
pub(crate) fn session(record: &Record, line: Line, entry: Option<&Entry>) -> Bytes {
    let (front, back) = (front(record), back(record));
    let mut value = BytesMut::with_capacity(front.len() + 32 + back.len());
    value.put_slice(&front);
    value.put_slice(&line);
    if let Some(entry) = entry {
        value.put_slice(&entry.tag);
        value.put_slice(&entry.hash);
        value.put_i64(entry.cover);
    }
    value.put_slice(&back);
    value.freeze()
}

fn put_text(bytes: &mut BytesMut, text: &str) {
    bytes.put_u32(u32::try_from(text.len()).expect("the size limits are below 4 GiB"));
    bytes.put_slice(text.as_bytes());
}

/// Reads a value.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Failure> {
    read_value(bytes).ok_or(Failure::BadValue)
}

fn read_value(bytes: &[u8]) -> Option<Value> {
    let mut rest = Reader(bytes);
    let kind = rest.take::<1>()?[0];
    if kind == MARKER {
        let until = UnixTime::from_millis(rest.number()?);
        rest.take::<8>()?;
        return rest.0.is_empty().then_some(Value::Marker { until });
    }
    if kind != SESSION && kind != OWNED {
        return None;
    }
    let version = Version::from_bits(u64::from_be_bytes(rest.take()?));
    let [expiry, last_used] = [rest.number()?, rest.number()?];
    rest.take::<8>()?;
    let owner = if kind == OWNED {
        rest.take::<24>()?;
        Some(Owner::from(rest.text()?))
    } else {
        None
    };
    let flags = rest.take::<1>()?[0];
    let created = UnixTime::from_millis(rest.number()?);
    let timeout = if flags & HAS_TIMEOUT == 0 { None } else { Some(u64::from_be_bytes(rest.take()?)) };
    let label = if flags & HAS_LABEL == 0 { None } else { Some(rest.text()?.into()) };
    let record = Record {
        payload: rest.0.into(),
        created,
        last_used: UnixTime::from_millis(last_used),
        expires: (expiry != NEVER).then(|| UnixTime::from_millis(expiry)),
        timeout: timeout.map(Duration::from_secs),
        owner,
        label,
        version,
    };
    (flags <= HAS_TIMEOUT | HAS_LABEL).then_some(Value::Session(record))
}

/// Returns the line in the beginning of a value, or `None` if it is neither a session nor a marker.
pub(crate) fn line_of(value: &[u8]) -> Option<Line> {
    let line = match value.first()? {
        &SESSION | &OWNED => value.get(25..33)?,
        &MARKER => value.get(9..17)?,
        _ => return None,
    };
    Some(first(line))
}

/// Bytes that are read from the front.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = u32::from_be_bytes(self.take()?) as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn records() -> [Record; 4] {
        let plain = Record::new(b"{}".as_slice(), NOW, Version::from_bits(u64::MAX));
        let expiring = Record { expires: Some(NOW), timeout: Some(Duration::from_secs(90)), ..plain.clone() };
        let owned = Record { owner: Some(Owner::from("ada\0")), ..expiring.clone() };
        let labelled = Record { label: Some("".into()), owner: Some(Owner::from("")), ..plain.clone() };
        [plain, expiring, owned, labelled]
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for record in records() {
            let entry = Entry::of(&record, NOW);
            let value = session(&record, [3; 8], entry.as_ref());
            let Ok(Value::Session(read)) = read(&value) else { panic!("{record:?}") };
            assert_eq!(read, record);
            assert_eq!(line_of(&value), Some([3; 8]));
        }
    }

    #[test]
    fn no_beginning_of_a_value_is_read_as_a_record_unless_only_the_payload_is_cut() {
        for record in records() {
            let value = session(&record, [3; 8], Entry::of(&record, NOW).as_ref());
            for length in 0..value.len() - record.payload.len() {
                assert!(read(&value[..length]).is_err(), "{length}");
            }
        }
    }

    #[test]
    fn a_value_of_another_format_is_not_read() {
        for value in [b"".as_slice(), b"T", &[b'S'; 60], b"M123456781234567", b"M12345678123456789"] {
            assert!(read(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn a_session_stays_on_the_server_for_the_grace_after_its_expiry() {
        let after = |millis: i64| NOW.as_millis() + millis;
        assert_eq!(time_to_live(after(1_000), NOW), Some(1_000 + GRACE));
        assert_eq!(time_to_live(after(-GRACE - 5), NOW), Some(1));
        assert_eq!(time_to_live(NEVER, NOW), None);
        assert_eq!(time_to_live(NEVER - 1, NOW), None);
    }

    #[test]
    fn an_entry_covers_twice_the_time_that_is_left() {
        let now = NOW.as_millis();
        assert_eq!(cover(now + 1_000, NOW), now + 2_000);
        assert_eq!(cover(now - 1_000, NOW), now - 1_000);
        assert_eq!(cover(NEVER, NOW), NEVER);
        assert_eq!(cover(NEVER - 1, NOW), NEVER);
    }
}
