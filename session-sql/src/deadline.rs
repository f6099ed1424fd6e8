//! The time within which a store call returns.

use std::time::Duration;

use session_core::store::TouchPatience;
use tokio::time::timeout;

use crate::failure::Failure;

/// The upper limit of every timeout, so that adding it to a point in time cannot overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The times within which the calls of a store return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) call: Duration,
    /// Of a touch that is to wait briefly.
    pub(crate) touch: Duration,
}

impl Timeouts {
    pub(crate) fn new(call: Duration, touch: Duration) -> Self {
        let call = call.min(LONGEST);
        Self { call, touch: touch.min(call) }
    }

    pub(crate) const fn of_touch(self, patience: TouchPatience) -> Duration {
        match patience {
            TouchPatience::Brief => self.touch,
            TouchPatience::Full => self.call,
        }
    }

    /// Returns the time for which the statement of a touch waits for a lock, a part of the time for its call.
    /// With the rest, the reply of the server arrives before the caller goes away.
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(crate) fn lock_wait_of_touch(self, patience: TouchPatience) -> Duration {
        let longest = self.of_touch(patience);
        longest - longest / 5
    }
}

/// Makes the steps of one call, which share its time.
pub(crate) async fn within<T>(
    call_timeout: Duration,
    steps: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(call_timeout, steps).await.unwrap_or(Err(Failure::Late(call_timeout)))
}
