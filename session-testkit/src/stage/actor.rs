//! Whoever calls the store in a rule, and notes what it answered.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use session_core::adapter::{Clock as _, SystemClock};
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnedSession, Record, SessionStore, StoreError, StoreKey,
    TouchPatience, Touched, Version, Written,
};
use session_core::{Owner, UnixTime};

use crate::harness::Time;
use crate::pages::list_all;
use crate::stage::describe::{Describe, deadline, owner_text};
use crate::stage::log::Log;
use crate::stage::step::{Failure, Step};
use crate::violation::Violation;

/// The size of the pages that a list is read in, where a rule does not ask for another one.
const PAGE: u32 = 100;

/// A handle on the store under test, at a point in time. Clones go on by themselves.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    name: Arc<str>,
    pub(crate) store: Arc<dyn SessionStore>,
    log: Log,
    time: Time,
    pub(crate) now: UnixTime,
    patience: Duration,
}

impl Actor {
    pub(crate) fn new(
        name: &str,
        store: Arc<dyn SessionStore>,
        log: Log,
        (time, now): (Time, UnixTime),
        patience: Duration,
    ) -> Self {
        Self { name: name.into(), store, log, time, now, patience }
    }

    /// The same handle at another time.
    pub(crate) fn at(&self, now: UnixTime) -> Self {
        Self { now, ..self.clone() }
    }

    /// The same handle under another name, for a task.
    pub(crate) fn called(&self, name: String) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// The same, on another handle.
    pub(crate) fn on(&self, name: &str, store: Arc<dyn SessionStore>) -> Self {
        Self { name: name.into(), store, ..self.clone() }
    }

    pub(crate) async fn load(&self, key: &StoreKey) -> Step<Loaded> {
        let call = self.log.name(|names| format!("load({})", names.key(key)));
        self.call(call, self.store.load(key, self.now)).await
    }

    pub(crate) async fn create(&self, key: &StoreKey, record: &Record) -> Step<Created> {
        let call = self.log.name(|names| format!("create({}, {})", names.key(key), record.describe(names)));
        self.call(call, self.store.create(key, record, self.now)).await
    }

    pub(crate) async fn update(&self, key: &StoreKey, record: &Record, expected: Version) -> Step<Written> {
        let call = self.log.name(|names| {
            format!(
                "update({}, {}; if it is {})",
                names.key(key),
                record.describe(names),
                names.version(expected)
            )
        });
        self.call(call, self.store.update(key, record, expected, self.now)).await
    }

