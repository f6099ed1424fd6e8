//! What the store says to SQLite: one statement for each thing to do.

use sqlx::SqlStr;

use crate::sqlite::schema::statement;
use crate::table::TableName;

/// `?1` key, `?2` now.
const LOAD: &str = r#"
select data, creation_date, modification_date, expires, timeout, owner, label, version
from "{table}"
where key = ?1
and (expires is null or expires > ?2)"#;

/// The owner of what a key became. `?1` key, `?2` now.
const FOLLOW: &str = r#"
select owner
from "{table}_moved"
join "{table}" on id = session
where previous_key = ?1
and until > ?2
and (expires is null or expires > ?2)"#;

/// An expired record is absent, and gives way. `?1` to `?9` record, `?10` now.
const CREATE: &str = r#"
insert into "{table}" (
    key, data, creation_date, modification_date, expires, timeout, owner, label, version, purge_date
)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5
where not exists (select 1 from "{table}_moved" where previous_key = ?1 and until > ?10)
on conflict (key) do update
set data = excluded.data,
    creation_date = excluded.creation_date,
    modification_date = excluded.modification_date,
    expires = excluded.expires,
    timeout = excluded.timeout,
    owner = excluded.owner,
    label = excluded.label,
    version = excluded.version,
    moved_until = null
where "{table}".expires <= ?10"#;

/// What keeps a new record out: the version of the one that is there, and whether the key has moved. `?1` key, `?2` now.
const IN_THE_WAY: &str = r#"
select
    (select version from "{table}" where key = ?1),
    exists (select 1 from "{table}_moved" where previous_key = ?1 and until > ?2)"#;

/// `?1` to `?9` record, `?10` expected, `?11` now.
const UPDATE: &str = r#"
update "{table}"
set data = ?2,
    creation_date = ?3,
    modification_date = ?4,
    expires = ?5,
    timeout = ?6,
    owner = ?7,
    label = ?8,
    version = ?9
where key = ?1
and version = ?10
and (expires is null or expires > ?11)"#;

/// A trigger notes where the old key went. `?1` to `?9` record, `?10` expected, `?11` now, `?12` old key, `?13` moved until.
const RENAME: &str = r#"
update "{table}"
set key = ?1,
    data = ?2,
    creation_date = ?3,
    modification_date = ?4,
    expires = ?5,
    timeout = ?6,
    owner = ?7,
    label = ?8,
    version = ?9,
    moved_until = ?13
where key = ?12
and version = ?10
and (expires is null or expires > ?11)
and not exists (select 1 from "{table}_moved" where previous_key = ?1)"#;

/// `?1` and `?2` keys.
const LOAD_BOTH: &str = r#"
select key, data, creation_date, modification_date, expires, timeout, owner, label, version
from "{table}"
where key in (?1, ?2)"#;

/// `max` of anything and null is null, and null is never: the latest. `?1` key, `?2` expires, `?3` now.
const TOUCH: &str = r#"
update "{table}"
set expires = max(expires, ?2),
    modification_date = max(modification_date, ?3)
where key = ?1
and (expires is null or expires > ?3)"#;

/// The row of the key, or of what it became. `?1` key.
const DELETE: &str = r#"
delete from "{table}"
where id = coalesce(
    (select id from "{table}" where key = ?1),
    (select session from "{table}_moved" where previous_key = ?1)
)"#;

/// `?1` owner, `?2` now.
const LIST: &str = r#"
select key, creation_date, modification_date, label
from "{table}"
where owner = ?1
and (expires is null or expires > ?2)"#;

/// `?1` owner, `?2` the key to keep, with what it has become, or null.
const REVOKE: &str = r#"
delete from "{table}"
where owner = ?1
and key is not ?2
and id is not (select session from "{table}_moved" where previous_key = ?2)"#;

/// Rows whose deadline has moved on since they were to be looked at. `?1` before, `?2` limit.
const PUT_OFF: &str = r#"
update "{table}"
set purge_date = expires
where id in (
    select id
    from "{table}"
    where purge_date < ?1
    order by purge_date
    limit ?2
)
and (expires is null or expires >= ?1)"#;

/// `?1` before, `?2` limit.
const PURGE: &str = r#"
delete from "{table}"
where id in (
    select id
    from "{table}"
    where purge_date < ?1
    and expires < ?1
    order by purge_date
    limit ?2
)"#;

