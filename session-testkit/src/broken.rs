//! A store with a fault, to see whether a test finds it.

mod brief;
mod connection;
mod flaw;
mod harness;
mod pause;
mod races;
mod sizes;
mod table;
mod victims;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};

use connection::{Connection, Pool};
use sizes::Call;
use table::{Table, stored_key};

pub use flaw::Flaw;
pub use harness::BrokenHarness;

const NAME: &str = "broken";
/// What a store without a flaw holds, and refuses to hold more of.
const LIMITS: SizeLimits = SizeLimits { payload: 2 << 20, owner: 16 << 10, label: 16 << 10 };

/// A store in memory that is sound, or has one [`Flaw`].
///
/// Its calls wait a little, as those of a database do, so that others come in between and a call can be dropped on its way. A clone is
/// another handle on the same records.
///
/// ```
/// use session_core::UnixTime;
/// use session_core::store::{Created, Record, SessionStore, StoreKey, Version, Written};
/// use session_testkit::{BrokenStore, Flaw};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), session_core::store::StoreError> {
/// let now = UnixTime::from_secs(1_700_000_000);
/// let (key, version) = (StoreKey::from_bytes([1; StoreKey::BYTES]), Version::from_bits(1));
/// let record = Record::new(b"{}".as_slice(), now, version);
///
/// for (store, answer) in [
///     (BrokenStore::sound(), Written::Gone),
///     (BrokenStore::with(Flaw::UpdateCreates), Written::Done),
/// ] {
///     assert_eq!(store.update(&key, &record, version, now).await?, answer);
/// }
/// # Ok(())
/// # }
/// ```
pub struct BrokenStore {
    flaw: Option<Flaw>,
    shared: Arc<Shared>,
    own: Own,
}

/// What all handles share.
struct Shared {
    table: Mutex<Table>,
    /// A copy of the table, as it was when a load last looked.
    replica: Mutex<Table>,
    /// How often a record was written, for handles that ask whether what they have read is still good.
    writes: AtomicU64,
    pool: Pool,
}

/// What a handle has for itself; a sound one makes no use of it.
#[derive(Default)]
struct Own {
    cached: Mutex<BTreeMap<StoreKey, Record>>,
    behind: Mutex<Vec<(StoreKey, Record, UnixTime)>>,
    written: Mutex<BTreeSet<StoreKey>>,
    turn: tokio::sync::Mutex<()>,
    has_seen_an_outage: AtomicBool,
    seen_writes: AtomicU64,
    absent: Mutex<BTreeSet<StoreKey>>,
}

impl BrokenStore {
    /// A store without a flaw: it keeps the contract to the letter.
    #[must_use]
    pub fn sound() -> Self {
        Self::new(None)
    }

    /// A store with this flaw, and no other.
    #[must_use]
    pub fn with(flaw: Flaw) -> Self {
        Self::new(Some(flaw))
    }

    fn new(flaw: Option<Flaw>) -> Self {
        let [table, replica] = [Table::new(flaw), Table::new(flaw)].map(Mutex::new);
        let shared = Shared { table, replica, writes: AtomicU64::new(0), pool: Pool::new(flaw) };
        Self { flaw, shared: Arc::new(shared), own: Own::default() }
    }

