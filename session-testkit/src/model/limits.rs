//! The times of the sessions of a model: milliseconds since its start, and the limits that its site has.

use std::time::Duration;

/// Milliseconds since the program began.
pub(crate) type Millis = u64;

/// How long a session lives without being used.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1_200);
/// How old its cookie gets before it is sent anew.
pub(crate) const REISSUE: Duration = Duration::from_secs(120);
/// How long it lives at all.
pub(crate) const LIFETIME: Duration = Duration::from_secs(7_200);
/// How long a renewed key is sure to be known.
const KNOWN: Millis = 60_000;

const SECOND: Millis = 1_000;

fn idle(own: Option<u32>) -> Millis {
    own.map_or(TIMEOUT.as_millis() as Millis, |secs| Millis::from(secs) * SECOND)
}

/// From when on a session that is written or touched at `now` is absent.
pub(crate) fn expires(created: Millis, own: Option<u32>, now: Millis) -> Millis {
    (now + idle(own)).min(created + LIFETIME.as_millis() as Millis)
}

/// Whether a cookie that was sent at `renewed` is no longer taken.
pub(crate) fn has_timed_out(renewed: Millis, own: Option<u32>, now: Millis) -> bool {
    now - renewed > idle(own)
}

/// The time as a cookie tells it, which has whole seconds, as Pyramid's.
pub(crate) fn in_cookie(now: Millis) -> Millis {
    now / SECOND * SECOND
}

/// Whether a cookie is due to be sent anew. Of now, whole seconds count; a session's own timeout wants it after a tenth of that.
pub(crate) fn is_reissue_due(renewed: Millis, own: Option<u32>, now: Millis) -> bool {
    let reissue =
        own.map_or(REISSUE.as_millis() as Millis, |_| (REISSUE.as_millis() as Millis).min(idle(own) / 10));
    in_cookie(now).saturating_sub(renewed) > reissue
}

/// Whether a key that was renewed at `renewed` is sure to be known still.
pub(crate) fn is_known(renewed: Millis, now: Millis) -> bool {
    now < renewed + KNOWN
}
