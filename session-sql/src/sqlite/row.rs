//! The conversion between records and rows.

use std::sync::Arc;
use std::time::Duration;

use session_core::store::{ListCursor, OwnedPage, OwnedSession, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::Row as _;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};

use crate::failure::Failure;
use crate::table::TableName;

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

/// Returns the bits of a version as one of SQLite's signed integers. The sign has no meaning.
pub(crate) fn version(version: Version) -> i64 {
    version.to_bits().cast_signed()
}

/// Reads the obstacles to a `create`: the version of the record under the key, and whether the key is a
/// renamed one.
pub(crate) fn read_existing(row: &SqliteRow) -> Result<(Option<Version>, bool), Failure> {
    let version: Option<i64> = row.try_get(0)?;
    Ok((version.map(|bits| Version::from_bits(bits.cast_unsigned())), row.try_get(1)?))
}

/// Reads the record in the columns from `data` to `version`, which begin at index `at`.
pub(crate) fn read_record(row: &SqliteRow, at: usize, table: &TableName) -> Result<Record, Failure> {
    let timeout: Option<i64> = row.try_get(at + 4)?;
    let timeout =
        timeout.map(u64::try_from).transpose().map_err(|_| bad(table, "its timeout is negative"))?;
    Ok(Record {
        payload: Arc::from(row.try_get::<&[u8], _>(at)?),
        created: UnixTime::from_millis(row.try_get(at + 1)?),
        last_used: UnixTime::from_millis(row.try_get(at + 2)?),
        expires: row.try_get::<Option<i64>, _>(at + 3)?.map(UnixTime::from_millis),
        timeout: timeout.map(Duration::from_secs),
        owner: read_owner(row, at + 5)?,
        label: row.try_get::<Option<&str>, _>(at + 6)?.map(Arc::from),
        version: Version::from_bits(row.try_get::<i64, _>(at + 7)?.cast_unsigned()),
    })
}

/// Reads the owner in column `at`.
pub(crate) fn read_owner(row: &SqliteRow, at: usize) -> Result<Option<Owner>, Failure> {
    Ok(row.try_get::<Option<&str>, _>(at)?.map(Owner::from))
}

/// Reads the store key in column `at`.
pub(crate) fn read_key(row: &SqliteRow, at: usize, table: &TableName) -> Result<StoreKey, Failure> {
    let bytes: &[u8] = row.try_get(at)?;
    let bytes = bytes.try_into().map_err(|_| bad(table, "its key has the wrong length"))?;
    Ok(StoreKey::from_bytes(bytes))
}

/// Reads the session in the columns `key`, `creation_date`, `modification_date`, `label`.
fn read_owned(row: &SqliteRow, table: &TableName) -> Result<OwnedSession, Failure> {
    Ok(OwnedSession::new(
        read_key(row, 0, table)?,
        UnixTime::from_millis(row.try_get(1)?),
        UnixTime::from_millis(row.try_get(2)?),
        row.try_get::<Option<&str>, _>(3)?.map(Arc::from),
    ))
}

/// Makes a page of the rows of a list, of which there is one more than `limit` if another page follows.
pub(crate) fn read_page(rows: &[SqliteRow], limit: usize, table: &TableName) -> Result<OwnedPage, Failure> {
    let page = &rows[..rows.len().min(limit)];
    let last: Option<i64> = match page.last() {
        Some(row) if rows.len() > limit => Some(row.try_get(4)?),
        Some(_) | None => None,
    };
    let sessions = page.iter().map(|row| read_owned(row, table)).collect::<Result<_, Failure>>()?;
    Ok(OwnedPage { sessions, next: last.map(|id| ListCursor::new(id.to_be_bytes())) })
}

fn bad(table: &TableName, problem: &'static str) -> Failure {
    Failure::BadRow { table: table.clone(), problem }
}
