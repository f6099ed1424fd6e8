//! What is in a file: a record as JSON, or where it has moved.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_core::UnixTime;
use session_core::store::{Record, Version};

/// What is in the file of a key. A line is the number of a session, which renames keep.
#[derive(Serialize, Deserialize)]
pub(crate) enum Entry {
    Session { line: u64, record: Stored },
    Moved { line: u64, to: Vec<u8>, until: i64 },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) payload: Vec<u8>,
    pub(crate) created: i64,
    pub(crate) last_used: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) timeout: Option<u64>,
    pub(crate) owner: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) version: u64,
}

impl From<&Record> for Stored {
    fn from(record: &Record) -> Self {
        Self {
            payload: record.payload.to_vec(),
            created: record.created.as_millis(),
            last_used: record.last_used.as_millis(),
            expires: record.expires.map(UnixTime::as_millis),
            timeout: record.timeout.map(|timeout| timeout.as_secs()),
            owner: record.owner.as_ref().map(|owner| owner.as_str().to_owned()),
            label: record.label.as_deref().map(str::to_owned),
            version: record.version.to_bits(),
        }
    }
}

impl From<&Stored> for Record {
    fn from(stored: &Stored) -> Self {
        Self {
            payload: stored.payload.as_slice().into(),
            created: UnixTime::from_millis(stored.created),
            last_used: UnixTime::from_millis(stored.last_used),
            expires: stored.expires.map(UnixTime::from_millis),
            timeout: stored.timeout.map(Duration::from_secs),
            owner: stored.owner.as_ref().map(Into::into),
            label: stored.label.as_deref().map(Into::into),
            version: Version::from_bits(stored.version),
        }
    }
}

impl From<Stored> for Record {
    fn from(stored: Stored) -> Self {
        (&stored).into()
    }
}