    pub(crate) async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
    ) -> Step<Written> {
        let call = self.log.name(|names| {
            let (old, new) = (names.key(old), names.key(new));
            format!(
                "rename({old} to {new}, {}; if it is {})",
                record.describe(names),
                names.version(expected)
            )
        });
        self.call(call, self.store.rename(old, new, record, expected, self.now)).await
    }

    pub(crate) async fn touch(&self, key: &StoreKey, expires: Option<UnixTime>) -> Step<Touched> {
        let call = self.log.name(|names| format!("touch({}, {})", names.key(key), deadline(expires, names)));
        self.call(call, self.store.touch(key, expires, self.now, TouchPatience::Full)).await
    }

    /// A touch that the store gives up after its touch timeout.
    pub(crate) async fn touch_briefly(&self, key: &StoreKey, expires: Option<UnixTime>) -> Step<Touched> {
        let call = self
            .log
            .name(|names| format!("touch({}, {}, briefly)", names.key(key), deadline(expires, names)));
        self.call(call, self.store.touch(key, expires, self.now, TouchPatience::Brief)).await
    }

    pub(crate) async fn delete(&self, key: &StoreKey) -> Step<()> {
        let call = self.log.name(|names| format!("delete({})", names.key(key)));
        self.call(call, self.store.delete(key)).await
    }

    /// The owner's sessions, in the order of their keys.
    pub(crate) async fn list(&self, owner: &Owner) -> Step<Vec<OwnedSession>> {
        let call = format!("list({})", owner_text(Some(owner)));
        let list = async { list_all(self.owners()?, owner, PAGE, self.now).await };
        self.call(call, list).await
    }

    /// Reads one page of the owner's list.
    pub(crate) async fn page(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
    ) -> Step<OwnedPage> {
        let page = if after.is_some() { "the next page" } else { "the first page" };
        let call = format!("list({}, {page}, at most {limit})", owner_text(Some(owner)));
        let list = async { self.owners()?.list(owner, after, limit, self.now).await };
        self.call(call, list).await
    }

    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Step<u64> {
        let kept = except.map(|key| self.log.name(|names| format!(", all but {}", names.key(key))));
        let call = format!("revoke({}{})", owner_text(Some(owner)), kept.unwrap_or_default());
        let revoke = async { self.owners()?.revoke(owner, except).await };
        self.call(call, revoke).await
    }

    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Step<u64> {
        let call = self.log.name(|names| format!("purge(before {}, at most {limit})", names.time(before)));
        let purge = async {
            let purge =
                self.store.expiry_purge().ok_or_else(|| self.lacks("no purge; declare no `purge`"))?;
            purge.purge(before, limit).await
        };
        self.call(call, purge).await
    }

    /// Begins a call and drops it after this many polls, unless it has ended by then; whether it was dropped.
    pub(crate) async fn dropped<T>(
        &self,
        call: &str,
        polls: u32,
        future: impl Future<Output = Result<T, StoreError>>,
    ) -> bool {
        self.wait().await;
        let mut left = polls;
        let mut future = pin!(future);
        let ended = std::future::poll_fn(|context| {
            left = left.saturating_sub(1);
            match future.as_mut().poll(context) {
                Poll::Ready(_) => Poll::Ready(true),
                Poll::Pending if left == 0 => Poll::Ready(false),
                Poll::Pending => Poll::Pending,
            }
        });
        // Whoever waits for ever is dropped, too.
        let dropped = !tokio::time::timeout(self.patience, ended).await.unwrap_or(false);
        let end = if dropped { format!("dropped after {polls} polls") } else { "ended".to_owned() };
        self.log.note(format!("{}: {call} -> {end}", self.name));
        dropped
    }

    /// The violation of what this actor has just seen.
    pub(crate) fn fails<T>(&self, expected: &str, got: &str) -> Result<T, Violation> {
        Err(self.log.violation(expected, got))
    }

    fn owners(&self) -> Result<&dyn session_core::store::OwnerIndex, StoreError> {
        self.store.owner_index().ok_or_else(|| self.lacks("no index by owner; declare no `owners`"))
    }

    fn lacks(&self, what: &'static str) -> StoreError {
        StoreError::new(self.store.name(), session_core::store::StoreErrorKind::Other).with_source(what)
    }

    async fn call<T: Describe>(
        &self,
        call: String,
        future: impl Future<Output = Result<T, StoreError>>,
    ) -> Step<T> {
        let waited = self.wait().await;
        let call = format!("{}, at {}: {call}", self.name, self.log.name(|names| names.time(self.now)));
        let number = self.log.begin(&call);
        let answer = match tokio::time::timeout(self.patience, future).await {
            Ok(answer) => answer.map_err(Failure::Error),
            Err(_) => Err(Failure::Late(self.patience)),
        };
        if waited && self.is_late() {
            self.log.void();
        }
        // A store that is never busy would let no other task have its turn.
        tokio::task::yield_now().await;
        Step::new((number, &call), answer, self.log.clone())
    }

    /// Waits until it is `now`, if time passes by itself; whether it had to.
    async fn wait(&self) -> bool {
        let ahead = self.now.since(SystemClock.now());
        match self.time {
            Time::Real { .. } if !ahead.is_zero() => {
                tokio::time::sleep(ahead).await;
                true
            }
            Time::Real { .. } | Time::Virtual => false,
        }
    }

    /// Whether a clock that runs by itself has gone so far beyond `now` that nothing follows from an answer: the machine was busy.
    fn is_late(&self) -> bool {
        match self.time {
            Time::Virtual => false,
            Time::Real { granularity } => SystemClock.now().since(self.now) > granularity / 2,
        }
    }
}
