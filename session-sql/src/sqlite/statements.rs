//! The SQL of the store: one statement for each operation.

use sqlx::SqlStr;

use crate::sqlite::schema::statement;
use crate::table::TableName;

/// Loads a live record. `?1` key, `?2` now.
const LOAD: &str = r#"
select data, creation_date, modification_date, expires, timeout, owner, label, version
from "{table}"
where key = ?1
and (expires is null or expires > ?2)"#;

/// Finds the live session that was renamed from a key, and reads its owner. `?1` key, `?2` now.
const FIND_RENAMED: &str = r#"
select owner
from "{table}_moved"
join "{table}" on id = session
where previous_key = ?1
and until > ?2
and (expires is null or expires > ?2)"#;

/// Stores a new record; an expired one under the key is replaced. `?1` to `?9` record, `?10` now.
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

/// Reads the obstacles to a `create`: the version of the record under the key, and whether the key is a
/// renamed one. `?1` key, `?2` now.
const FIND_EXISTING: &str = r#"
select
    (select version from "{table}" where key = ?1),
    exists (select 1 from "{table}_moved" where previous_key = ?1 and until > ?2)"#;

/// Replaces a live record of the expected version. `?1` to `?9` record, `?10` expected version, `?11` now.
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

/// Replaces a live record of the expected version by one under a new key. A trigger adds the rename marker.
/// `?1` to `?9` record, `?10` expected version, `?11` now, `?12` old key, `?13` expiry of the rename marker.
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

/// Loads the records under two keys, expired ones included. `?1` and `?2` keys.
const LOAD_BOTH: &str = r#"
select key, data, creation_date, modification_date, expires, timeout, owner, label, version
from "{table}"
where key in (?1, ?2)"#;

/// Sets the later of the stored expiry and `?2`. A null expiry means never, the latest of all, and `max` of
/// any value and null is null. `?1` key, `?2` expiry, `?3` now.
const TOUCH: &str = r#"
update "{table}"
set expires = max(expires, ?2),
    modification_date = max(modification_date, ?3)
where key = ?1
and (expires is null or expires > ?3)"#;

/// Deletes the session under a key, or else the session that was renamed from it. `?1` key.
const DELETE: &str = r#"
delete from "{table}"
where id = coalesce(
    (select id from "{table}" where key = ?1),
    (select session from "{table}_moved" where previous_key = ?1)
)"#;

/// Lists the live sessions of an owner in the order of their ids. `?1` owner, `?2` now, `?3` the id after
/// which the page begins, `?4` limit.
const LIST: &str = r#"
select key, creation_date, modification_date, label, id
from "{table}"
where owner = ?1
and (expires is null or expires > ?2)
and id > ?3
order by id
limit ?4"#;

/// Deletes the sessions of an owner, except the one under `?2` and the one that was renamed from it.
/// `?1` owner, `?2` key to keep or null.
const REVOKE: &str = r#"
delete from "{table}"
where owner = ?1
and key is not ?2
and id is not (select session from "{table}_moved" where previous_key = ?2)"#;

/// Sets a new purge date for rows whose expiry has moved past the old one. `?1` before, `?2` limit.
const RESCHEDULE_PURGE: &str = r#"
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

/// Deletes records that expired before `?1`. `?1` before, `?2` limit.
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

/// Deletes rename markers that expired before `?1`. `?1` before, `?2` limit.
const PURGE_MOVED: &str = r#"
delete from "{table}_moved"
where previous_key in (
    select previous_key
    from "{table}_moved"
    where until < ?1
    order by until
    limit ?2
)"#;

/// The statements for one table. They are made once per store, and prepared once per connection.
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
            find_renamed: of(FIND_RENAMED),
            create: of(CREATE),
            find_existing: of(FIND_EXISTING),
            update: of(UPDATE),
            rename: of(RENAME),
            load_both: of(LOAD_BOTH),
            touch: of(TOUCH),
            delete: of(DELETE),
            list: of(LIST),
            revoke: of(REVOKE),
            reschedule_purge: of(RESCHEDULE_PURGE),
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

    /// Returns the steps of the query plan, one per line.
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
    async fn statements_for_a_key_use_the_index_by_key() {
        let all = statements();
        for statement in [&all.load, &all.find_existing, &all.update, &all.rename, &all.touch, &all.load_both]
        {
            let plan = plan(statement).await;
            let step = "SEARCH cwsession USING INDEX sqlite_autoindex_cwsession_1 (key=?)";
            assert!(plan.contains(step), "{}: {plan}", statement.as_str());
        }
    }

    #[tokio::test]
    async fn statements_for_an_owner_use_the_index_by_owner() {
        let all = statements();
        for statement in [&all.list, &all.revoke] {
            let plan = plan(statement).await;
            assert!(
                plan.contains("USING INDEX cwsession_by_owner (owner=?"),
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
    async fn a_renamed_key_is_one_lookup_away_from_its_row() {
        let all = statements();
        for statement in [&all.find_renamed, &all.delete] {
            let plan = plan(statement).await;
            assert!(plan.contains("SEARCH cwsession_moved USING PRIMARY KEY (previous_key=?)"), "{plan}");
            assert!(plan.contains("SEARCH cwsession USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}
