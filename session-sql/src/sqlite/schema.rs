//! The tables, and the steps that create and migrate them.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, SqlitePool, query, query_scalar, raw_sql};

use crate::failure::Failure;
use crate::table::TableName;

/// The steps from each schema version to the next. A step that was ever published must never be changed.
const STEPS: [&str; 1] = [VERSION_1];

/// The first version of the schema.
///
/// A session is a row of `{table}`. A rename changes the row's key, keeps its id, and adds a rename marker to
/// `{table}_moved`, which leads from the previous key to the id. However often a session is renamed, each of
/// its keys is therefore one lookup away from its row. The markers are deleted together with the row, so that
/// SQLite can use its id again; they are also deleted when a new session replaces an expired one under its
/// key.
///
/// `purge_date` is the time from which a purge looks at the row. It is never later than `expires`, but a
/// touch that moves `expires` does not move it, because the index on it would then be rewritten at each
/// touch. Once `purge_date` has passed, the next write or touch sets it to the new expiry.
///
/// The table is ordered by id, because rows of some hundred bytes are slow to insert into a tree that is
/// ordered by random keys.
const VERSION_1: &str = r#"
create table "{table}" (
    id integer primary key,
    key blob not null unique,
    data blob not null,
    creation_date integer not null,
    modification_date integer not null,
    expires integer,
    timeout integer,
    owner text,
    label text,
    version integer not null,
    moved_until integer,
    purge_date integer
) strict;

create index "{table}_by_owner"
on "{table}" (owner)
where owner is not null;

create index "{table}_by_purge_date"
on "{table}" (purge_date)
where purge_date is not null;

create table "{table}_moved" (
    previous_key blob primary key not null,
    session integer not null,
    until integer not null
) strict, without rowid;

create index "{table}_moved_by_session"
on "{table}_moved" (session);

create index "{table}_moved_by_until"
on "{table}_moved" (until);

create trigger "{table}_renamed"
after update of key on "{table}"
begin
    insert or replace into "{table}_moved" (previous_key, session, until)
    values (old.key, new.id, new.moved_until);
end;

create trigger "{table}_ended"
after delete on "{table}"
begin
    delete from "{table}_moved"
    where session = old.id;
end;

create trigger "{table}_replaced"
after update of moved_until on "{table}"
when new.moved_until is null and old.moved_until is not null
begin
    delete from "{table}_moved"
    where session = new.id;
end;

create trigger "{table}_moved_on"
after update of expires on "{table}"
when new.expires < old.purge_date
or old.purge_date < new.modification_date
or (old.purge_date is null and new.expires is not null)
begin
    update "{table}"
    set purge_date = new.expires
    where id = new.id;
end;
"#;

const CREATE_SCHEMA: &str = r#"
create table if not exists "{table}_schema" (version integer not null) strict"#;

const FIND_VERSION: &str = r#"
select max(version)
from "{table}_schema""#;

const NOTE_VERSION: &str = r#"
insert into "{table}_schema" (version)
values (?1)"#;

/// Makes a statement for this table of a text with the placeholder `{table}`.
pub(crate) fn statement(text: &str, table: &TableName) -> SqlStr {
    // A table name is an identifier, so it can end neither the quotes around it nor the statement.
    AssertSqlSafe(Arc::<str>::from(text.replace("{table}", table.as_str()))).into_sql_str()
}

/// Brings the tables up to date.
///
/// If several processes migrate at the same time, one does the work, and the others wait until it is done.
pub(crate) async fn migrate(pool: &SqlitePool, table: &TableName) -> Result<(), Failure> {
    // A transaction that reads first and writes later would fail at once if another one wrote in between.
    let mut transaction = pool.begin_with("begin immediate").await?;
    apply(&mut transaction, table).await?;
    transaction.commit().await?;
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, table: &TableName) -> Result<(), Failure> {
    raw_sql(statement(CREATE_SCHEMA, table)).execute(&mut *connection).await?;
    let found: Option<i64> = query_scalar(statement(FIND_VERSION, table)).fetch_one(&mut *connection).await?;
    let (found, known) = (found.unwrap_or(0), STEPS.len() as i64);
    if found > known {
        return Err(Failure::NewerSchema { table: table.clone(), found, known });
    }
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        raw_sql(statement(step, table)).execute(&mut *connection).await?;
        query(statement(NOTE_VERSION, table)).bind(version).execute(&mut *connection).await?;
    }
    Ok(())
}