/// `?1` before, `?2` limit.
const PURGE_MOVED: &str = r#"
delete from "{table}_moved"
where previous_key in (
    select previous_key
    from "{table}_moved"
    where until < ?1
    order by until
    limit ?2
)"#;

/// The statements for one table. They are made once, and prepared once on each connection.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) load: SqlStr,
    pub(crate) find_renamed: SqlStr,
    pub(crate) create: SqlStr,
    pub(crate) find_existing: SqlStr,
    pub(crate) update: SqlStr,
    pub(crate) rename: SqlStr,
    pub(crate) load_both: SqlStr,
    pub(crate) touch: SqlStr,
    pub(crate) delete: SqlStr,
    pub(crate) list: SqlStr,
    pub(crate) revoke: SqlStr,
    pub(crate) reschedule_purge: SqlStr,
    pub(crate) purge: SqlStr,
    pub(crate) purge_moved: SqlStr,
}

impl Statements {
    pub(crate) fn of(table: &TableName) -> Self {
        let of = |text| statement(text, table);
        Self {
            load: of(LOAD),
            find_renamed: of(FOLLOW),
            create: of(CREATE),
            find_existing: of(IN_THE_WAY),
            update: of(UPDATE),
            rename: of(RENAME),
            load_both: of(LOAD_BOTH),
            touch: of(TOUCH),
            delete: of(DELETE),
            list: of(LIST),
            revoke: of(REVOKE),
            reschedule_purge: of(PUT_OFF),
            purge: of(PURGE),
            purge_moved: of(PURGE_MOVED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::schema::migrate;
    use sqlx::sqlite::SqlitePoolOptions;
    use sqlx::{AssertSqlSafe, SqlitePool, query_as};

    /// Steps of the plan, a line each.
    async fn plan(statement: &SqlStr) -> String {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        migrate(&pool, &TableName::default()).await.unwrap();
        explain(&pool, statement).await
    }

    async fn explain(pool: &SqlitePool, statement: &SqlStr) -> String {
        let text = format!("explain query plan {}", statement.as_str());
        let steps: Vec<(i64, i64, i64, String)> =
            query_as(AssertSqlSafe(text)).fetch_all(pool).await.unwrap();
        let steps: Vec<_> = steps.into_iter().map(|(.., step)| step.replace("COVERING ", "")).collect();
        steps.join("\n")
    }

    fn statements() -> Statements {
        Statements::of(&TableName::default())
    }

    #[tokio::test]
    async fn what_names_a_key_uses_the_primary_key() {
        let all = statements();
        for statement in [&all.load, &all.find_existing, &all.update, &all.rename, &all.touch, &all.load_both]
        {
            let plan = plan(statement).await;
            let step = "SEARCH cwsession USING INDEX sqlite_autoindex_cwsession_1 (key=?)";
            assert!(plan.contains(step), "{}: {plan}", statement.as_str());
        }
    }

    #[tokio::test]
    async fn what_names_an_owner_uses_the_index_by_owner() {
        let all = statements();
        for statement in [&all.list, &all.revoke] {
            let plan = plan(statement).await;
            assert!(
                plan.contains("USING INDEX cwsession_by_owner (owner=?)"),
                "{}: {plan}",
                statement.as_str()
            );
        }
    }

    #[tokio::test]
    async fn a_purge_uses_the_index_by_date_and_its_order() {
        let all = statements();
        for (statement, index) in [
            (&all.reschedule_purge, "cwsession_by_purge_date (purge_date<?)"),
            (&all.purge, "cwsession_by_purge_date (purge_date<?)"),
            (&all.purge_moved, "cwsession_moved_by_until (until<?)"),
        ] {
            let plan = plan(statement).await;
            assert!(plan.contains(index), "{}: {plan}", statement.as_str());
            assert!(!plan.contains("ORDER BY"), "{}: {plan}", statement.as_str());
        }
    }

    #[tokio::test]
    async fn a_key_that_moved_is_one_step_from_its_row() {
        let all = statements();
        for statement in [&all.find_renamed, &all.delete] {
            let plan = plan(statement).await;
            assert!(plan.contains("SEARCH cwsession_moved USING PRIMARY KEY (previous_key=?)"), "{plan}");
            assert!(plan.contains("SEARCH cwsession USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}
