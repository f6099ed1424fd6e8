//! Where a rule plays: a store of its own, two actors on it, and things to keep.

pub(crate) mod actor;
pub(crate) mod describe;
pub(crate) mod log;
mod names;
pub(crate) mod step;
pub(crate) mod tasks;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use session_core::adapter::{Clock as _, SystemClock};
use session_core::store::{Created, Record, StoreKey, Touched, Version, Written};
use session_core::{Owner, UnixTime};

use crate::capability::Capability;
use crate::harness::{Fresh, Harness, HarnessError, Time};
use crate::stage::actor::Actor;
use crate::stage::log::Log;
use crate::stage::step::Played;
use crate::violation::Violation;

/// When rules play, if they choose the time themselves.
const VIRTUAL_START: UnixTime = UnixTime::from_secs(1_700_000_000);
/// The unit of time of the rules. A clock that runs by itself has a shorter one, or they would take for ever.
const VIRTUAL_TICK: Duration = Duration::from_secs(60);
/// How many units of time a record lives, unless a rule says otherwise.
const LIFE: u32 = 20;

/// The stage of one rule.
pub(crate) struct Stage {
    pub(crate) harness: Arc<dyn Harness>,
    /// A handle on the store.
    pub(crate) one: Actor,
    /// Another handle on it, if the harness has one.
    pub(crate) two: Actor,
    /// When the rule begins.
    pub(crate) start: UnixTime,
    pub(crate) fresh: Fresh,
    pub(crate) declared: Vec<Capability>,
    pub(crate) patience: Duration,
    log: Log,
    time: Time,
    random: Mutex<StdRng>,
    placement: [u8; 2],
}

impl Stage {
    pub(crate) async fn set(harness: Arc<dyn Harness>, seed: u64) -> Result<Self, HarnessError> {
        let (fresh, time, patience) = (harness.fresh().await?, harness.time(), harness.call_timeout());
        let start = match time {
            Time::Virtual => VIRTUAL_START,
            Time::Real { .. } => SystemClock.now(),
        };
        let log = Log::new(start);
        let actor = |name, store| Actor::new(name, store, log.clone(), (time, start), patience);
        let one = actor("one", fresh.store.clone());
        let two = actor("two", fresh.second.as_ref().unwrap_or(&fresh.store).clone());
        let mut random = StdRng::seed_from_u64(seed);
        let (declared, placement) = (harness.capabilities(), random.random());
        let random = Mutex::new(random);
        Ok(Self { harness, one, two, start, fresh, declared, patience, log, time, random, placement })
    }

    /// Both handles, for tasks to share.
    pub(crate) fn both(&self) -> Vec<Actor> {
        vec![self.one.clone(), self.two.clone()]
    }

    /// Other keys each time, all of one placement, as renewals make them.
    pub(crate) fn keys<const N: usize>(&self) -> [StoreKey; N] {
        std::array::from_fn(|_| self.key())
    }

    /// Another key each time.
    pub(crate) fn key(&self) -> StoreKey {
        let mut bytes = [0; StoreKey::BYTES];
        self.random(|random| random.fill_bytes(&mut bytes));
        bytes[..2].copy_from_slice(&self.placement);
        StoreKey::from_bytes(bytes)
    }

    /// Another version each time.
    pub(crate) fn version(&self) -> Version {
        Version::from_bits(self.random(|random| random.next_u64()))
    }

    /// Another record each time. It lives for [`LIFE`] units of time.
    pub(crate) fn record(&self) -> Record {
        let payload: [u8; 16] = self.random(|random| random.random());
        let record = Record::new(payload, self.start, self.version());
        Record { expires: Some(self.deadline()), ..record }
    }

    pub(crate) fn owned(&self, owner: &str) -> Record {
        Record { owner: Some(Owner::from(owner)), ..self.record() }
    }

    pub(crate) fn expiring(&self, expires: UnixTime) -> Record {
        Record { expires: Some(expires), ..self.record() }
    }

    /// When the records expire.
    pub(crate) fn deadline(&self) -> UnixTime {
        self.after(LIFE)
    }

    /// So many units of time after the start.
    pub(crate) fn after(&self, ticks: u32) -> UnixTime {
        let tick = match self.time {
            Time::Virtual => VIRTUAL_TICK,
            Time::Real { granularity } => granularity * 4,
        };
        self.start + tick * ticks
    }

    /// The last moment before a deadline that is surely before it.
    pub(crate) fn before(&self, deadline: UnixTime) -> UnixTime {
        let millis = match self.time {
            Time::Virtual => 1,
            Time::Real { granularity } => i64::try_from(granularity.as_millis()).unwrap_or(i64::MAX),
        };
        UnixTime::from_millis(deadline.as_millis() - millis)
    }

    /// The first moment from a deadline on that is surely not before it.
    pub(crate) fn from(&self, deadline: UnixTime) -> UnixTime {
        match self.time {
            Time::Virtual => deadline,
            Time::Real { granularity } => deadline + granularity,
        }
    }

    /// Keeps a fresh record under the key.
    pub(crate) async fn kept(&self, key: &StoreKey) -> Result<Record, Violation> {
        let record = self.record();
        self.keep(key, &record).await?;
        Ok(record)
    }

    /// Keeps a fresh record of this owner under the key.
    pub(crate) async fn kept_for(&self, key: &StoreKey, owner: &str) -> Result<Record, Violation> {
        let record = self.owned(owner);
        self.keep(key, &record).await?;
        Ok(record)
    }

    pub(crate) async fn keep(&self, key: &StoreKey, record: &Record) -> Played {
        self.one.create(key, record).await.is(Created::Done)
    }

    pub(crate) async fn updated(&self, key: &StoreKey, record: &Record, expected: &Record) -> Played {
        self.one.update(key, record, expected.version).await.is(Written::Done)
    }

    pub(crate) async fn renamed(
        &self,
        (old, new): (&StoreKey, &StoreKey),
        record: &Record,
        expected: &Record,
    ) -> Played {
        self.one.rename(old, new, record, expected.version).await.is(Written::Done)
    }

    pub(crate) async fn touched(&self, key: &StoreKey, expires: UnixTime, now: UnixTime) -> Played {
        self.one.at(now).touch(key, Some(expires)).await.is(Touched::Done)
    }

    pub(crate) fn time(&self) -> Time {
        self.time
    }

    /// What the rule draws lots with.
    pub(crate) fn random<R>(&self, draw: impl FnOnce(&mut StdRng) -> R) -> R {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn violation(&self, expected: impl Into<String>, got: impl Into<String>) -> Violation {
        self.log.violation(expected, got)
    }

    /// Fails unless it holds.
    pub(crate) fn holds(&self, holds: bool, expected: &str, got: impl Into<String>) -> Played {
        if holds { Ok(()) } else { Err(self.violation(expected, got)) }
    }
}
