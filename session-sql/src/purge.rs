//! Where a batch of a purge begins.
//!
//! PostgreSQL and MariaDB keep deleted rows, or their index entries, for as long as another transaction may
//! see them, such as that of a backup. A statement that reads the index from its start passes over all of
//! them, and would take longer with each batch. So a batch begins at the first purge date of the last full
//! one.
//!
//! Few rows have earlier dates: rows that were locked, and rows whose date has become earlier. The batch with
//! which a run ends looks at the whole index for them. Deleted rows with the same date are still passed over.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::failure::Failure;

/// The start of a batch that looks at the whole index.
const EARLIEST: i64 = i64::MIN;

/// The rows that a batch looks for: the first purge date, the date before which they expired, and the largest
/// number of rows.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    pub(crate) first: i64,
    pub(crate) before: i64,
    pub(crate) limit: i64,
}

/// The result of a batch that has found rows: the first purge date, and the number of rows that it deleted.
#[derive(Clone, Copy)]
pub(crate) struct Purged {
    pub(crate) first: i64,
    pub(crate) deleted: u64,
}

/// The first purge date of the last full batch.
pub(crate) struct PurgeStart(AtomicI64);

impl PurgeStart {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(EARLIEST))
    }

    /// Deletes at most `limit` rows by `batch`, which gets a purge date and a limit, and finds nothing if no
    /// row is due from that date on. Returns how many rows were deleted.
    pub(crate) async fn purge<F>(&self, limit: u32, batch: impl Fn(i64, i64) -> F) -> Result<u64, Failure>
    where
        F: Future<Output = Result<Option<Purged>, Failure>>,
    {
        let (limit, mut deleted) = (u64::from(limit), 0);
        let mut start = self.0.load(Ordering::Relaxed);
        loop {
            if let Some(purged) = batch(start, (limit - deleted).cast_signed()).await? {
                deleted += purged.deleted;
                if deleted >= limit {
                    self.0.store(purged.first, Ordering::Relaxed);
                    return Ok(deleted);
                }
            }
            if start == EARLIEST {
                return Ok(deleted);
            }
            start = EARLIEST;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// The purge dates of the rows in a table, in their order.
    struct Rows(Mutex<Vec<i64>>);

    impl Rows {
        fn of(dates: impl IntoIterator<Item = i64>) -> Self {
            Self(Mutex::new(dates.into_iter().collect()))
        }

        /// Deletes a batch, and notes where it began.
        fn batch(&self, start: i64, limit: i64, starts: &Mutex<Vec<i64>>) -> Option<Purged> {
            starts.lock().unwrap().push(start);
            let mut rows = self.0.lock().unwrap();
            let mut due: Vec<_> = rows.iter().copied().filter(|date| *date >= start).collect();
            due.truncate(limit.try_into().unwrap());
            rows.retain(|date| !due.contains(date));
            due.first().map(|first| Purged { first: *first, deleted: due.len() as u64 })
        }

        /// Purges, and returns the number of rows and the starts of the batches.
        async fn purge(&self, purge_start: &PurgeStart, limit: u32) -> (u64, Vec<i64>) {
            let starts = Mutex::default();
            let batch = |start, limit| std::future::ready(Ok(self.batch(start, limit, &starts)));
            let deleted = purge_start.purge(limit, batch).await.unwrap();
            (deleted, starts.into_inner().unwrap())
        }
    }

    #[tokio::test]
    async fn a_batch_begins_at_the_first_date_of_the_last_full_one() {
        let (rows, start) = (Rows::of(1..=10), PurgeStart::new());
        assert_eq!(rows.purge(&start, 4).await, (4, vec![EARLIEST]));
        assert_eq!(rows.purge(&start, 4).await, (4, vec![1]));
        assert_eq!(rows.purge(&start, 4).await, (2, vec![5, EARLIEST]));
        assert_eq!(rows.purge(&start, 4).await, (0, vec![5, EARLIEST]));
    }

    #[tokio::test]
    async fn a_batch_that_is_not_full_also_looks_for_earlier_dates() {
        let (rows, start) = (Rows::of(5..=10), PurgeStart::new());
        assert_eq!(rows.purge(&start, 4).await, (4, vec![EARLIEST]));
        *rows.0.lock().unwrap() = vec![1, 2, 9, 10];
        assert_eq!(rows.purge(&start, 3).await, (3, vec![5, EARLIEST]));
        assert_eq!(rows.purge(&start, 3).await, (1, vec![1, EARLIEST]));
    }

    #[tokio::test]
    async fn a_batch_that_fails_does_not_change_where_the_next_one_begins() {
        let (rows, start) = (Rows::of(1..=10), PurgeStart::new());
        rows.purge(&start, 4).await;
        let failing = |_, _| std::future::ready(Err(Failure::Closed));
        assert!(start.purge(4, failing).await.is_err());
        assert_eq!(rows.purge(&start, 4).await, (4, vec![1]));
    }

    #[tokio::test]
    async fn a_purge_of_no_rows_deletes_none() {
        assert_eq!(Rows::of(1..=3).purge(&PurgeStart::new(), 0).await.0, 0);
    }
}
