//! The conversion between records and rows.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::postgres::PgRow;
use sqlx::{Row as _, ValueRef as _};

use crate::failure::Failure;
use crate::name::TableName;
use crate::postgres::bound::{Bound, bytes_of};

/// Binds a key and its record to the parameters `$1` to `$9`, in the order of the table's columns.
pub(crate) fn bind<'q>(statement: Bound<'q>, key: &'q StoreKey, record: &'q Record) -> Bound<'q> {
    statement
        .bind(bytes(key))
        .bind(&*record.payload)
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(timeout_secs(record))
        .bind(owner_bytes(record))
        .bind(label_bytes(record))
        .bind(version(record.version))
}

/// Binds keys and their records to the parameters `$1` to `$9`, each an array, in the order of the table's
/// columns.
pub(crate) fn bind_many<'q>(statement: Bound<'q>, records: &[(&'q StoreKey, &'q Record)]) -> Bound<'q> {
    fn column<'q, T>(records: &[(&'q StoreKey, &'q Record)], value: impl Fn(&'q Record) -> T) -> Vec<T> {
        records.iter().map(|(_, record)| value(record)).collect()
    }
    let keys: Vec<_> = records.iter().map(|(key, _)| bytes(key)).collect();
    statement
        .bind(keys)
        .bind(column(records, |record| &*record.payload))
        .bind(column(records, |record| record.created.as_millis()))
        .bind(column(records, |record| record.last_used.as_millis()))
        .bind(column(records, |record| record.expires.map(UnixTime::as_millis)))
        .bind(column(records, timeout_secs))
        .bind(column(records, owner_bytes))
        .bind(column(records, label_bytes))
        .bind(column(records, |record| version(record.version)))
}

pub(crate) fn bytes(key: &StoreKey) -> &[u8] {
    key.as_bytes().as_slice()
}

fn timeout_secs(record: &Record) -> Option<i64> {
    record.timeout.map(|timeout| i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX))
}

fn owner_bytes(record: &Record) -> Option<&[u8]> {
    record.owner.as_ref().map(|owner| owner.as_str().as_bytes())
}

fn label_bytes(record: &Record) -> Option<&[u8]> {
    record.label.as_deref().map(str::as_bytes)
}

/// Returns the bits of a version as one of PostgreSQL's signed integers. The sign has no meaning.
pub(crate) fn version(version: Version) -> i64 {
    version.to_bits().cast_signed()
}

/// Reads a row of `load`: the record in the columns from `data` to `version`. If `data` is null, the owner is
/// the one of the renamed session.
pub(crate) fn read_loaded(row: &PgRow, table: &TableName) -> Result<Loaded, Failure> {
    if !row.try_get_raw(0)?.is_null() {
        return Ok(Loaded::Found(read_record(row, table)?));
    }
    Ok(Loaded::Moved { owner: read_text(row, 5, table)?.map(|owner| Owner::from(&*owner)) })
}

/// Reads a row of `find`: the record in the columns from `data` to `version`, and `moved_to`.
pub(crate) fn read_found(row: &PgRow, table: &TableName) -> Result<Found, Failure> {
    if row.try_get::<Option<i64>, _>(8)?.is_none() {
        return Ok(Found::Record(read_record(row, table)?));
    }
    let until =
        row.try_get::<Option<i64>, _>(3)?.ok_or_else(|| bad(table, "a rename marker never expires"))?;
    Ok(Found::Marker { until: UnixTime::from_millis(until) })
}

/// Reads a row of `list`: the session's id, and the session in the columns `key`, `creation_date`,
/// `modification_date`, `label`.
pub(crate) fn read_owned(row: &PgRow, table: &TableName) -> Result<(i64, OwnedSession), Failure> {
    let session = OwnedSession::new(
        read_key(row, 1, table)?,
        UnixTime::from_millis(row.try_get(2)?),
        UnixTime::from_millis(row.try_get(3)?),
        read_text(row, 4, table)?.map(Arc::from),
    );
    Ok((row.try_get(0)?, session))
}

/// Reads the store key in column `at`.
pub(crate) fn read_key(row: &PgRow, at: usize, table: &TableName) -> Result<StoreKey, Failure> {
    let bytes = read_bytes(row, at, table)?.unwrap_or_default();
    let bytes = (*bytes).try_into().map_err(|_| bad(table, "its key has the wrong length"))?;
    Ok(StoreKey::from_bytes(bytes))
}

/// Reads the record in the first eight columns, from `data` to `version`.
fn read_record(row: &PgRow, table: &TableName) -> Result<Record, Failure> {
    let timeout: Option<i64> = row.try_get(4)?;
    let timeout =
        timeout.map(u64::try_from).transpose().map_err(|_| bad(table, "its timeout is negative"))?;
    Ok(Record {
        payload: Arc::from(read_bytes(row, 0, table)?.ok_or_else(|| bad(table, "it has no data"))?),
        created: UnixTime::from_millis(row.try_get(1)?),
        last_used: UnixTime::from_millis(row.try_get(2)?),
        expires: row.try_get::<Option<i64>, _>(3)?.map(UnixTime::from_millis),
        timeout: timeout.map(Duration::from_secs),
        owner: read_text(row, 5, table)?.map(|owner| Owner::from(&*owner)),
        label: read_text(row, 6, table)?.map(Arc::from),
        version: Version::from_bits(row.try_get::<i64, _>(7)?.cast_unsigned()),
    })
}

/// Reads the owner or label in column `at`: text may not hold NUL in PostgreSQL, so the columns hold bytes.
fn read_text<'r>(row: &'r PgRow, at: usize, table: &TableName) -> Result<Option<Cow<'r, str>>, Failure> {
    let text = match read_bytes(row, at, table)? {
        None => return Ok(None),
        Some(Cow::Borrowed(bytes)) => str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Some(Cow::Owned(bytes)) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    };
    text.map(Some).ok_or_else(|| bad(table, "its owner or label is not UTF-8"))
}

/// Reads the bytes in column `at`.
fn read_bytes<'r>(row: &'r PgRow, at: usize, table: &TableName) -> Result<Option<Cow<'r, [u8]>>, Failure> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(None);
    }
    bytes_of(value).map(Some).ok_or_else(|| bad(table, "a column does not hold bytes"))
}

fn bad(table: &TableName, problem: &'static str) -> Failure {
    Failure::BadRow { table: table.clone(), problem }
}
