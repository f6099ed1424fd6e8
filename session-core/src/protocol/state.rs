//! One session in memory, from its load to the response.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::id::SessionId;
use crate::owner::Owner;
use crate::protocol::change::{Change, ChangeLog, Contents, Data, Updater, ValueError};
use crate::protocol::expiry::{Limits, corrected, is_ahead};
use crate::store::key::StoreKey;
use crate::store::record::Record;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// The origin of a request's session.
#[derive(Debug)]
pub(crate) enum Origin {
    /// There was no valid session cookie, or the store has no record for it.
    New,
    /// The store has a record.
    Stored(Stored),
    /// The cookie's key is a renamed key: a parallel request has just renewed the session and sent the new
    /// cookie.
    Moved { key: StoreKey },
}

/// A session that the store has: the ticket that names it, and its record.
///
/// Their times are corrected: one that comes from a clock which was ahead counts as now.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) ticket: Ticket,
    pub(crate) record: Record,
    /// `true` if a time of the ticket or of the record was corrected, so that both must be written again.
    pub(crate) was_ahead: bool,
}

impl Stored {
    /// Puts a ticket and its record, loaded at `now`, together.
    pub(crate) fn new(mut ticket: Ticket, mut record: Record, now: UnixTime) -> Self {
        let times = [&mut ticket.issued_at, &mut record.created, &mut record.last_used];
        let mut was_ahead = false;
        for at in times {
            was_ahead |= is_ahead(*at, now);
            *at = corrected(*at, now);
        }
        Self { ticket, record, was_ahead }
    }
}

/// The intent of a request: how its session goes on or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// The session goes on under its ID.
    Keep,
    /// The session goes on under a new ID.
    Renew,
    /// The session goes on under a new ID, and begins now.
    SignIn,
    /// The session ends. Data that is written afterwards begins another session.
    Invalidate,
}

/// The progress of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The handler may change the session.
    Open,
    /// The response is on its way, so nothing can be changed any more.
    Finished,
}

/// The way in which the handler ended, as far as its handles can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The handler returned.
    Returned,
    /// The handler panicked; nothing is written.
    Panicked,
}

/// A session while a request works with it. Other files cannot edit its fields and change it only by these
/// methods.
#[derive(Debug)]
pub(crate) struct State {
    origin: Origin,
    contents: Contents,
    log: ChangeLog,
    intent: Intent,
    phase: Phase,
    ending: Ending,
    /// `true` if the request prolongs the session. A request that only reads it does not.
    prolongs: bool,
    /// `true` if a value turned out to have another type than the handler asked for.
    unreadable: bool,
    /// `true` if the sign-in of this request ends the user's other sessions.
    exclusive: bool,
    /// The ID that the session gets if it needs a new one. It is drawn early because a CSRF token depends on
    /// it.
    fresh_id: SessionId,
    /// The time at which the request asked for the session.
    asked: UnixTime,
}

impl State {
    /// Creates a session without contents.
    pub(crate) fn new(origin: Origin, fresh_id: SessionId, asked: UnixTime) -> Self {
        Self {
            origin,
            contents: Contents::default(),
            log: ChangeLog::default(),
            intent: Intent::Keep,
            phase: Phase::Open,
            ending: Ending::Returned,
            prolongs: false,
            unreadable: false,
            exclusive: false,
            fresh_id,
            asked,
        }
    }

    /// Creates the session of a loaded record, whose payload decodes to `data`.
    pub(crate) fn stored(stored: Stored, data: Data, fresh_id: SessionId, asked: UnixTime) -> Self {
        let contents = Contents::of(&stored.record, data);
        Self { contents, ..Self::new(Origin::Stored(stored), fresh_id, asked) }
    }

    /// Returns the origin of the session.
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

    /// Returns the time at which the session ends if it is not used again, or `None` if it never ends. A
    /// session that is not stored has ended when it was asked for.
    pub(crate) fn end_if_unused(&self, limits: &Limits) -> Option<UnixTime> {
        let Origin::Stored(Stored { ticket, record, .. }) = &self.origin else { return Some(self.asked) };
        let cookie = limits.expires(record.created, record.timeout, ticket.issued_at);
        record.expires.into_iter().chain(cookie).min()
    }

