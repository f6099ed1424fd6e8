//! The table, and the steps that create and migrate it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, SqlSafeStr as _, SqlStr, query_as, raw_sql};

use crate::failure::Failure;
use crate::migrate::{self, SchemaVersion};
use crate::name::TableName;
use crate::retry::retry;
use crate::sqlite::connect::Connections;
use crate::sqlite::error;

/// The longest time for which a migration waits for another one.
const PATIENCE: Duration = Duration::from_secs(60);

/// The steps from each schema version to the next. A step that was ever published must never be changed.
const STEPS: [&str; 2] = [VERSION_1, VERSION_2];

/// The first version of the schema, with rename markers in a table of their own.
const VERSION_1: &str = include_str!("schema/version_1.sql");

/// The second version of the schema.
///
/// A session is a row of `{table}`, and so is a rename marker. A rename changes the row's key, keeps its id,
/// and inserts a marker under the previous key, whose `moved_to` is that id. However often a session is
/// renamed, each of its keys is therefore one lookup away from its row.
///
/// The markers of a session that has ended lead nowhere, because no other session gets its id: SQLite gives a
/// new row the highest id and one more, and the id of a marker is higher than the one that it leads to. So as
/// long as a marker is there, the id that it leads to is not used again. `autoincrement` would also ensure
/// that, but it writes one more page for each session that is created.
///
/// `purge_date` is the time from which a purge looks at the row. It is never later than `expires`, but a
/// touch that moves `expires` does not move it, because the index on it would then be rewritten at each
/// touch. Once `purge_date` has passed, the next write or touch sets it to the new expiry. A trigger does
/// this, because a statement that names the column rewrites the index even if the value stays the same.
///
/// The table is ordered by id, because rows of some hundred bytes are slow to insert into a tree that is
/// ordered by random keys.
///
/// The step changes the table in place, so indexes, triggers, views and references of the application stay. A
/// process of the release before fails with an error until it is restarted, because two columns have other
/// names; otherwise it would take a rename marker for a session.
const VERSION_2: &str = include_str!("schema/version_2.sql");

const FIND_VERSION: &str = r#"
select version, compatible_from
from "{table}_schema"
order by version desc
limit 1"#;

/// Reads the version of a schema of version 1, whose table has no column `compatible_from`.
const FIND_FIRST_VERSION: &str = r#"
select version, version
from "{table}_schema"
order by version desc
limit 1"#;

/// Makes a statement for this table of a text with the placeholder `{table}`.
pub(crate) fn statement(text: &str, table: &TableName) -> SqlStr {
    // A table name is an identifier, so it can end neither the quotes around it nor the statement.
    AssertSqlSafe(Arc::<str>::from(text.replace("{table}", table.as_str()))).into_sql_str()
}

/// Brings the table up to date. If it is, this only reads.
///
/// If several processes migrate at the same time, one does the work, and the others wait until it is done, or
/// until [`PATIENCE`] is over.
pub(crate) async fn migrate(connections: &Connections, table: &TableName) -> Result<(), Failure> {
    let is_busy = |failure: &Failure| matches!(failure, Failure::Driver(error) if error::is_busy(error));
    retry(PATIENCE, is_busy, || try_migrate(connections, table)).await
}

async fn try_migrate(connections: &Connections, table: &TableName) -> Result<(), Failure> {
    let mut lease = connections.lend_writer().await?;
    let migrated = run_steps(lease.connection(), table).await;
    lease.end(migrated)
}

async fn run_steps(connection: &mut SqliteConnection, table: &TableName) -> Result<(), Failure> {
    let found = find_version(connection, table).await?;
    if migrate::pending(found, &STEPS, table)?.is_empty() {
        return Ok(());
    }
    // A transaction that reads first and writes later would fail at once if another one wrote in between.
    let mut transaction = connection.begin_with("begin immediate").await?;
    let found = find_version(&mut transaction, table).await?;
    for step in migrate::pending(found, &STEPS, table)? {
        raw_sql(statement(step, table)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Fails unless this release can work with the table.
pub(crate) async fn check(connection: &mut SqliteConnection, table: &TableName) -> Result<(), Failure> {
    migrate::check(find_version(connection, table).await?, &STEPS, table)
}

async fn find_version(
    connection: &mut SqliteConnection,
    table: &TableName,
) -> Result<Option<SchemaVersion>, Failure> {
    let mut found = read_version(connection, FIND_VERSION, table).await;
    if matches!(&found, Err(error) if error::is_missing_column(error)) {
        found = read_version(connection, FIND_FIRST_VERSION, table).await;
    }
    match found {
        Err(error) if error::is_missing_table(&error) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(found) => Ok(found.map(|(version, compatible_from)| SchemaVersion { version, compatible_from })),
    }
}

async fn read_version(
    connection: &mut SqliteConnection,
    text: &str,
    table: &TableName,
) -> Result<Option<(i64, i64)>, sqlx::Error> {
    query_as(statement(text, table)).persistent(false).fetch_optional(connection).await
}
