//! The versions of a statement for different numbers of calls.

use sqlx::SqlStr;

use crate::batch::queue::BatchLimits;

/// A statement in the versions for 1, 2, 4, … calls, so that few are prepared. The places that a batch leaves
/// over are filled with values that change nothing: the last key once more, or values that match no row.
pub(crate) struct Sizes(Vec<SqlStr>);

impl Sizes {
    /// Makes the versions for as many calls as the limits allow. `of` returns the one of a size.
    pub(crate) fn new(of: impl Fn(usize) -> SqlStr, limits: BatchLimits) -> Self {
        Self((0..).map(|power| 1 << power).take_while(|size| *size < limits.calls * 2).map(of).collect())
    }

    /// Returns the statement for this number of calls, and the number of places that it has.
    pub(crate) fn of(&self, calls: usize) -> (SqlStr, usize) {
        let power = calls.next_power_of_two().trailing_zeros() as usize;
        (self.0[power].clone(), 1 << power)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::{AssertSqlSafe, SqlSafeStr as _};

    use super::*;

    #[test]
    fn there_is_a_statement_for_each_number_of_calls() {
        for batch_size in 1..=64 {
            let limits = BatchLimits::new(1, batch_size, Duration::MAX);
            let of = |size| AssertSqlSafe("?".repeat(size)).into_sql_str();
            let sizes = Sizes::new(of, limits);
            for calls in 1..=limits.calls {
                let (text, places) = sizes.of(calls);
                assert!(calls <= places && places < calls * 2, "{batch_size}, {calls}");
                assert_eq!(text.as_str().len(), places);
            }
        }
    }
}
