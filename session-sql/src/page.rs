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

#[cfg(test)]
mod tests {
    use session_core::UnixTime;
    use session_core::store::StoreKey;

    use super::*;

    /// Returns sessions as read, with these ids.
    fn read(ids: &[i64]) -> Vec<(i64, OwnedSession)> {
        let time = UnixTime::from_secs(1);
        ids.iter()
            .map(|id| (*id, OwnedSession::new(StoreKey::from_bytes([7; 34]), time, time, None)))
            .collect()
    }

    #[test]
    fn a_page_is_full_and_has_a_cursor_only_if_another_session_was_read() {
        for (ids, limit, length, next) in [
            (&[][..], 2, 0, None),
            (&[5], 2, 1, None),
            (&[5, 6], 2, 2, None),
            (&[5, 6, 7], 2, 2, Some(6)),
            (&[-5], 0, 1, None),
            (&[-5, 6], 0, 1, Some(-5)),
        ] {
            let page = page(read(ids), limit);
            assert_eq!(page.sessions.len(), length, "{ids:?}, {limit}");
            let first = page.next.as_ref().map(|next| first_id(Some(next)).unwrap());
            assert_eq!(first, next, "{ids:?}, {limit}");
        }
    }

    #[test]
    fn one_more_session_is_read_than_a_page_holds() {
        assert_eq!([0, 1, 1000, u32::MAX].map(read_limit), [2, 2, 1001, 4_294_967_296]);
    }

    #[test]
    fn the_first_page_begins_below_every_id_and_a_foreign_cursor_is_refused() {
        assert_eq!(first_id(None).unwrap(), i64::MIN);
        let error = first_id(Some(&ListCursor::new(*b"short"))).unwrap_err();
        assert!(matches!(error, Failure::BadCursor));
    }
}
