//! One session in memory, from its load to the response.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::id::SessionId;
use crate::owner::Owner;
use crate::protocol::change::{Change, ChangeLog, Contents, Data, Updater, ValueError};
use crate::store::key::StoreKey;
use crate::store::record::Record;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Where the session came from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// There was no cookie of ours, or the store has no record for it.
    New,
    /// The store has a record.
    Stored(Stored),
    /// The cookie's key is a renamed key: a parallel request has just renewed the session and sent the good cookie.
    Moved { key: StoreKey },
}

/// A session that the store has: the cookie that names it and its record.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) ticket: Ticket,
    pub(crate) record: Record,
}

/// What the request wants to become of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// The session goes on under its ID.
    Keep,
    /// The session goes on under a new ID.
    Renew,
    /// The session goes on under a new ID, and begins now.
    SignIn,
    /// The session ends. Data written after that begin another session.
    Invalidate,
}

/// How far the request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The handler may change the session.
    Open,
    /// The response is on its way: nothing can be changed any more.
    Finished,
}

/// How the handler ended, as far as its handles can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The handler returned.
    Returned,
    /// The handler panicked; nothing is written.
    Panicked,
}

/// A session while a request works with it. No other file can edit its fields; the methods are all that can happen to it.
#[derive(Debug)]
pub(crate) struct State {
    origin: Origin,
    contents: Contents,
    log: ChangeLog,
    intent: Intent,
    phase: Phase,
    ending: Ending,
    /// The ID that the session gets if it needs a new one. It is drawn early, because a CSRF token depends on it.
    fresh_id: SessionId,
    /// When the request asked for the session.
    asked: UnixTime,
}

impl State {
    /// Makes a session without contents.
    pub(crate) fn new(origin: Origin, fresh_id: SessionId, asked: UnixTime) -> Self {
        let (contents, log) = (Contents::default(), ChangeLog::default());
        let (intent, phase, ending) = (Intent::Keep, Phase::Open, Ending::Returned);
        Self { origin, contents, log, intent, phase, ending, fresh_id, asked }
    }

    /// Makes the session of a loaded record, whose payload decodes to `data`.
    pub(crate) fn stored(stored: Stored, data: Data, fresh_id: SessionId, asked: UnixTime) -> Self {
        let contents = Contents::of(&stored.record, data);
        Self { contents, ..Self::new(Origin::Stored(stored), fresh_id, asked) }
    }

    /// Returns where the session came from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Returns the stored record, if there is one.
    pub(crate) fn record(&self) -> Option<&Record> {
        match &self.origin {
            Origin::Stored(stored) => Some(&stored.record),
            Origin::New | Origin::Moved { .. } => None,
        }
    }

    /// Returns what the session holds now.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Returns what the request wants to become of the session.
    pub(crate) fn intent(&self) -> Intent {
        self.intent
    }

    /// Returns the changes of this request.
    pub(crate) fn log(&self) -> &ChangeLog {
        &self.log
    }

    /// Returns how the handler ended.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// Tells whether the handler may still change the session.
    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Returns the ID that the session gets if it needs a new one.
    pub(crate) fn fresh_id(&self) -> &SessionId {
        &self.fresh_id
    }

    /// Returns the ID that the session will have after this request, as things stand.
    pub(crate) fn id(&self) -> &SessionId {
        match (&self.origin, self.intent) {
            (Origin::Stored(stored), Intent::Keep) => &stored.ticket.id,
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => &self.fresh_id,
        }
    }

    /// Returns when the session began; the record counts, not the cookie. A session that begins with this request began when the
    /// handler asked for it.
    pub(crate) fn created(&self) -> UnixTime {
        match (&self.origin, self.intent) {
            (Origin::Stored(stored), Intent::Keep | Intent::Renew) => stored.record.created,
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => self.asked,
        }
    }

