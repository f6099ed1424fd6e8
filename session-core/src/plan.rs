//! The protocol: which cookie counts, what a record means, and what a request writes and sends in the end.

use std::time::Duration;

use crate::change::{ChangeLog, Contents, Data, ValueError};
use crate::id::{SessionId, StoreKey};
use crate::options::Settings;
use crate::owner::Owner;
use crate::record::{Record, Version};
use crate::serializer::SerializerError;
use crate::state::{Ending, Intent, Origin, State};
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Statuses from here on are error responses, which `set_on_exception` is about.
const ERROR_STATUS: u16 = 500;

/// The ticket among those of the cookies of our name that verify: of the ones that have not timed out, the one sent last. A cookie
/// that another host planted beside ours (cookie tossing) does not hide it.
pub(crate) fn read(
    tickets: impl IntoIterator<Item = Ticket>,
    settings: &Settings,
    now: UnixTime,
) -> Option<Ticket> {
    tickets
        .into_iter()
        .filter(|ticket| !settings.limits.has_timed_out(ticket.issued_at, ticket.timeout, now))
        .max_by_key(|ticket| ticket.issued_at)
}

/// The session that a ticket's record is; `data` is what the record's payload decodes to.
pub(crate) fn open(
    ticket: Ticket,
    record: Record,
    data: Data,
    settings: &Settings,
    fresh_id: SessionId,
    now: UnixTime,
) -> State {
    // The store and the cookie know the limits that held when they were written. Shorter ones, the session's own or those of a
    // restart, hold from then on.
    let used = record.last_used.max(ticket.issued_at);
    let is_idle = settings.limits.has_timed_out(used, record.timeout, now);
    if is_idle || settings.limits.absolute(record.created).is_some_and(|end| end <= now) {
        return State::new(Origin::New, fresh_id, now);
    }
    let contents = contents(&record, data);
    State { contents, ..State::new(Origin::Stored { ticket, record }, fresh_id, now) }
}

fn contents(record: &Record, data: Data) -> Contents {
    Contents { data, owner: record.owner.clone(), label: record.label.clone(), timeout: record.timeout }
}

/// What to write, and which cookie to send once that is done.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) command: Command,
    pub(crate) cookie: CookiePlan,
}

/// One call of the store, or none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Nothing,
    Create { key: StoreKey, record: Record },
    Touch { key: StoreKey, expires: Option<UnixTime> },
    Update { key: StoreKey, record: Record, expected: Version },
    Rename { old: StoreKey, new: StoreKey, record: Record, expected: Version },
    Delete { key: StoreKey },
}

/// What becomes of the browser's cookie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CookiePlan {
    Leave,
    Set(Ticket),
    Remove,
}

/// What a request ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    /// A response with this status.
    Status(u16),
    /// No response of its own: the handler has passed the request on.
    Rejection,
}

/// Decides what this answer does to the session.
pub(crate) fn decide(
    state: &State,
    settings: &Settings,
    response: ResponseKind,
    version: Version,
    now: UnixTime,
) -> Result<Plan, SerializerError> {
    let (step, cookie) = table(came(state), state.intent, changes(state), reissue(state, settings, now));
    let (step, cookie) = match (state.ending, saves(settings, response), state.intent) {
        (Ending::Returned, Saves::Everything, _) => (step, cookie),
        (Ending::Returned, Saves::WhatNeedsNoCookie, intent) => {
            (without_cookie(step, intent), CookieStep::Leave)
        }
        (Ending::Returned, Saves::Nothing, Intent::Invalidate) if came(state) != Came::New => {
            (Step::Delete, CookieStep::Leave)
        }
        (Ending::Returned, Saves::Nothing, _) | (Ending::Panicked, _, _) => {
            (Step::Nothing, CookieStep::Leave)
        }
    };
    Ok(Plan {
        command: command(step, state, settings, version, now)?,
        cookie: match cookie {
            CookieStep::Leave => CookiePlan::Leave,
            CookieStep::Set => CookiePlan::Set(ticket(state, settings, now)),
            CookieStep::Remove => CookiePlan::Remove,
        },
    })
}

/// What becomes of the cookie of a session that was ended without being loaded.
///
/// | came from | wish | store call | cookie |
/// |---|---|---|---|
/// | ticket only | invalidate | delete | remove |
pub(crate) fn unloaded_cookie(settings: &Settings, response: ResponseKind) -> CookiePlan {
    match saves(settings, response) {
        Saves::Everything => CookiePlan::Remove,
        Saves::WhatNeedsNoCookie | Saves::Nothing => CookiePlan::Leave,
    }
}

/// How much of what the handler wished is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saves {
    Everything,
    /// No cookie can be sent, and nothing may be written that hangs on one.
    WhatNeedsNoCookie,
    /// Nothing is written and no cookie sent, but an end is an end.
    Nothing,
}

