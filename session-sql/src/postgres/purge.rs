//! The SQL of a purge.
//!
//! The server keeps deleted rows and their index entries for as long as another transaction may see the rows,
//! such as that of a backup. A statement that reads the index from its start passes over all of them, and
//! would take longer with each batch. So a batch begins at the first row of the batch before it: all rows
//! with earlier dates are deleted.

use session_core::UnixTime;
use sqlx::Row as _;

use crate::failure::Failure;
use crate::postgres::query::Queries;
use crate::purge_start::EARLIEST;

/// The rows of a batch: their first purge date, the date before which they expired, and how many they are at
/// most.
#[derive(Clone, Copy)]
struct Due {
    first: i64,
    before: i64,
    limit: u32,
}

impl Queries {
    /// Deletes records and rename markers that expired before `before`, unless another call is writing them.
    ///
    /// A date can also become earlier. So a batch that is not full, with which a run of purges ends, looks at
    /// the whole index again.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let before = before.as_millis();
        let mut start = self.purge_start.take();
        let mut purged = 0;
        loop {
            if let Some(first) = self.first_due(start, before).await? {
                let left = limit.saturating_sub(u32::try_from(purged).unwrap_or(limit));
                let due = Due { first, before, limit: left };
                self.reschedule_purge(due).await?;
                purged += self.delete_due(due).await?;
                if purged >= u64::from(limit) {
                    self.purge_start.set(first);
                    return Ok(purged);
                }
            }
            if start == EARLIEST {
                return Ok(purged);
            }
            start = EARLIEST;
        }
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
        let reschedule =
            || self.bound(&self.reschedule_purge).bind(first).bind(before).bind(i64::from(limit));
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
        let purge = || self.bound(&self.purge).bind(first).bind(before).bind(i64::from(limit));
        self.connections.write(purge).await
    }
}
