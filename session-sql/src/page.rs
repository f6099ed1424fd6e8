//! The pages of an owner's list, which is ordered by id. A rename keeps the id, so no page misses a session.

use session_core::store::{ListCursor, OwnedPage, OwnedSession};

use crate::failure::Failure;

/// Returns the id after which a page begins.
pub(crate) fn first_id(after: Option<&ListCursor>) -> Result<i64, Failure> {
    let Some(cursor) = after else { return Ok(i64::MIN) };
    cursor.as_bytes().try_into().map(i64::from_be_bytes).map_err(|_| Failure::BadCursor)
}

/// Returns the number of sessions to read for a page: one more than it holds, to know whether another
/// follows.
pub(crate) fn read_limit(limit: u32) -> i64 {
    i64::from(limit.max(1)) + 1
}

/// Makes a page of the sessions that were read, each with its id.
pub(crate) fn page(mut read: Vec<(i64, OwnedSession)>, limit: u32) -> OwnedPage {
    let limit = limit.max(1) as usize;
    let is_last = read.len() <= limit;
    read.truncate(limit);
    let next = read.last().filter(|_| !is_last).map(|(id, _)| ListCursor::new(id.to_be_bytes()));
    OwnedPage { sessions: read.into_iter().map(|(_, session)| session).collect(), next }
}
