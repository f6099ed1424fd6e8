//! The kit on a store whose sessions expire by a clock that runs by itself, as keys do in Redis: it waits until a time has come.

use std::time::Duration;

use session_core::adapter::{Clock as _, SystemClock};
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{MemoryStore, Owner, UnixTime};
use session_testkit::{Capability, Fresh, Harness, HarnessError, Suite, Time};

/// Before any test began: by this time nothing ever expires.
const EARLY: UnixTime = UnixTime::from_secs(0);

/// Puts sessions out when the machine's clock says so, and does not listen to its callers' word of the time.
#[derive(Clone, Debug, Default)]
struct OwnClock(MemoryStore);

impl OwnClock {
    async fn put_out(&self, key: &StoreKey) -> Result<(), StoreError> {
        match self.0.load(key, EARLY).await? {
            Loaded::Found(record) if !record.is_live(SystemClock.now()) => self.0.delete(key).await,
            Loaded::Found(_) | Loaded::Moved { .. } | Loaded::Absent => Ok(()),
        }
    }
}

#[async_trait]
impl SessionStore for OwnClock {
    fn name(&self) -> &'static str {
        "own clock"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, _: UnixTime) -> Result<Loaded, StoreError> {
        self.put_out(key).await?;
        self.0.load(key, EARLY).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, _: UnixTime) -> Result<Created, StoreError> {
        self.put_out(key).await?;
        self.0.create(key, record, EARLY).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        _: UnixTime,
    ) -> Result<Written, StoreError> {
        self.put_out(key).await?;
        self.0.update(key, record, expected, EARLY).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        _: UnixTime,
    ) -> Result<Written, StoreError> {
        self.put_out(old).await?;
        self.0.rename(old, new, record, expected, EARLY).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.put_out(key).await?;
        self.0.touch(key, expires, now, patience).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        None
    }
}

#[async_trait]
impl OwnerIndex for OwnClock {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        _: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        for session in self.0.list(owner, after, limit, EARLY).await?.sessions {
            self.put_out(&session.key).await?;
        }
        self.0.list(owner, after, limit, EARLY).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.0.revoke(owner, except).await
    }
}

struct Ticking;

#[async_trait]
impl Harness for Ticking {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(Fresh::new(OwnClock::default()))
    }

    fn capabilities(&self) -> Vec<Capability> {
        vec![Capability::Owners]
    }

    fn time(&self) -> Time {
        Time::Real { granularity: Duration::from_millis(50) }
    }
}

#[test]
fn a_store_with_a_clock_of_its_own_keeps_the_rules_if_the_kit_waits_for_it() {
    let rules = [
        "a_record_is_there_until_its_deadline",
        "a_record_is_absent_at_its_deadline",
        "an_expired_record_cannot_be_updated",
        "a_touch_moves_the_deadline",
        "a_brief_touch_",
        "a_list_has_no_expired_session",
    ];
    std::thread::scope(|scope| {
        for rule in rules {
            scope.spawn(move || {
                let report = Suite::new(Ticking).only(rule).run();
                assert!(report.is_conformant(), "{report}");
            });
        }
    });
}

/// The same store for a kit that thinks that time is its own.
struct Mistaken;

#[async_trait]
impl Harness for Mistaken {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(Fresh::new(OwnClock::default()))
    }
}

#[test]
fn a_store_that_does_not_go_by_its_callers_clock_is_not_taken_for_one_that_does() {
    let report = Suite::new(Mistaken).only("SES-L1-0").run();
    assert!(report.broken().count() > 3, "{report}");
}
