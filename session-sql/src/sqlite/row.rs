//! The conversion between records and rows.

use std::sync::Arc;
use std::time::Duration;

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::Row as _;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};

use crate::failure::Failure;
use crate::name::TableName;

/// A statement with the values bound to it.
pub(crate) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds a key and its record to the parameters `?1` to `?9`, in the order of the table's columns.
pub(crate) fn bind<'q>(statement: Bound<'q>, key: &StoreKey, record: &Record) -> Bound<'q> {
    statement
        .bind(key.as_bytes().to_vec())
        .bind(record.payload.to_vec())
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(record.timeout.map(|timeout| i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX)))
        .bind(record.owner.as_ref().map(|owner| owner.as_str().to_owned()))
        .bind(record.label.clone())
        .bind(version(record.version))
}

/// Binds null to the parameters of a record that is not there.
pub(crate) fn bind_nothing(statement: Bound<'_>) -> Bound<'_> {
    (0..9).fold(statement, |statement, _| statement.bind(None::<i64>))
}

/// Returns the bits of a version as one of SQLite's signed integers. The sign has no meaning.
pub(crate) fn version(version: Version) -> i64 {
    version.to_bits().cast_signed()
}

/// Reads a row of `load`: the record in the columns from `data` to `version`. If `data` is null, the owner is
/// the one of the renamed session.
pub(crate) fn read_loaded(row: &SqliteRow, table: &TableName) -> Result<Loaded, Failure> {
    if row.try_get::<Option<&[u8]>, _>(0)?.is_some() {
        return Ok(Loaded::Found(read_record(row, table)?));
    }
    Ok(Loaded::Moved { owner: row.try_get::<Option<&str>, _>(5)?.map(Owner::from) })
}

/// Reads a row of `find`: the record in the columns from `data` to `version`, and `moved_to`.
pub(crate) fn read_found(row: &SqliteRow, table: &TableName) -> Result<Found, Failure> {
    if row.try_get::<Option<i64>, _>(8)?.is_none() {
        return Ok(Found::Record(read_record(row, table)?));
    }
    let until =
        row.try_get::<Option<i64>, _>(3)?.ok_or_else(|| bad(table, "a rename marker never expires"))?;
    Ok(Found::Marker { until: UnixTime::from_millis(until) })
}

/// Reads a row of `list`: the session's id, and the session in the columns `key`, `creation_date`,
/// `modification_date`, `label`.
pub(crate) fn read_owned(row: &SqliteRow, table: &TableName) -> Result<(i64, OwnedSession), Failure> {
    let session = OwnedSession::new(
        read_key(row, 1, table)?,
        UnixTime::from_millis(row.try_get(2)?),
        UnixTime::from_millis(row.try_get(3)?),
        row.try_get::<Option<&str>, _>(4)?.map(Arc::from),
    );
    Ok((row.try_get(0)?, session))
}

/// Reads the store key in column `at`.
pub(crate) fn read_key(row: &SqliteRow, at: usize, table: &TableName) -> Result<StoreKey, Failure> {
    let bytes: &[u8] = row.try_get(at)?;
    let bytes = bytes.try_into().map_err(|_| bad(table, "its key has the wrong length"))?;
    Ok(StoreKey::from_bytes(bytes))
}

/// Reads the record in the first eight columns, from `data` to `version`.
fn read_record(row: &SqliteRow, table: &TableName) -> Result<Record, Failure> {
    let timeout: Option<i64> = row.try_get(4)?;
    let timeout =
        timeout.map(u64::try_from).transpose().map_err(|_| bad(table, "its timeout is negative"))?;
    Ok(Record {
        payload: Arc::from(row.try_get::<&[u8], _>(0)?),
        created: UnixTime::from_millis(row.try_get(1)?),
        last_used: UnixTime::from_millis(row.try_get(2)?),
        expires: row.try_get::<Option<i64>, _>(3)?.map(UnixTime::from_millis),
        timeout: timeout.map(Duration::from_secs),
        owner: row.try_get::<Option<&str>, _>(5)?.map(Owner::from),
        label: row.try_get::<Option<&str>, _>(6)?.map(Arc::from),
        version: Version::from_bits(row.try_get::<i64, _>(7)?.cast_unsigned()),
    })
}

fn bad(table: &TableName, problem: &'static str) -> Failure {
    Failure::BadRow { table: table.clone(), problem }
}