    async fn connect(&self, statement: &[u8]) -> Result<Connection<'_>, StoreError> {
        let connection = self.shared.pool.connect(&self.own.has_seen_an_outage, statement).await?;
        for (key, record, now) in locked(&self.own.behind).drain(..) {
            let _ = self.table().create(&key, &record, now);
        }
        Ok(connection)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.shared.table)
    }

    fn key(&self, key: &StoreKey) -> StoreKey {
        stored_key(key, self.flaw)
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn read(&self, key: &StoreKey, now: UnixTime) -> Loaded {
        if self.has(Flaw::CachesAbsence) {
            let mut absent = locked(&self.own.absent);
            let loaded = if absent.contains(key) { Loaded::Absent } else { self.table().load(key, now) };
            absent.extend((loaded == Loaded::Absent).then_some(*key));
            return loaded;
        }
        let mut table = self.table();
        if self.has(Flaw::ReadsFromAReplica) {
            let mut replica = locked(&self.shared.replica);
            return std::mem::replace(&mut *replica, table.clone()).load(key, now);
        }
        table.load(key, now)
    }

    fn cached(&self, key: &StoreKey, now: UnixTime) -> Option<Record> {
        let mut cached = locked(&self.own.cached);
        let writes = self.shared.writes.load(Ordering::SeqCst);
        if self.own.seen_writes.swap(writes, Ordering::SeqCst) != writes && self.has(Flaw::RevokeLeavesCaches)
        {
            cached.clear();
        }
        cached.get(key).filter(|record| record.is_live(now)).cloned()
    }

    /// A write of the handle's own, after which its cache is cold.
    fn cache_written(&self, key: &StoreKey, record: &Record) {
        if self.has(Flaw::CachesWhatItWrites) {
            locked(&self.own.cached).insert(*key, record.clone());
        }
    }

    fn note_write(&self, key: &StoreKey) {
        self.shared.writes.fetch_add(1, Ordering::SeqCst);
        locked(&self.own.cached).clear();
        locked(&self.own.absent).remove(key);
        locked(&self.own.written).insert(*key);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of a caller's runs under these locks, and none of ours panics in the middle of a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clone for BrokenStore {
    fn clone(&self) -> Self {
        Self { flaw: self.flaw, shared: Arc::clone(&self.shared), own: Own::default() }
    }
}

impl fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BrokenStore");
        shown.field("flaw", &self.flaw);
        if self.has(Flaw::PrintsRecords) {
            for (key, record) in self.table().records() {
                let payload = String::from_utf8_lossy(&record.payload).into_owned();
                let owner = record.owner.as_ref().map(Owner::as_str);
                shown.field("record", &(key.as_bytes(), owner, payload, &record.label));
            }
        }
        shown.finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for BrokenStore {
    fn name(&self) -> &'static str {
        NAME
    }

    fn size_limits(&self) -> SizeLimits {
        LIMITS
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        let key = &self.key(key);
        let connection = match self.connect(key.as_bytes()).await {
            Err(_) if self.has(Flaw::TakesAnOutageForAnAnswer) => return Ok(Loaded::Absent),
            connected => connected?,
        };
        let loaded = self.cached(key, now).map_or_else(|| self.read(key, now), Loaded::Found);
        let is_cached = self.has(Flaw::CachesPerHandle) || self.has(Flaw::RevokeLeavesCaches);
        if let (Loaded::Found(record), true) = (&loaded, is_cached) {
            locked(&self.own.cached).insert(*key, record.clone());
        }
        connection.close().await;
        Ok(loaded)
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let record = &self.fitted(record, Call::Create)?;
        let key = &self.key(key);
        let connection = self.connect(&record.payload).await?;
        let created = if self.has(Flaw::WritesBehind) {
            locked(&self.own.behind).push((*key, record.clone(), now));
            self.table().clone().create(key, record, now)
        } else {
            self.create_in_steps(key, record, now).await
        };
        self.note_write(key);
        if created == Created::Done {
            self.cache_written(key, record);
        }
        connection.close().await;
        Ok(created)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let record = &self.fitted(record, Call::Update)?;
        let key = &self.key(key);
        let connection = self.connect(&record.payload).await?;
        let written = self.update_in_steps(key, record, expected, now).await;
        self.note_write(key);
        if matches!(written, Written::Done) {
            self.cache_written(key, record);
        }
        connection.close().await;
        self.refuse_after(record)?;
        Ok(written)
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let record = &self.fitted(record, Call::Rename)?;
        let (old, new) = (&self.key(old), &self.key(new));
        let connection = self.connect(&record.payload).await?;
        let written = self.rename_in_steps(old, new, record, expected, now).await;
        self.note_write(new);
        connection.close().await;
        written
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let key = &self.key(key);
        let connection = self.connect(key.as_bytes()).await?;
        let touched = match patience {
            TouchPatience::Brief => self.touch_briefly(key, expires, now).await,
            TouchPatience::Full => Ok(self.touch_in_steps(key, expires, now).await),
        };
        self.note_write(key);
        connection.close().await;
        touched
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        let key = &self.key(key);
        let connection = self.connect(key.as_bytes()).await?;
        let deleted = self.delete_in_steps(key).await;
        self.note_write(key);
        connection.close().await;
        deleted
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        if self.has(Flaw::HidesItsIndex) { None } else { Some(self) }
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl OwnerIndex for BrokenStore {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let connection = self.connect(owner.as_str().as_bytes()).await?.of_a_list();
        let mut listed = self.table().page(owner, after, limit, now);
        if let (Ok(page), true) = (&mut listed, self.has(Flaw::ListsPerHandle)) {
            page.sessions.retain(|session| locked(&self.own.written).contains(&session.key));
        }
        connection.close().await;
        listed
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let except = except.map(|key| self.key(key));
        let connection = self.connect(owner.as_str().as_bytes()).await?;
        let revoked = self.revoke_in_steps(owner, except.as_ref()).await;
        locked(&self.own.cached).clear();
        connection.close().await;
        revoked
    }
}

#[async_trait]
impl PurgeExpired for BrokenStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        let connection = self.connect(&[]).await?;
        let purged = self.purge_in_steps(before, limit).await;
        connection.close().await;
        Ok(purged)
    }
}
