//! The arguments of scripts.

use bytes::Bytes;
use session_core::UnixTime;

use crate::layout::value::{Entry, index_time_to_live};

/// Returns an entry as an argument of a script: tag, owner's hash and cover. It is empty for none.
pub(crate) fn entry_bytes(entry: Option<Entry>) -> Bytes {
    let all = |entry: Entry| [entry.tag, entry.hash, entry.cover.to_be_bytes()].concat().into();
    entry.map_or_else(Bytes::new, all)
}

/// Returns the time to live of an index with this entry as an argument of a script.
pub(crate) fn index_time(entry: Option<Entry>, now: UnixTime) -> Bytes {
    optional(entry.and_then(|entry| index_time_to_live(entry.cover, now)))
}

/// Returns some bytes as an argument of a script, which is empty for none.
pub(crate) fn bytes(bytes: Option<[u8; 8]>) -> Bytes {
    bytes.map_or_else(Bytes::new, |bytes| Bytes::copy_from_slice(&bytes))
}

/// Returns a number as an argument of a script.
pub(crate) fn number(number: i64) -> Bytes {
    number.to_string().into()
}

/// Returns a time as an argument of a script.
pub(crate) fn time(time: UnixTime) -> Bytes {
    Bytes::copy_from_slice(&time.as_millis().to_be_bytes())
}

/// Returns a time to live as an argument of a script.
pub(crate) fn optional(time_to_live: Option<i64>) -> Bytes {
    time_to_live.map_or_else(Bytes::new, number)
}
