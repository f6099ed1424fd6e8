//! What of a record reaches the disk, and in which form.

use std::sync::Arc;
use std::time::Duration;

use session_core::store::{Record, StoreKey, Version};
use session_core::{Owner, UnixTime};

use super::Flaw;

/// A `BLOB` of MySQL holds this many bytes.
const BLOB: usize = 65_535;
const YEAR_9999: UnixTime = UnixTime::from_millis(253_402_300_799_999);

/// The record as it is kept.
pub(super) fn stored(record: &Record, flaw: Option<Flaw>) -> Record {
    let has = |one| flaw == Some(one);
    let mut row = record.clone();
    row.payload = stored_payload(&record.payload, flaw);
    if has(Flaw::TrimsOwners) {
        row.owner = record.owner.as_ref().map(|owner| Owner::from(owner.as_str().trim()));
    }
    if has(Flaw::DropsATrailingNul) {
        row.owner = record.owner.as_ref().map(|owner| Owner::from(owner.as_str().trim_end_matches('\0')));
    }
    if has(Flaw::CutsLabelsAtEmoji) {
        row.label = record.label.as_deref().map(until_emoji);
    }
    if has(Flaw::TakesEmptyTextForNone) {
        row.owner = record.owner.clone().filter(|owner| !owner.as_str().is_empty());
        row.label = record.label.clone().filter(|label| !label.is_empty());
    }
    if has(Flaw::ForgetsTimeouts) {
        row.timeout = None;
    }
    if has(Flaw::CutsTimeouts) {
        row.timeout =
            record.timeout.map(|timeout| Duration::from_secs(timeout.as_secs() & u64::from(u32::MAX)));
    }
    if has(Flaw::CapsTimes) {
        row.created = record.created.min(YEAR_9999);
        row.last_used = record.last_used.min(YEAR_9999);
    }
    if has(Flaw::RoundsTimes) {
        row.created = record.created.whole_secs();
        row.last_used = record.last_used.whole_secs();
    }
    if has(Flaw::MixesUpTimes) {
        row.created = record.last_used;
    }
    if has(Flaw::RoundsDeadlines) {
        row.expires = record.expires.map(UnixTime::whole_secs);
    }
    if has(Flaw::TakesNegativeForNever) {
        row.expires = record.expires.filter(|expires| expires.as_millis() >= 0);
    }
    if has(Flaw::TakesLateForNever) {
        row.expires = record.expires.filter(|expires| *expires <= YEAR_9999);
    }
    if has(Flaw::RoundsVersions) {
        row.version = Version::from_bits(record.version.to_bits() as f64 as u64);
    }
    row
}

fn stored_payload(payload: &Arc<[u8]>, flaw: Option<Flaw>) -> Arc<[u8]> {
    let has = |one| flaw == Some(one);
    if has(Flaw::CutsPayloadsAtNul) {
        payload.split(|byte| *byte == 0).next().unwrap_or_default().into()
    } else if has(Flaw::DecodesPayloads) {
        String::from_utf8_lossy(payload).as_bytes().into()
    } else if has(Flaw::CutsLongPayloads) {
        payload[..payload.len().min(BLOB)].into()
    } else if has(Flaw::InterpretsPayloads) {
        interpreted(payload).into()
    } else {
        Arc::clone(payload)
    }
}

fn interpreted(payload: &[u8]) -> &[u8] {
    match payload {
        b"null" => b"",
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

fn until_emoji(label: &str) -> Arc<str> {
    label.chars().take_while(|letter| letter.len_utf8() < 4).collect::<String>().into()
}

/// The key under which a record is kept and looked for.
pub(in crate::broken) fn stored_key(key: &StoreKey, flaw: Option<Flaw>) -> StoreKey {
    let mut bytes = *key.as_bytes();
    if flaw == Some(Flaw::FoldsKeys) {
        bytes.make_ascii_lowercase();
    }
    if flaw == Some(Flaw::CutsKeysAtNul)
        && let Some(end) = bytes.iter().position(|byte| *byte == 0)
    {
        bytes[end..].fill(0);
    }
    StoreKey::from_bytes(bytes)
}

/// The first whole second that is not before `time`.
pub(super) fn rounded_up(time: UnixTime) -> UnixTime {
    UnixTime::from_millis(time.as_millis().saturating_add(999)).whole_secs()
}
