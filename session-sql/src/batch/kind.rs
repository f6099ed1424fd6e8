//! The work on a kind of calls that differs between databases.

use session_core::store::StoreKey;

use crate::failure::Failure;

/// A statement for several calls of one kind.
pub(crate) trait Batch: Send + Sync + 'static {
    type Call: Send + Sync + 'static;
    type Outcome: Send + 'static;
    type Lease: Send;

    /// Lends the connection for a statement.
    fn lend(&self) -> impl Future<Output = Result<Self::Lease, Failure>> + Send;

    /// Runs one statement for the calls, and returns the outcome of each, in their order. `None` means that
    /// nothing was done for a call, which is then made alone.
    fn run(
        &self,
        lease: Self::Lease,
        calls: &[Self::Call],
    ) -> impl Future<Output = Result<Vec<Option<Self::Outcome>>, Failure>> + Send;

    /// Returns the failure of each call of a statement that failed. If nothing was done, returns `None`, and
    /// each call is made alone: then only the one at fault fails.
    fn failure_of_all(failure: Failure) -> Option<Failure>;

    /// Returns the key that only one call of a statement may have.
    fn only_key(_: &Self::Call) -> Option<StoreKey> {
        None
    }

    /// Returns the number of bytes that a call adds to a statement.
    fn bytes(_: &Self::Call) -> usize {
        0
    }
}
