//! The SQL of a purge.

use session_core::UnixTime;
use sqlx::Row as _;

use crate::failure::Failure;
use crate::postgres::query::Queries;
use crate::purge::{Due, Purged};

impl Queries {
    /// Deletes records and rename markers that expired before `before`, unless another call is writing them.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let batch = |start, limit| self.purge_from(start, before.as_millis(), limit);
        self.purge_start.purge(limit, batch).await
    }

    async fn purge_from(&self, start: i64, before: i64, limit: i64) -> Result<Option<Purged>, Failure> {
        let Some(first) = self.first_due(start, before).await? else { return Ok(None) };
        let due = Due { first, before, limit };
        self.reschedule_purge(due).await?;
        Ok(Some(Purged { first, deleted: self.delete_due(due).await? }))
    }

    /// `$1` start, `$2` before.
    pub(crate) const FIRST_DUE: &str = r#"
select purge_date
from {schema}"{table}"
where purge_date >= $1
and purge_date < $2
order by purge_date
limit 1"#;

    /// Returns the first purge date from `start` on, if it is before `before`.
    async fn first_due(&self, start: i64, before: i64) -> Result<Option<i64>, Failure> {
        let first_due = || self.bound(&self.first_due).bind(start).bind(before);
        let rows = self.connections.read(first_due).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    /// The limit is the number of rows that are looked at: among many that have expired, a limit for those
    /// that are still live would let each batch look at all of them. `$1` first, `$2` before, `$3` limit.
    pub(crate) const RESCHEDULE_PURGE: &str = r#"
update {schema}"{table}"
set purge_date = expires
where id = any (array(
    select id
    from {schema}"{table}"
    where id = any (array(
        select id
        from {schema}"{table}"
        where purge_date >= $1
        and purge_date < $2
        order by purge_date
        limit $3
    ))
    and (expires is null or expires >= $2)
    for update skip locked
))"#;

    /// Sets a new purge date for rows whose expiry has moved past the old one.
    async fn reschedule_purge(&self, Due { first, before, limit }: Due) -> Result<(), Failure> {
        let reschedule = || self.bound(&self.reschedule_purge).bind(first).bind(before).bind(limit);
        self.connections.write(reschedule).await?;
        Ok(())
    }

    /// Rows that are locked are left out. `$1` first, `$2` before, `$3` limit.
    pub(crate) const PURGE: &str = r#"
delete from {schema}"{table}"
where id = any (array(
    select id
    from {schema}"{table}"
    where purge_date >= $1
    and purge_date < $2
    and expires < $2
    order by purge_date
    limit $3
    for update skip locked
))"#;

    async fn delete_due(&self, Due { first, before, limit }: Due) -> Result<u64, Failure> {
        let purge = || self.bound(&self.purge).bind(first).bind(before).bind(limit);
        self.connections.write(purge).await
    }
}
