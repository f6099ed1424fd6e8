//! The store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::commands::Commands;
use crate::driver::contract::Driver as _;
use crate::driver::fred::Fred;
use crate::error::{Failure, STORE};
use crate::layout::keys::Keys;
use crate::options::{RedisOptions, SIZE_LIMITS};

/// The largest number of calls under way at once. One more fails as if the store was closed.
const CALLS: u32 = 1 << 20;

/// A session store in Redis or Valkey: one server, a sentinel group or a cluster.
///
/// Clones share their connection. Any number of processes can share the servers.
///
/// ```no_run
/// use session_core::{SessionFactory, SessionOptions};
/// use session_redis::RedisStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect("redis://localhost:6379").await?;
/// let sessions = SessionFactory::new(SessionOptions::new("thirty-two bytes of secret, or more"), store)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    commands: Commands<Fred>,
    call_timeout: Duration,
    /// The longest time for a touch that is to wait briefly.
    touch_timeout: Duration,
    /// Has a permit for each call under way.
    calls: Semaphore,
}

impl RedisStore {
    pub(crate) fn of(driver: Fred, options: &RedisOptions) -> Self {
        let commands = Commands::new(driver, Keys::new(options.prefix.as_str()));
        let (call_timeout, touch_timeout) = (options.call_timeout(), options.touch_timeout());
        let calls = Semaphore::new(CALLS as usize);
        Self { inner: Arc::new(Inner { commands, call_timeout, touch_timeout, calls }) }
    }

    /// Checks that a server can be reached. In a cluster it is any one of them.
    ///
    /// # Errors
    ///
    /// Fails if no server replies within the call timeout.
    ///
    /// # Cancellation
    ///
    /// Nothing happens if the future is dropped.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _call = self.begin()?;
        self.inner.commands.driver().ping(self.until()).await.map_err(Failure::store_error)
    }

    /// Waits for the calls that are under way, and closes the connection, unless it is the application's.
    /// Later calls fail.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection may still be open. Call it again.
    pub async fn close(&self) {
        // It fails if the store is closed already, but the connection may still be open.
        if let Ok(all) = self.inner.calls.acquire_many(CALLS).await {
            self.inner.calls.close();
            drop(all);
        }
        self.inner.commands.driver().close().await;
    }

    fn until(&self) -> Instant {
        Instant::now() + self.inner.call_timeout
    }

    fn touch_until(&self, patience: TouchPatience) -> Instant {
        match patience {
            TouchPatience::Brief => Instant::now() + self.inner.touch_timeout,
            TouchPatience::Full => self.until(),
        }
    }

    /// Lets a call begin, which is under way until the permit is dropped.
    ///
    /// Calls await their steps themselves: a future that is given to a function takes its size several times.
    fn begin(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.inner.calls.try_acquire().map_err(|_| Failure::Closed.store_error())
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("call_timeout", &self.inner.call_timeout).finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    fn name(&self) -> &'static str {
        STORE
    }

    fn size_limits(&self) -> SizeLimits {
        SIZE_LIMITS
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        let _call = self.begin()?;
        self.inner.commands.load(key, now, self.until()).await.map_err(Failure::store_error)
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let _call = self.begin()?;
        self.inner.commands.create(key, record, now, self.until()).await.map_err(Failure::store_error)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _call = self.begin()?;
        self.inner
            .commands
            .update(key, record, expected, now, self.until())
            .await
            .map_err(Failure::store_error)
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _call = self.begin()?;
        self.inner
            .commands
            .rename(old, new, record, expected, now, self.until())
            .await
            .map_err(Failure::store_error)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let _call = self.begin()?;
        let until = self.touch_until(patience);
        self.inner.commands.touch(key, expires, now, until).await.map_err(Failure::store_error)
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        let _call = self.begin()?;
        self.inner.commands.delete(key, self.until()).await.map_err(Failure::store_error)
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    /// Returns `None`: the server removes what has expired.
    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        None
    }
}

#[async_trait]
impl OwnerIndex for RedisStore {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let _call = self.begin()?;
        self.inner
            .commands
            .owner_index()
            .list(owner, after, limit, now, self.until())
            .await
            .map_err(Failure::store_error)
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let (store, owner, except, until) = (self.clone(), owner.clone(), except.copied(), self.until());
        // A revocation that has begun runs to its end, also if its caller goes away.
        let task = tokio::spawn(async move {
            let _call = store.begin()?;
            let revoke = store.inner.commands.owner_index().revoke(&owner, except, || store.until());
            revoke.await.map_err(Failure::store_error)
        });
        match timeout_at(until, task).await {
            Ok(Ok(revoked)) => revoked,
            Ok(Err(_)) => Err(Failure::Ended.store_error()),
            Err(_) => Err(Failure::Late.store_error()),
        }
    }
}
