//! Points in time in whole milliseconds, and the clocks that return them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: whole milliseconds since 1970-01-01 00:00 UTC, negative before it.
///
/// Arithmetic saturates: no sum of a point and a [`Duration`] can overflow.
///
/// ```
/// use session_core::UnixTime;
/// use std::time::Duration;
///
/// let noon = UnixTime::from_secs(43_200);
/// assert_eq!((noon + Duration::from_millis(1_500)).as_millis(), 43_201_500);
/// assert_eq!((noon + Duration::from_millis(1_500)).as_secs(), 43_201);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Creates the point `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Creates the point `secs` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// Converts float seconds since the epoch, as Python's `time.time()` returns them, rounded to the nearest
    /// millisecond. Returns `None` if `secs` is not a finite number.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        // Cutting would be wrong: 1700000000.001 has no exact float, and the nearest one is below the
        // millisecond.
        secs.is_finite().then(|| Self((secs * 1_000.0).round() as i64))
    }

    /// Returns the milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the epoch, rounded down, like Python's `int(time.time())` for times
    /// after 1970.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Returns this point without its fraction of a second, rounded down.
    #[must_use]
    pub const fn whole_secs(self) -> Self {
        Self::from_secs(self.as_secs())
    }

    /// Returns the time from `earlier` to this point, or zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(if millis > 0 { millis as u64 } else { 0 })
    }

    /// Returns the time that lies `duration` before this one.
    pub(crate) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl std::ops::Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixTime({}.{:03})", self.as_secs(), self.0.rem_euclid(1_000))
    }
}

/// A source of the current time. Tests use one that they can set.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> UnixTime;
}

/// An `Arc` of a clock is a clock.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> UnixTime {
        (**self).now()
    }
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => UnixTime(0) + since,
            Err(before) => UnixTime(-i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_overflowing() {
        let last = UnixTime::from_millis(i64::MAX);
        assert_eq!(last + Duration::MAX, last);
        assert_eq!(UnixTime::from_secs(i64::MAX), last);
        assert_eq!(UnixTime::from_millis(i64::MIN).since(last), Duration::ZERO);
        assert_eq!(last.since(UnixTime::from_millis(i64::MIN)), Duration::from_millis(i64::MAX as u64));
    }

    #[test]
    fn seconds_round_down_on_both_sides_of_the_epoch() {
        assert_eq!(UnixTime::from_millis(1_999).as_secs(), 1);
        assert_eq!(UnixTime::from_millis(-1).as_secs(), -1);
        assert_eq!(UnixTime::from_millis(-1).whole_secs(), UnixTime::from_secs(-1));
    }

    #[test]
    fn a_float_becomes_a_time_only_if_it_is_finite() {
        assert_eq!(UnixTime::from_secs_f64(f64::NAN), None);
        assert_eq!(UnixTime::from_secs_f64(f64::INFINITY), None);
        assert_eq!(
            UnixTime::from_secs_f64(1_700_001_200.001),
            Some(UnixTime::from_millis(1_700_001_200_001))
        );
    }

    #[test]
    fn a_time_prints_as_seconds_with_three_digits_after_the_point() {
        assert_eq!(format!("{:?}", UnixTime::from_millis(1_700_000_000_025)), "UnixTime(1700000000.025)");
    }

    #[test]
    fn the_system_clock_shows_a_time_of_this_century() {
        assert!(SystemClock.now() > UnixTime::from_secs(1_600_000_000));
    }
}