    /// Returns the time at which the request asked for the session.
    pub(crate) fn asked(&self) -> UnixTime {
        self.asked
    }

    /// Returns the present contents.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Returns the request's intent.
    pub(crate) fn intent(&self) -> Intent {
        self.intent
    }

    /// Returns the changes of this request.
    pub(crate) fn log(&self) -> &ChangeLog {
        &self.log
    }

    /// Returns the way in which the handler ended.
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

    /// Returns the ID that the session has after this request if nothing else is changed.
    pub(crate) fn id(&self) -> &SessionId {
        match (&self.origin, self.intent) {
            (Origin::Stored(stored), Intent::Keep) => &stored.ticket.id,
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => &self.fresh_id,
        }
    }

    /// Returns the time at which the session began, according to the record and not to the cookie. A session
    /// that begins with this request began when the handler asked for it.
    pub(crate) fn created(&self) -> UnixTime {
        match (&self.origin, self.intent) {
            (Origin::Stored(stored), Intent::Keep | Intent::Renew) => stored.record.created,
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => self.asked,
        }
    }

    /// Tells whether the session is worth a record: it has a value or an owner, or its ID was handed out.
    pub(crate) fn is_worth_storing(&self) -> bool {
        !self.contents.data.map().is_empty() || self.contents.owner.is_some() || self.log.is_forced()
    }

    /// Applies a change and logs it.
    pub(crate) fn change(&mut self, change: Change) -> Result<(), ValueError> {
        change.apply(&mut self.contents)?;
        self.log.push(change);
        Ok(())
    }

    /// Sets the value of an update and logs the update. The first run of `updater` returned `value`.
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
        self.exclusive = false;
    }

    /// Makes the sign-in of this request end the user's other sessions.
    pub(crate) fn make_exclusive(&mut self) {
        self.exclusive = true;
    }

    /// Returns the owner whose other sessions this request ends, if it ends any.
    pub(crate) fn exclusive_owner(&self) -> Option<&Owner> {
        self.contents.owner.as_ref().filter(|_| self.exclusive)
    }

    /// Ends the session: drops its contents and the changes made so far.
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

    /// Sets or removes the session's own idle timeout, rounded up to whole seconds. Stores keep it as an
    /// `i64`.
    pub(crate) fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), ValueError> {
        let whole = |timeout: Duration| {
            let secs = timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0));
            Duration::from_secs(secs.min(i64::MAX as u64))
        };
        self.change(Change::Timeout(timeout.map(whole)))
    }

    /// Replaces the ID of a new session whose key has turned out to be taken.
    pub(crate) fn replace_fresh_id(&mut self, fresh_id: SessionId) {
        self.fresh_id = fresh_id;
    }

    /// Bases the session on a newer record. `contents` and `intent` result from a replay of the request's
    /// changes on it.
    pub(crate) fn rebase(&mut self, newer: Record, contents: Contents, intent: Intent) {
        (self.contents, self.intent) = (contents, intent);
        self.take_record(newer);
    }

    /// Bases the session on a newer record of which only the version counts, because the request has
    /// invalidated the session.
    pub(crate) fn take_record(&mut self, newer: Record) {
        if let Origin::Stored(stored) = &mut self.origin {
            *stored = Stored::new(stored.ticket, newer, self.asked);
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

    /// Notes that the handler has panicked. A panic after the response has begun changes nothing.
    pub(crate) fn panicked(&mut self) {
        if self.is_open() {
            self.ending = Ending::Panicked;
        }
    }

    /// Notes that the request prolongs the session, even if it changes nothing.
    pub(crate) fn prolong(&mut self) {
        self.prolongs = true;
    }

    /// Tells whether the request prolongs the session, even if it changes nothing.
    pub(crate) fn prolongs(&self) -> bool {
        self.prolongs
    }

    /// Notes that a value has another type than the handler asked for.
    pub(crate) fn note_unreadable(&mut self) {
        self.unreadable = true;
    }

    /// Tells whether a value has another type than the handler asked for.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// Closes the session to changes by the handler.
    pub(crate) fn close(&mut self) {
        self.phase = Phase::Finished;
    }

    /// Takes the log away, with everything that its updates have captured.
    pub(crate) fn take_log(&mut self) -> ChangeLog {
        std::mem::take(&mut self.log)
    }
}
