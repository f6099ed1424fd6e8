//! The sessions of an owner, as the store's index lists and revokes them.

use crate::adapter::notice::Notice;
use crate::error::Error;
use crate::owner::Owner;
use crate::protocol::exclusive::{Precedence, Seniority};
use crate::protocol::expiry::on_the_slowest_clock;
use crate::setup::factory::{FactoryInner, SessionFactory};
use crate::store::contract::index_of;
use crate::store::error::StoreError;
use crate::store::key::StoreKey;
use crate::store::owner_index::{ListCursor, OwnedSession, OwnerIndex};
use crate::time::UnixTime;

/// The number of sessions in a page of the store's list. Hardly any user has more, so one call is enough.
const PAGE: u32 = 1000;

impl SessionFactory {
    /// Deletes all sessions of a user, and returns the number of deleted sessions.
    ///
    /// Call it in a request that is not the user's own, for instance when an administrator locks the account.
    /// In a request of the user, [`Devices::revoke_others`](crate::Devices::revoke_others) keeps the present
    /// session. The sessions are those in the store of this factory, which other factories may share.
    ///
    /// ```
    /// # use session_core::{Error, SessionFactory};
    /// async fn lock_account(sessions: &SessionFactory, user_id: i64) -> Result<(), Error> {
    ///     // First make sure that the user cannot sign in again.
    ///     sessions.revoke_all(user_id).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the store failed or has no index by owner. Some sessions may have been deleted.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the sessions may or may not be deleted, perhaps only after the drop.
    pub async fn revoke_all(&self, owner: impl Into<Owner>) -> Result<u64, Error> {
        self.inner.revoke(&owner.into(), None).await
    }
}

impl FactoryInner {
    /// Returns the store's index by owner. Fails if the store has none.
    pub(crate) fn owner_index(&self) -> Result<&dyn OwnerIndex, StoreError> {
        index_of(&*self.store)
    }

    /// Deletes the sessions of an owner, except the one under the key `except`.
    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, Error> {
        let failed = |error| self.failure("revocation failed", error);
        self.owner_index().map_err(failed)?.revoke(owner, except).await.map_err(failed)
    }

    /// Deletes the session under this key.
    pub(crate) async fn delete(&self, key: &StoreKey) -> Result<(), Error> {
        self.store.delete(key).await.map_err(|error| self.failure("revocation failed", error))
    }

    /// Ends the other sessions of an owner whose session under `key` has just begun, at `created`. If one of
    /// them is newer, this one ends instead, and the result is a notice.
    pub(crate) async fn end_others(
        &self,
        owner: &Owner,
        key: &StoreKey,
        created: UnixTime,
    ) -> Result<Option<Notice>, Error> {
        // What this server takes for expired may still be used on another one, whose clock is slower.
        let pages = Pages::of(owner, on_the_slowest_clock(self.now()));
        let (own, mut pages, mut notice) = (Seniority::new(*key, created), pages, None);
        while let Some(page) = pages.next(self).await? {
            for session in page {
                match own.against(Seniority::new(session.key, session.created)) {
                    Precedence::Same => {}
                    Precedence::EndIt => self.delete(&session.key).await?,
                    Precedence::GiveWay => notice = Some(Notice::SignInSuperseded),
                }
            }
        }
        if notice.is_some() {
            self.delete(key).await?;
        }
        Ok(notice)
    }
}

/// The pages of an owner's list, one after another.
pub(crate) struct Pages<'o> {
    owner: &'o Owner,
    /// Sessions that have expired by then are left out.
    now: UnixTime,
    after: Option<ListCursor>,
    is_at_end: bool,
}

impl<'o> Pages<'o> {
    pub(crate) const fn of(owner: &'o Owner, now: UnixTime) -> Self {
        Self { owner, now, after: None, is_at_end: false }
    }

    /// Reads the next page, or returns `None` after the last one.
    pub(crate) async fn next(&mut self, factory: &FactoryInner) -> Result<Option<Vec<OwnedSession>>, Error> {
        if self.is_at_end {
            return Ok(None);
        }
        let failed = |error| factory.failure("device list failed", error);
        let index = factory.owner_index().map_err(failed)?;
        let page = index.list(self.owner, self.after.as_ref(), PAGE, self.now).await.map_err(failed)?;
        if page.next.is_some() && page.next == self.after {
            return Err(failed(factory.other("the list of an owner has the same page again")));
        }
        (self.is_at_end, self.after) = (page.next.is_none(), page.next);
        Ok(Some(page.sessions))
    }
}
