//! The index of sessions by owner, which is listed in pages.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::error::StoreError;
use crate::store::key::StoreKey;
use crate::time::UnixTime;

/// The sessions of each owner.
///
/// Factories that share a store also share its owners. If owner `1` of one application is not owner `1` of
/// the other, give each factory its own store or table, or make the owners differ.
///
/// # Cancellation
///
/// Every future may be dropped at any point: see clause 14 of
/// [`SessionStore`](crate::store::SessionStore).
#[async_trait]
pub trait OwnerIndex: Send + Sync {
    /// Returns a page of the live sessions of `owner`: the first page, or the one after the page whose `next`
    /// was `after`. Clause 23 of [`SessionStore`](crate::store::SessionStore) says what the pages contain.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot read the sessions, or with
    /// [`StoreErrorKind::Other`](crate::store::StoreErrorKind::Other) if `after` is not a cursor of this
    /// store. For an unknown owner the page is empty.
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError>;

    /// Deletes all sessions of `owner` except the session `except`, and returns the number of deleted
    /// sessions, which may include expired ones.
    ///
    /// # Errors
    ///
    /// Fails if not all of them were deleted, or if that is unknown. Some may have been deleted only if the
    /// store documents that a revocation is not one step (clause 21 of
    /// [`SessionStore`](crate::store::SessionStore)).
    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError>;
}

/// A page of an owner's sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedPage {
    /// The sessions of this page, in any order.
    pub sessions: Vec<OwnedSession>,
    /// The cursor that leads to the next page, or `None` if no session is left. It may be `Some` although
    /// nothing is left; the next page is then empty.
    pub next: Option<ListCursor>,
}

/// The position at which the next page of a list begins.
///
/// Only the store that made it can read it. `Debug` is redacted, because a store may put a key into it.
///
/// ```
/// use session_core::store::ListCursor;
///
/// let cursor = ListCursor::new(7_u64.to_be_bytes());
/// assert_eq!(cursor.as_bytes(), 7_u64.to_be_bytes());
/// assert_eq!(format!("{cursor:?}"), "ListCursor(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ListCursor(Box<[u8]>);

impl ListCursor {
    /// Creates a cursor from bytes of the store's choice.
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes of the cursor.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ListCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListCursor(..)")
    }
}

/// An entry in the list of an owner's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedSession {
    /// The key of the session.
    pub key: StoreKey,
    /// The time at which the session began.
    pub created: UnixTime,
    /// The time at which the session was last written or touched.
    pub last_used: UnixTime,
    /// The label by which the owner recognises the session.
    pub label: Option<Arc<str>>,
}

impl OwnedSession {
    /// Creates the entry of one session.
    #[must_use]
    pub const fn new(key: StoreKey, created: UnixTime, last_used: UnixTime, label: Option<Arc<str>>) -> Self {
        Self { key, created, last_used, label }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_cursor() {
        assert_eq!(format!("{:?}", ListCursor::new(*b"hush")), "ListCursor(..)");
    }
}
