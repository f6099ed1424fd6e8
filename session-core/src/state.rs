//! One session in memory, from its load to the response.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::change::{Change, ChangeLog, Contents, Updater, ValueError};
use crate::id::{SessionId, StoreKey};
use crate::owner::Owner;
use crate::record::Record;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Where the session came from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// From nowhere: there was no cookie of ours, or nothing behind it.
    New,
    /// From the store.
    Stored { ticket: Ticket, record: Record },
    /// From a cookie whose session a parallel request has just renewed. That request has sent the good cookie.
    Moved { key: StoreKey },
}

/// What the request wishes to become of the session itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It goes on under its id.
    Keep,
    /// It goes on under a new id.
    Renew,
    /// It goes on under a new id, and begins now.
    SignIn,
    /// It ends. What is written after that begins another.
    Invalidate,
}

/// How far the request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The handler may change the session.
    Open,
    /// The response is on its way: nothing can be changed any more.
    Finished,
}

/// How the handler ended, as far as its handles can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Returned,
    /// Nothing is written.
    Panicked,
}

/// A session while a request works with it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) origin: Origin,
    pub(crate) contents: Contents,
    pub(crate) log: ChangeLog,
    pub(crate) intent: Intent,
    pub(crate) phase: Phase,
    pub(crate) ending: Ending,
    /// The id that the session gets if it needs a new one. It is drawn early, since a CSRF token depends on it.
    pub(crate) fresh_id: SessionId,
    /// When the request asked for the session.
    pub(crate) asked: UnixTime,
}

impl State {
    /// A session with nothing in it.
    pub(crate) fn new(origin: Origin, fresh_id: SessionId, asked: UnixTime) -> Self {
        let (contents, log) = (Contents::default(), ChangeLog::default());
        let (intent, phase, ending) = (Intent::Keep, Phase::Open, Ending::Returned);
        Self { origin, contents, log, intent, phase, ending, fresh_id, asked }
    }

    /// The id that the session will have after this request, as things stand.
    pub(crate) fn id(&self) -> &SessionId {
        match (&self.origin, self.intent) {
            (Origin::Stored { ticket, .. }, Intent::Keep) => &ticket.id,
            (Origin::Stored { .. } | Origin::New | Origin::Moved { .. }, _) => &self.fresh_id,
        }
    }

    /// When the session began; the record counts, not the cookie. What begins with this request began when it was asked for.
    pub(crate) fn created(&self) -> UnixTime {
        match (&self.origin, self.intent) {
            (Origin::Stored { record, .. }, Intent::Keep | Intent::Renew) => record.created,
            (Origin::Stored { .. } | Origin::New | Origin::Moved { .. }, _) => self.asked,
        }
    }

    /// Makes a change and notes it.
    pub(crate) fn change(&mut self, change: Change) -> Result<(), ValueError> {
        change.apply(&mut self.contents)?;
        self.log.push(change);
        Ok(())
    }

    /// Notes an update whose first run has given `value`.
    pub(crate) fn update(&mut self, key: &str, updater: Updater, value: Value) {
        self.contents.data.map_mut().insert(key.to_owned(), value);
        self.log.push(Change::Update(key.to_owned(), updater));
    }

    /// Replay a new id, and with it a new CSRF token.
    pub(crate) fn renew(&mut self, fresh_id: SessionId) {
        self.fresh_id = fresh_id;
        if self.intent == Intent::Keep {
            self.intent = Intent::Renew;
        }
    }

    /// Signs `owner` in. What another owner left in the session ends first.
    pub(crate) fn sign_in(&mut self, owner: Owner, fresh_id: SessionId) {
        if self.contents.owner.as_ref().is_some_and(|other| *other != owner) {
            self.invalidate(fresh_id);
        }
        self.fresh_id = fresh_id;
        self.intent = match (&self.origin, self.intent) {
            (Origin::Stored { .. } | Origin::Moved { .. }, Intent::Invalidate) => Intent::Invalidate,
            (Origin::Stored { .. } | Origin::New | Origin::Moved { .. }, _) => Intent::SignIn,
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

    /// Sets or takes away the label.
    pub(crate) fn set_label(&mut self, label: Option<Arc<str>>) -> Result<(), ValueError> {
        self.change(Change::Label(label))
    }

    /// Sets or takes away the session's own idle limit, in whole seconds: a part of one counts as one.
    pub(crate) fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), ValueError> {
        let whole = |timeout: Duration| {
            Duration::from_secs(timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0)))
        };
        self.change(Change::Timeout(timeout.map(whole)))
    }

    /// Whether there is something that is worth a record: a value, an owner, or an id that was given away.
    pub(crate) fn is_worth_storing(&self) -> bool {
        !self.contents.data.map().is_empty() || self.contents.owner.is_some() || self.log.is_forced()
    }
}
