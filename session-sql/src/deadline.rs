//! The time within which a store call returns.

use std::time::Duration;

use tokio::time::timeout;

use crate::failure::Failure;

/// The upper limit of every timeout, so that adding it to a point in time cannot overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Makes the steps of one call, which share its time.
pub(crate) async fn within<T>(
    call_timeout: Duration,
    steps: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(call_timeout, steps).await.unwrap_or(Err(Failure::Late(call_timeout)))
}
