//! The start of a session in a request: the tickets of its cookies and the loaded record become its state.

use crate::id::SessionId;
use crate::protocol::change::Data;
use crate::protocol::expiry::{corrected, is_ahead};
use crate::protocol::state::{Origin, State, Stored};
use crate::setup::settings::Settings;
use crate::store::record::Record;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Chooses among the verified tickets of a request: of those that have not timed out, the one that was issued
/// last.
///
/// A cookie that another host has planted (cookie tossing) therefore does not hide the browser's own. A
/// cookie from a clock that was wrong counts as sent now, and only if there is no other.
pub(crate) fn read(tickets: &[Option<Ticket>], settings: &Settings, now: UnixTime) -> Option<Ticket> {
    let issued_at = |ticket: &Ticket| corrected(ticket.issued_at, now);
    tickets
        .iter()
        .flatten()
        .filter(|ticket| !settings.limits.has_timed_out(issued_at(ticket), ticket.timeout, now))
        .max_by_key(|ticket| (!is_ahead(ticket.issued_at, now), ticket.issued_at))
        .copied()
}

/// Builds the state of a session from its record, whose payload decodes to `data`. If a limit has ended the
/// session, the state is that of a new one.
pub(crate) fn open(
    stored: Stored,
    data: Data,
    settings: &Settings,
    fresh_id: SessionId,
    now: UnixTime,
) -> State {
    if is_over(&stored, settings, now) {
        return State::new(Origin::New, fresh_id, now);
    }
    State::stored(stored, data, fresh_id, now)
}

/// Tells whether a limit has ended a session that the store still has.
///
/// The store and the cookie know the limits from the time at which they were written. A limit that has been
/// shortened since then, for the session or at a restart, applies as well.
fn is_over(stored: &Stored, settings: &Settings, now: UnixTime) -> bool {
    let Record { last_used, created, timeout, .. } = stored.record;
    let last_used = last_used.max(stored.ticket.issued_at);
    settings.limits.has_timed_out(last_used, timeout, now)
        || settings.limits.absolute(created).is_some_and(|end| end <= now)
}
