//! Points in time as whole milliseconds, and the clocks that give them.

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
    /// The point that lies `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The point that lies `secs` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// The point that a float of seconds names, as Python's `time.time()` gives it; cut to the millisecond.
    /// `None` for what is not a finite number.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        // Rounding first: 1700000000.001 has no exact float, and its nearest lies below the millisecond.
        secs.is_finite().then(|| Self((secs * 1_000.0).round() as i64))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down, as Python's `int(time.time())` for times after 1970.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// This point without its fraction of a second.
    #[must_use]
    pub const fn whole_secs(self) -> Self {
        Self::from_secs(self.as_secs())
    }

    /// How long after `earlier` this point lies; zero if it does not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(if millis > 0 { millis as u64 } else { 0 })
    }
}

impl std::ops::Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixTime({}.{:03})", self.as_secs(), self.0.rem_euclid(1_000))
    }
}

/// Where the time comes from. A session library that reads the time itself cannot be tested; this one asks.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> UnixTime;
}

/// A shared clock is a clock.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> UnixTime {
        (**self).now()
    }
}

/// The machine's clock.
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
    fn a_float_that_is_no_number_names_no_time() {
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