    /// Tells whether the session holds something worth a record: a value, an owner, or an ID that was given away.
    pub(crate) fn is_worth_storing(&self) -> bool {
        !self.contents.data.map().is_empty() || self.contents.owner.is_some() || self.log.is_forced()
    }

    /// Makes a change and notes it.
    pub(crate) fn change(&mut self, change: Change) -> Result<(), ValueError> {
        change.apply(&mut self.contents)?;
        self.log.push(change);
        Ok(())
    }

    /// Notes an update whose first run returned `value`.
    pub(crate) fn update(&mut self, name: &str, updater: Updater, value: Value) {
        self.contents.data.map_mut().insert(name.to_owned(), value);
        self.log.push(Change::Update(name.to_owned(), updater));
    }

    /// Asks for a new ID, and with it a new CSRF token.
    pub(crate) fn renew(&mut self, fresh_id: SessionId) {
        self.fresh_id = fresh_id;
        if self.intent == Intent::Keep {
            self.intent = Intent::Renew;
        }
    }

    /// Signs `owner` in. The session of another owner ends first.
    pub(crate) fn sign_in(&mut self, owner: Owner, fresh_id: SessionId) {
        if self.contents.owner.as_ref().is_some_and(|other| *other != owner) {
            self.invalidate(fresh_id);
        }
        self.fresh_id = fresh_id;
        self.intent = match (&self.origin, self.intent) {
            (Origin::Stored(_) | Origin::Moved { .. }, Intent::Invalidate) => Intent::Invalidate,
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => Intent::SignIn,
        };
        self.contents.owner = Some(owner.clone());
        self.log.push(Change::Owner(owner));
    }

    /// Ends the session.
    pub(crate) fn invalidate(&mut self, fresh_id: SessionId) {
        self.contents = Contents::default();
        self.log.clear();
        self.intent = Intent::Invalidate;
        self.fresh_id = fresh_id;
    }

    /// Sets or removes the label.
    pub(crate) fn set_label(&mut self, label: Option<Arc<str>>) -> Result<(), ValueError> {
        self.change(Change::Label(label))
    }

    /// Sets or removes the session's own idle timeout, rounded up to whole seconds.
    pub(crate) fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), ValueError> {
        let whole = |timeout: Duration| {
            Duration::from_secs(timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0)))
        };
        self.change(Change::Timeout(timeout.map(whole)))
    }

    /// Replaces the ID for a new session, whose key turned out to be taken.
    pub(crate) fn replace_fresh_id(&mut self, fresh_id: SessionId) {
        self.fresh_id = fresh_id;
    }

    /// Bases the session on a newer record, with the contents and the intent that the request's changes make of it.
    pub(crate) fn rebase(&mut self, newer: Record, contents: Contents, intent: Intent) {
        (self.contents, self.intent) = (contents, intent);
        self.take_record(newer);
    }

    /// Bases the session on a newer record whose contents do not count: after an invalidate only its version does.
    pub(crate) fn take_record(&mut self, newer: Record) {
        if let Origin::Stored(stored) = &mut self.origin {
            stored.record = newer;
        }
    }

    /// Turns a session that has ended into one that begins now with these contents. It keeps its fresh ID.
    pub(crate) fn begin_anew(&mut self, contents: Contents, now: UnixTime) {
        self.origin = Origin::New;
        self.asked = now;
        self.contents = contents;
        if self.intent == Intent::Invalidate {
            self.intent = Intent::Keep;
        }
    }

    /// Notes that the handler panicked. A panic after the response has begun changes nothing.
    pub(crate) fn panicked(&mut self) {
        if self.is_open() {
            self.ending = Ending::Panicked;
        }
    }

    /// Ends the time in which a handler may change the session.
    pub(crate) fn close(&mut self) {
        self.phase = Phase::Finished;
    }

    /// Drops the log, and with it all that its updates have captured.
    pub(crate) fn forget_changes(&mut self) {
        self.log.clear();
    }
}