fn saves(settings: &Settings, response: ResponseKind) -> Saves {
    match (response, settings.set_on_exception) {
        (ResponseKind::Status(ERROR_STATUS..), false) | (ResponseKind::Rejection, false) => Saves::Nothing,
        (ResponseKind::Status(_), _) => Saves::Everything,
        (ResponseKind::Rejection, true) => Saves::WhatNeedsNoCookie,
    }
}

/// What is left of a step whose cookie cannot be sent: a session that nobody could name is not begun, and no cookie that a browser
/// has becomes void, but by an end.
const fn without_cookie(step: Step, intent: Intent) -> Step {
    match (step, intent) {
        (Step::Update, _) => Step::Update,
        (Step::Delete, _) | (Step::Rename, Intent::Invalidate) => Step::Delete,
        (Step::Nothing | Step::Create | Step::Touch, _)
        | (Step::Rename, Intent::Keep | Intent::Renew | Intent::SignIn) => Step::Nothing,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    New,
    Stored,
    Moved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changes {
    /// Nothing was changed, or a session without a record was left empty.
    Nothing,
    Something,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reissue {
    NotDue,
    Due,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Create,
    Touch,
    Update,
    Rename,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CookieStep {
    Leave,
    Set,
    Remove,
}

/// The protocol.
///
/// | came from | wish | changed | store call | cookie |
/// |---|---|---|---|---|
/// | new | invalidate | any | – | – |
/// | new | keep, renew | no, or left empty | – | – |
/// | new | keep, renew, sign in | yes | create | set |
/// | stored | keep | no | touch, when reissue is due | set with it |
/// | stored | keep | yes | update | set when reissue is due |
/// | stored | renew, sign in | any | rename | set |
/// | stored | invalidate | nothing after it | delete | remove |
/// | stored | invalidate | data after it | rename, with a fresh record | set |
/// | moved | keep, renew | any | – | – |
/// | moved | sign in | any | create | set |
/// | moved | invalidate | any | delete (then create, if there is data after it) | remove (set) |
const fn table(came: Came, intent: Intent, changed: Changes, reissue: Reissue) -> (Step, CookieStep) {
    match (came, intent, changed, reissue) {
        (Came::New, Intent::Invalidate, _, _) => (Step::Nothing, CookieStep::Leave),
        (Came::New, Intent::Keep | Intent::Renew, Changes::Nothing, _) => (Step::Nothing, CookieStep::Leave),
        (Came::New, Intent::Keep | Intent::Renew, Changes::Something, _) => (Step::Create, CookieStep::Set),
        (Came::New, Intent::SignIn, _, _) => (Step::Create, CookieStep::Set),
        (Came::Stored, Intent::Keep, Changes::Nothing, Reissue::NotDue) => (Step::Nothing, CookieStep::Leave),
        (Came::Stored, Intent::Keep, Changes::Nothing, Reissue::Due) => (Step::Touch, CookieStep::Set),
        (Came::Stored, Intent::Keep, Changes::Something, Reissue::NotDue) => {
            (Step::Update, CookieStep::Leave)
        }
        (Came::Stored, Intent::Keep, Changes::Something, Reissue::Due) => (Step::Update, CookieStep::Set),
        (Came::Stored, Intent::Renew | Intent::SignIn, _, _) => (Step::Rename, CookieStep::Set),
        (Came::Stored, Intent::Invalidate, Changes::Nothing, _) => (Step::Delete, CookieStep::Remove),
        (Came::Stored, Intent::Invalidate, Changes::Something, _) => (Step::Rename, CookieStep::Set),
        (Came::Moved, Intent::Invalidate, _, _) => (Step::Delete, CookieStep::Remove),
        (Came::Moved, Intent::Keep | Intent::Renew | Intent::SignIn, _, _) => {
            (Step::Nothing, CookieStep::Leave)
        }
    }
}

fn came(state: &State) -> Came {
    match &state.origin {
        Origin::New => Came::New,
        Origin::Stored { .. } => Came::Stored,
        // The answer of the request that renewed it may have been lost. A sign-in never is.
        Origin::Moved { .. } if state.intent == Intent::SignIn => Came::New,
        Origin::Moved { .. } => Came::Moved,
    }
}

fn changes(state: &State) -> Changes {
    let counts = match (came(state), state.intent) {
        (Came::Stored, Intent::Keep | Intent::Renew | Intent::SignIn) => !state.log.is_empty(),
        (Came::Stored, Intent::Invalidate) | (Came::New | Came::Moved, _) => {
            !state.log.is_empty() && state.is_worth_storing()
        }
    };
    if counts { Changes::Something } else { Changes::Nothing }
}

fn reissue(state: &State, settings: &Settings, now: UnixTime) -> Reissue {
    let Origin::Stored { ticket, .. } = &state.origin else { return Reissue::NotDue };
    let own: Option<Duration> = state.contents.timeout;
    // The cookie says the session's own timeout, so a new one has to be told.
    let due = ticket.timeout != own || settings.limits.is_reissue_due(ticket.issued_at, own, now);
    if due { Reissue::Due } else { Reissue::NotDue }
}

fn command(
    step: Step,
    state: &State,
    settings: &Settings,
    version: Version,
    now: UnixTime,
) -> Result<Command, SerializerError> {
    let fresh = || fresh_key(state, settings);
    let record = || record(state, settings, version, now);
    Ok(match (step, &state.origin) {
        (Step::Nothing, _) => Command::Nothing,
        (Step::Create, _) => Command::Create { key: fresh(), record: record()? },
        (Step::Touch, Origin::Stored { ticket, record }) => {
            let expires = settings.limits.expires(record.created, record.timeout, now);
            Command::Touch { key: ticket.key, expires }
        }
        (Step::Update, Origin::Stored { ticket, record: old }) => {
            Command::Update { key: ticket.key, record: record()?, expected: old.version }
        }
        (Step::Rename, Origin::Stored { ticket, record: old }) => {
            Command::Rename { old: ticket.key, new: fresh(), record: record()?, expected: old.version }
        }
        (Step::Delete, Origin::Stored { ticket, .. }) => Command::Delete { key: ticket.key },
        (Step::Delete, Origin::Moved { key }) => Command::Delete { key: *key },
        (Step::Touch | Step::Update | Step::Rename, Origin::New | Origin::Moved { .. })
        | (Step::Delete, Origin::New) => {
            unreachable!("the table gives these steps to sessions that have a record")
        }
    })
}

/// The record that the session is at `now`.
fn record(
    state: &State,
    settings: &Settings,
    version: Version,
    now: UnixTime,
) -> Result<Record, SerializerError> {
    let created = state.created();
    let Contents { data, owner, label, timeout } = &state.contents;
    Ok(Record {
        payload: settings.data_serializer.serialize(data.as_value())?.into(),
        created,
        last_used: now,
        expires: settings.limits.expires(created, *timeout, now),
        timeout: *timeout,
        owner: owner.clone(),
        label: label.clone(),
        version,
    })
}

/// The ticket that the browser gets.
fn ticket(state: &State, settings: &Settings, now: UnixTime) -> Ticket {
    let (created, timeout) = (state.created(), state.contents.timeout);
    match (&state.origin, state.intent) {
        (Origin::Stored { ticket, .. }, Intent::Keep) => {
            Ticket { issued_at: now, created, timeout, ..*ticket }
        }
        (Origin::Stored { .. } | Origin::New | Origin::Moved { .. }, _) => {
            Ticket { issued_at: now, created, timeout, id: state.fresh_id, key: fresh_key(state, settings) }
        }
    }
}

fn fresh_key(state: &State, settings: &Settings) -> StoreKey {
    state.fresh_id.store_key(settings.cookie.name.as_str())
}

/// What a request wished: its changes, and its intent. It is taken out of the state to be replayed, since that runs code of the caller's.
#[derive(Debug)]
pub(crate) struct Replay {
    log: ChangeLog,
    intent: Intent,
    owner: Option<Owner>,
}

impl Replay {
    pub(crate) fn of(state: &State) -> Self {
        Self { log: state.log.clone(), intent: state.intent, owner: state.contents.owner.clone() }
    }

    pub(crate) fn intent(&self) -> Intent {
        self.intent
    }

    /// The changes on a newer record, whose payload decodes to `data`; and the intent that they then wish.
    pub(crate) fn on(&self, newer: &Record, data: Data) -> Result<(Contents, Intent), ValueError> {
        let mut merged = (contents(newer, data), self.intent);
        // A sign-in over what became another owner's session meanwhile keeps nothing of it, as it would have at once.
        if self.intent == Intent::SignIn && newer.owner.is_some() && newer.owner != self.owner {
            merged = (Contents::default(), Intent::Invalidate);
        }
        self.log.replay(&mut merged.0)?;
        Ok(merged)
    }

    /// The changes on nothing.
    pub(crate) fn on_nothing(&self) -> Result<Contents, ValueError> {
        let mut contents = Contents::default();
        self.log.replay(&mut contents)?;
        Ok(contents)
    }
}

/// Bases the session on a newer record. `merged` is what the request's changes make of it; after an invalidate nothing of it counts but
/// its version.
pub(crate) fn rebase(state: &mut State, newer: Record, merged: Option<(Contents, Intent)>) {
    if let Some((contents, intent)) = merged {
        (state.contents, state.intent) = (contents, intent);
    }
    if let Origin::Stored { record, .. } = &mut state.origin {
        *record = newer;
    }
}

/// Turns a session that is gone into one that begins now, with these contents; it keeps its new id.
pub(crate) fn begin_anew(state: &mut State, contents: Contents, now: UnixTime) {
    state.origin = Origin::New;
    state.asked = now;
    state.contents = contents;
    if state.intent == Intent::Invalidate {
        state.intent = Intent::Keep;
    }
}

#[cfg(test)]
mod tests;
