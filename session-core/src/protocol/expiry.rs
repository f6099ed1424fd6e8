//! The expiry of sessions: the earlier of the idle timeout and the absolute lifetime.

use std::time::Duration;

use crate::time::UnixTime;

/// The most by which the clocks of two machines are expected to differ.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// Tells whether a stored time lies so far ahead of `now` that the clock which it comes from must have been
/// wrong. Taken as it is, such a time would keep a session from timing out until the clock gets there.
pub(crate) fn is_ahead(at: UnixTime, now: UnixTime) -> bool {
    at.since(now) > CLOCK_TOLERANCE
}

/// Returns the time on the slowest clock that is expected while another clock shows `now`.
pub(crate) fn on_the_slowest_clock(now: UnixTime) -> UnixTime {
    now.before(CLOCK_TOLERANCE)
}

/// Returns `at`, or `now` if `at` comes from a clock that was wrong.
pub(crate) fn corrected(at: UnixTime, now: UnixTime) -> UnixTime {
    if is_ahead(at, now) { now } else { at }
}

/// A session with an idle timeout of its own is touched after this part of it.
const TOUCHES_IN_OWN_TIMEOUT: u32 = 10;

/// The limits that all sessions of a factory have. `None` means that there is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The idle timeout: the time that a session lives without being used.
    pub(crate) timeout: Option<Duration>,
    /// The absolute lifetime: the longest that a session lives.
    pub(crate) lifetime: Option<Duration>,
    /// The age after which a cookie is sent again. With `None` it is never sent again.
    pub(crate) reissue_time: Option<Duration>,
}

impl Limits {
    /// Returns the expiry of a record that is written at `now`, or `None` if it never expires.
    pub(crate) fn expires(
        &self,
        created: UnixTime,
        own: Option<Duration>,
        now: UnixTime,
    ) -> Option<UnixTime> {
        let idle = own.or(self.timeout).map(|timeout| now + timeout);
        // The latest time of all stands for "never", so that stores can use its number for it.
        let is_reached = |at: &UnixTime| *at < UnixTime::from_millis(i64::MAX);
        idle.into_iter().chain(self.absolute(created)).min().filter(is_reached)
    }

    /// Returns the time at which a session that began at `created` ends, however much it is used.
    pub(crate) fn absolute(&self, created: UnixTime) -> Option<UnixTime> {
        self.lifetime.map(|lifetime| created + lifetime)
    }

    /// Tells whether a cookie sent at `issued_at` is older than the idle timeout.
    ///
    /// As in Pyramid, a cookie that is exactly as old as the timeout is still valid. A timeout of zero ends a
    /// session as soon as the clock has moved.
    pub(crate) fn has_timed_out(&self, issued_at: UnixTime, own: Option<Duration>, now: UnixTime) -> bool {
        own.or(self.timeout).is_some_and(|timeout| now.since(issued_at) > timeout)
    }

    /// Tells whether more than half of the idle timeout is left of a cookie sent at `issued_at`.
    pub(crate) fn is_far_from_timeout(
        &self,
        issued_at: UnixTime,
        own: Option<Duration>,
        now: UnixTime,
    ) -> bool {
        own.or(self.timeout).is_none_or(|timeout| now.since(issued_at) < timeout / 2)
    }

