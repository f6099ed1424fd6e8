//! The conversion between records and rows.

use std::sync::Arc;
use std::time::Duration;

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::Row as _;
use sqlx::mysql::MySqlRow;

use crate::failure::Failure;
use crate::mysql::bound::Bound;
use crate::name::TableName;

/// Binds a record, in the order of the table's columns.
pub(crate) fn bind<'q>(statement: Bound<'q>, record: &'q Record) -> Bound<'q> {
    statement
        .bind(&*record.payload)
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(expires(record))
        .bind(timeout_secs(record))
        .bind(owner_bytes(record))
        .bind(label_bytes(record))
        .bind(version(record.version))
}

pub(crate) fn bytes(key: &StoreKey) -> &[u8] {
    key.as_bytes().as_slice()
}

pub(crate) fn expires(record: &Record) -> Option<i64> {
    record.expires.map(UnixTime::as_millis)
}

pub(crate) fn timeout_secs(record: &Record) -> Option<i64> {
    record.timeout.map(|timeout| i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX))
}

pub(crate) fn owner_bytes(record: &Record) -> Option<&[u8]> {
    record.owner.as_ref().map(|owner| owner.as_str().as_bytes())
}

pub(crate) fn label_bytes(record: &Record) -> Option<&[u8]> {
    record.label.as_deref().map(str::as_bytes)
}

/// Returns the bits of a version as a signed integer. The sign has no meaning.
pub(crate) fn version(version: Version) -> i64 {
    version.to_bits().cast_signed()
}

/// Reads a row of `load`: the record in the columns from `data` to `version`. If `data` is null, the owner is
/// the one of the renamed session.
pub(crate) fn read_loaded(row: &MySqlRow, table: &TableName) -> Result<Loaded, Failure> {
    if row.try_get::<Option<&[u8]>, _>(0)?.is_some() {
        return Ok(Loaded::Found(read_record(row, table)?));
    }
    Ok(Loaded::Moved { owner: read_text(row, 5, table)?.map(Owner::from) })
}

/// Reads a row of `find`: the record in the columns from `data` to `version`, and `moved_to`.
pub(crate) fn read_found(row: &MySqlRow, table: &TableName) -> Result<Found, Failure> {
    if row.try_get::<Option<i64>, _>(8)?.is_none() {
        return Ok(Found::Record(read_record(row, table)?));
    }
    let until =
        row.try_get::<Option<i64>, _>(3)?.ok_or_else(|| bad(table, "a rename marker never expires"))?;
    Ok(Found::Marker { until: UnixTime::from_millis(until) })
}

/// Reads a row of `list`: the session's id, and the session in the columns `key`, `creation_date`,
/// `modification_date`, `label`.
pub(crate) fn read_owned(row: &MySqlRow, table: &TableName) -> Result<(i64, OwnedSession), Failure> {
    let session = OwnedSession::new(
        read_key(row, 1, table)?,
        UnixTime::from_millis(row.try_get(2)?),
        UnixTime::from_millis(row.try_get(3)?),
        read_text(row, 4, table)?.map(Arc::from),
    );
    Ok((row.try_get(0)?, session))
}

/// Reads the store key in column `at`.
pub(crate) fn read_key(row: &MySqlRow, at: usize, table: &TableName) -> Result<StoreKey, Failure> {
    let bytes: &[u8] = row.try_get(at)?;
    let bytes = bytes.try_into().map_err(|_| bad(table, "its key has the wrong length"))?;
    Ok(StoreKey::from_bytes(bytes))
}

/// Reads the record in the first eight columns, from `data` to `version`.
fn read_record(row: &MySqlRow, table: &TableName) -> Result<Record, Failure> {
    let timeout: Option<i64> = row.try_get(4)?;
    let timeout =
        timeout.map(u64::try_from).transpose().map_err(|_| bad(table, "its timeout is negative"))?;
    Ok(Record {
        payload: Arc::from(row.try_get::<&[u8], _>(0)?),
        created: UnixTime::from_millis(row.try_get(1)?),
        last_used: UnixTime::from_millis(row.try_get(2)?),
        expires: row.try_get::<Option<i64>, _>(3)?.map(UnixTime::from_millis),
        timeout: timeout.map(Duration::from_secs),
        owner: read_text(row, 5, table)?.map(Owner::from),
        label: read_text(row, 6, table)?.map(Arc::from),
        version: Version::from_bits(row.try_get::<i64, _>(7)?.cast_unsigned()),
    })
}

/// Reads the owner or label in column `at`, which holds bytes.
fn read_text<'r>(row: &'r MySqlRow, at: usize, table: &TableName) -> Result<Option<&'r str>, Failure> {
    let text = row.try_get::<Option<&[u8]>, _>(at)?.map(str::from_utf8).transpose();
    text.map_err(|_| bad(table, "its owner or label is not UTF-8"))
}

fn bad(table: &TableName, problem: &'static str) -> Failure {
    Failure::BadRow { table: table.clone(), problem }
}
