//! The arguments of scripts.

use bytes::Bytes;
use session_core::UnixTime;

use crate::layout::value::{Entry, time_to_live};

/// Returns owner's hash, cover, and time to live of the index as arguments of a script.
pub(crate) fn entry_arguments(entry: Option<Entry>, now: UnixTime) -> [Bytes; 3] {
    [
        bytes(entry.map(|entry| entry.hash)),
        bytes(entry.map(|entry| entry.cover.to_be_bytes())),
        optional(entry.and_then(|entry| time_to_live(entry.cover, now))),
    ]
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
