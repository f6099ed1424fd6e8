//! The table, and the steps that create and migrate it.

use std::sync::Arc;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr, raw_sql};

use crate::failure::Failure;
use crate::migrate::{self, SchemaVersion};
use crate::mysql::error::{self, MySqlFailure};
use crate::name::TableName;

/// The steps from each schema version to the next. A step that was ever published must never be changed.
///
/// Each statement that changes the schema is committed by itself, so a step may have ended halfway, and
/// another process may run it at the same time. Each statement must therefore do nothing if it was done
/// before, and the last one inserts the version.
const STEPS: [&str; 1] = [VERSION_1];

/// The first version of the schema.
///
/// A session is a row of `{table}`, and so is a rename marker. A rename changes the row's key, keeps its id,
/// and inserts a marker under the previous key, whose `moved_to` is that id. However often a session is
/// renamed, each of its keys is therefore one lookup away from its row. Old and new keys share one unique
/// index, so a `create` that waits for a rename finds the marker. The markers of a session that has ended
/// lead nowhere, because no id is used twice. The key is not the primary key: a revocation would miss a
/// session that is renamed meanwhile.
///
/// `purge_date` is the time from which a purge looks at the row. It is never later than `expires`, but a
/// touch that moves `expires` does not move it, and so writes no index. Once `purge_date` has passed, the
/// next write or touch sets it to the new expiry.
///
/// Owner and label are bytes, because comparisons of text depend on a collation. The index has a hash of the
/// owner, because it refuses long values, and the id, by which an owner's list is paged.
const VERSION_1: &str = include_str!("schema/version_1.sql");

/// Fails if another table has the name.
const PROBE: &str = "select id, `key`, moved_to, owner_hash from `{table}` limit 0";

/// Lets the statements of a migration wait for those of another process, and take their time.
const PATIENT: &str = "set session lock_wait_timeout = 60 /*M!, max_statement_time = 0*/";

const FIND_VERSION: &str = r"
select version, compatible_from
from `{table}_schema`
order by version desc
limit 1";

/// Makes a statement for this table of a text with the placeholder `{table}`.
pub(crate) fn statement(text: &str, table: &TableName) -> SqlStr {
    // A name is an identifier, so it can end neither the quotes around it nor the statement.
    AssertSqlSafe(Arc::<str>::from(text.replace("{table}", table.as_str()))).into_sql_str()
}

/// Returns the statements of each step, from an empty database to the present schema.
pub(crate) fn steps(table: &TableName) -> Vec<String> {
    STEPS.iter().map(|step| statement(step, table).as_str().to_owned()).collect()
}

/// Brings the table up to date, and returns whether it was not. Then settings of the connection have changed.
pub(crate) async fn migrate(connection: &mut MySqlConnection, table: &TableName) -> Result<bool, Failure> {
    let found = find_version(connection, table).await?;
    let pending = migrate::pending(found, &STEPS, table)?;
    if pending.is_empty() {
        return Ok(false);
    }
    match raw_sql(statement(PROBE, table)).execute(&mut *connection).await {
        Err(error) if !error::is_missing_table(&error) => return Err(of_other(error.into(), table)),
        _ => {}
    }
    raw_sql(PATIENT).execute(&mut *connection).await?;
    for step in pending {
        let done = raw_sql(statement(step, table)).execute(&mut *connection).await;
        done.map_err(|error| of_other(error.into(), table))?;
    }
    Ok(true)
}

/// Fails unless this release can work with the table.
pub(crate) async fn check(connection: &mut MySqlConnection, table: &TableName) -> Result<(), Failure> {
    migrate::check(find_version(connection, table).await?, &STEPS, table)
}

async fn find_version(
    connection: &mut MySqlConnection,
    table: &TableName,
) -> Result<Option<SchemaVersion>, Failure> {
    match raw_sql(statement(FIND_VERSION, table)).fetch_all(connection).await {
        Ok(rows) => rows
            .first()
            .map(|row| Ok(SchemaVersion { version: row.try_get(0)?, compatible_from: row.try_get(1)? }))
            .transpose(),
        Err(error) if error::is_missing_table(&error) => Ok(None),
        Err(error) => Err(of_other(error.into(), table)),
    }
}

/// Returns the failure that names the table, if a failure means that it is another one.
fn of_other(failure: Failure, table: &TableName) -> Failure {
    if matches!(&failure, Failure::Driver(error) if error::is_missing_column(error)) {
        MySqlFailure::OtherTable(table.clone()).into()
    } else {
        failure
    }
}
