//! All pages of an owner's list.

use std::collections::HashMap;

use session_core::store::{OwnedSession, OwnerIndex, StoreError, StoreErrorKind};
use session_core::{Owner, UnixTime};

/// The number of pages after which a list is taken to have no end.
const PAGES: usize = 10_000;

/// Goes through the pages of the owner's list, each of at most `limit` sessions, and returns the sessions in the order of their keys.
pub(crate) async fn list_all(
    index: &dyn OwnerIndex,
    owner: &Owner,
    limit: u32,
    now: UnixTime,
) -> Result<Vec<OwnedSession>, StoreError> {
    let (mut sessions, mut after) = (HashMap::new(), None);
    for _ in 0..PAGES {
        let page = index.list(owner, after.as_ref(), limit, now).await?;
        // A session may be in two pages; the later one knows more of it.
        sessions.extend(page.sessions.into_iter().map(|session| (session.key, session)));
        after = page.next;
        if after.is_none() {
            let mut sessions: Vec<_> = sessions.into_values().collect();
            sessions.sort_by_key(|session| session.key);
            return Ok(sessions);
        }
    }
    Err(StoreError::new("list", StoreErrorKind::Other).with_source("the pages of a list have no end"))
}
