//! The table, and the steps that create and migrate it.
//!
//! All statements are simple messages, of which each is one round trip: between the two trips of a statement
//! that is prepared, a pooler can change the server. They hold no values but names, which are identifiers.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqlSafeStr as _, SqlStr, raw_sql};

use crate::failure::Failure;
use crate::migrate::{self, SchemaVersion};
use crate::name::{SchemaName, TableName};

/// The steps from each schema version to the next. A step that was ever published must never be changed.
const STEPS: [&str; 1] = [VERSION_1];

/// The first version of the schema.
///
/// A session is a row of `{table}`, and so is a rename marker. A rename changes the row's key, keeps its id,
/// and inserts a marker under the previous key, whose `moved_to` is that id. However often a session is
/// renamed, each of its keys is therefore one lookup away from its row. Old and new keys share one unique
/// index, so a `create` that waits for a rename finds the marker. The markers of a session that has ended
/// lead nowhere, because no id is used twice.
///
/// `purge_date` is the time from which a purge looks at the row. It is never later than `expires`, but a
/// touch that moves `expires` does not move it: as no indexed column changes, and each page has room for new
/// versions of its rows, a touch writes no index (a "heap-only tuple"). Once `purge_date` has passed, the
/// next write or touch sets it to the new expiry.
///
/// Owner and label are bytes, because PostgreSQL's text holds no NUL. The index has a hash of the owner,
/// because it refuses values of some kilobytes, and the id, by which an owner's list is paged.
const VERSION_1: &str = include_str!("schema/version_1.sql");

/// The number of the lock that migrations hold: the bytes of `sessions`. It is the same for all tables,
/// because stores with different tables may create the same schema, and for all releases, so it must never be
/// changed.
pub(crate) const MIGRATION_LOCK: i64 = i64::from_be_bytes(*b"sessions");

/// The table of a store, and the schema that it is in.
pub(crate) struct Table {
    pub(crate) schema: Option<SchemaName>,
    pub(crate) name: TableName,
}

const FIND_VERSION: &str = r#"
select version, compatible_from
from {schema}"{table}_schema"
order by version desc
limit 1"#;

/// Makes a statement for this table of a text with the placeholders `{schema}` and `{table}`.
pub(crate) fn statement(text: &str, table: &Table) -> SqlStr {
    let schema = table.schema.as_ref().map(|schema| format!("\"{schema}\".")).unwrap_or_default();
    // Names are identifiers, so they can end neither the quotes around them nor the statement.
    let text = text.replace("{schema}", &schema).replace("{table}", table.name.as_str());
    AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
}

/// Returns the statements of each step, from an empty database to the present schema.
pub(crate) fn steps(table: &Table) -> Vec<String> {
    STEPS.iter().map(|step| statement(step, table).as_str().to_owned()).collect()
}

/// Brings the table up to date. If it is, this only reads.
///
/// If several processes migrate at the same time, one does the work, and the others wait until it is done.
pub(crate) async fn migrate(connection: &mut PgConnection, table: &Table) -> Result<(), Failure> {
    let found = find_version(connection, table).await?;
    if migrate::pending(found, &STEPS, &table.name)?.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    lock(&mut transaction).await?;
    create_schema(&mut transaction, table.schema.as_ref()).await?;
    let found = find_version(&mut transaction, table).await?;
    for step in migrate::pending(found, &STEPS, &table.name)? {
        raw_sql(statement(step, table)).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Waits until no other process migrates a table of this database. The lock ends with the transaction.
async fn lock(transaction: &mut PgConnection) -> Result<(), Failure> {
    let lock = AssertSqlSafe(format!(
        "set local statement_timeout = 0; set local lock_timeout = '60s'; select pg_advisory_xact_lock({MIGRATION_LOCK})"
    ));
    raw_sql(lock).execute(transaction).await?;
    Ok(())
}

/// Creates the schema, if it is missing. `create schema if not exists` would need the right to create one
/// even if it is there.
async fn create_schema(transaction: &mut PgConnection, schema: Option<&SchemaName>) -> Result<(), Failure> {
    let Some(schema) = schema else { return Ok(()) };
    let exists = format!("select exists (select from pg_namespace where nspname = '{schema}')");
    if !is_true(transaction, exists).await? {
        raw_sql(AssertSqlSafe(format!("create schema \"{schema}\""))).execute(transaction).await?;
    }
    Ok(())
}

/// Fails unless this release can work with the table.
pub(crate) async fn check(connection: &mut PgConnection, table: &Table) -> Result<(), Failure> {
    migrate::check(find_version(connection, table).await?, &STEPS, &table.name)
}

async fn find_version(
    connection: &mut PgConnection,
    table: &Table,
) -> Result<Option<SchemaVersion>, Failure> {
    // A statement on a missing table would fail, and with it the transaction.
    let exists = statement(r#"select to_regclass('{schema}"{table}_schema"') is not null"#, table);
    if !is_true(connection, exists.as_str().to_owned()).await? {
        return Ok(None);
    }
    let found = raw_sql(statement(FIND_VERSION, table)).fetch_optional(connection).await?;
    let found =
        found.map(|row| Ok(SchemaVersion { version: row.try_get(0)?, compatible_from: row.try_get(1)? }));
    found.transpose()
}

/// Returns the only value of a statement.
async fn is_true(connection: &mut PgConnection, statement: String) -> Result<bool, Failure> {
    Ok(raw_sql(AssertSqlSafe(statement)).fetch_one(connection).await?.try_get(0)?)
}