    /// Tells whether the cookie is to be sent again. Only whole seconds count, as in Python.
    pub(crate) fn is_reissue_due(&self, issued_at: UnixTime, own: Option<Duration>, now: UnixTime) -> bool {
        let Some(reissue_time) = self.reissue_time else { return false };
        // A session's own timeout may be shorter than the factory's reissue time. Without this, such a
        // session would end while it is in use.
        let reissue_time = own.map_or(reissue_time, |own| reissue_time.min(own / TOUCHES_IN_OWN_TIMEOUT));
        now.whole_secs().since(issued_at) > reissue_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn limits(timeout: Option<u64>, lifetime: Option<u64>, reissue_time: Option<u64>) -> Limits {
        Limits {
            timeout: timeout.map(secs),
            lifetime: lifetime.map(secs),
            reissue_time: reissue_time.map(secs),
        }
    }

    #[test]
    fn at_the_timeout_a_cookie_is_still_valid_and_just_after_it_is_not() {
        let limits = limits(Some(1200), None, Some(120));
        assert!(!limits.has_timed_out(START, None, START + secs(1200)));
        assert!(limits.has_timed_out(START, None, START + Duration::from_millis(1_200_001)));
    }

    #[test]
    fn a_timeout_of_zero_ends_the_session_when_the_clock_moves() {
        let limits = limits(Some(0), None, None);
        assert!(!limits.has_timed_out(START, None, START));
        assert!(limits.has_timed_out(START, None, START + Duration::from_millis(1)));
    }

    #[test]
    fn a_cookie_is_far_from_its_timeout_until_half_of_it_is_over() {
        let (halved, endless) = (limits(Some(1200), None, None), limits(None, Some(9), None));
        let just_before = START + Duration::from_millis(599_999);
        assert!(halved.is_far_from_timeout(START, None, just_before));
        assert!(!halved.is_far_from_timeout(START, None, START + secs(600)));
        assert!(!halved.is_far_from_timeout(START, Some(secs(60)), START + secs(30)));
        assert!(!halved.is_far_from_timeout(START, Some(secs(0)), START));
        assert!(endless.is_far_from_timeout(START, None, START + secs(1_000_000)));
    }

    #[test]
    fn reissue_is_due_after_whole_seconds() {
        let limits = limits(Some(1200), None, Some(120));
        assert!(!limits.is_reissue_due(START, None, START + Duration::from_millis(120_900)));
        assert!(limits.is_reissue_due(START, None, START + secs(121)));
        assert!(!limits.is_reissue_due(START + secs(5000), None, START));
    }

    #[test]
    fn a_session_with_a_short_timeout_of_its_own_is_reissued_in_time() {
        let limits = limits(Some(1200), None, Some(120));
        assert!(limits.is_reissue_due(START, Some(secs(60)), START + secs(7)));
        assert!(!limits.is_reissue_due(START, Some(secs(60)), START + secs(6)));
        assert!(!limits.is_reissue_due(START, Some(secs(1_000_000)), START + secs(120)));
    }

    #[test]
    fn a_time_that_is_more_than_five_minutes_ahead_counts_as_now() {
        for (ahead, is_wrong) in [(0, false), (300_000, false), (300_001, true), (86_400_000, true)] {
            let at = START + Duration::from_millis(ahead);
            assert_eq!(
                (is_ahead(at, START), corrected(at, START) == START),
                (is_wrong, is_wrong || ahead == 0)
            );
        }
        assert_eq!(corrected(START, START + secs(86_400)), START);
    }

    #[test]
    fn a_limit_beyond_all_time_is_no_expiry() {
        let limits = Limits { timeout: Some(Duration::MAX), lifetime: None, reissue_time: None };
        assert_eq!(limits.expires(START, None, START), None);
        let limits = Limits { lifetime: Some(secs(60)), ..limits };
        assert_eq!(limits.expires(START, None, START), Some(START + secs(60)));
    }

    fn limit() -> impl Strategy<Value = Option<Duration>> {
        prop::option::of((0..10_000u64).prop_map(secs))
    }

    proptest! {
        #[test]
        fn no_session_outlives_its_absolute_limit(timeout in limit(), lifetime in 0..10_000u64, own in limit(), age in 0..10_000u64) {
            let limits = Limits { timeout, lifetime: Some(secs(lifetime)), reissue_time: None };
            let expires = limits.expires(START, own, START + secs(age)).unwrap();
            prop_assert!(expires <= START + secs(lifetime));
        }

        #[test]
        fn a_later_use_never_shortens_a_life(timeout in limit(), lifetime in limit(), own in limit(), age in 0..10_000u64, more in 0..10_000u64) {
            let limits = Limits { timeout, lifetime, reissue_time: None };
            let earlier = limits.expires(START, own, START + secs(age));
            let later = limits.expires(START, own, START + secs(age + more));
            prop_assert!(later >= earlier);
        }

        #[test]
        fn a_record_outlives_its_cookie_within_the_absolute_limit(timeout in 0..10_000u64, own in limit(), idle in 1..20_000_000u64) {
            let limits = limits(Some(timeout), None, None);
            let now = START + Duration::from_millis(idle);
            let is_gone = limits.expires(START, own, START).unwrap() < now;
            prop_assert_eq!(limits.has_timed_out(START, own, now), is_gone);
        }
    }
}
