//! The first table of the protocol: the write and the cookie at the end of a request.
//!
//! ```text
//! State, response ─decide▶ Plan { command, cookie } ─store call▶ Outcome ─after▶ Next
//!      ▲                                                                          │
//!      └────────────── rebased on a newer record, or begun anew ◀─────────────────┘
//! ```
//!
//! The second table, `after`, is in outcome.rs. Both are pure. The caller makes the store calls, decodes
//! payloads and replays the handler's changes.

use crate::protocol::change::Contents;
use crate::protocol::refusal::Refusal;
use crate::protocol::state::{Ending, Intent, Origin, State, Stored};
use crate::setup::settings::Settings;
use crate::store::key::StoreKey;
use crate::store::record::{Record, Version};
use crate::store::touch_patience::TouchPatience;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// The lowest status of an error response, for the option `set_on_exception`.
const ERROR_STATUS: u16 = 500;

/// The write to make, and the cookie to send once it is done.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) command: Command,
    pub(crate) cookie: CookiePlan,
    /// `true` if the handler's changes are not saved, because a parallel request has renewed the session.
    pub(crate) drops_changes: bool,
}

/// One store call, or none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Nothing,
    Create { key: StoreKey, record: Record },
    Touch { key: StoreKey, expires: Option<UnixTime>, patience: TouchPatience },
    Update { key: StoreKey, record: Record, expected: Version },
    Rename { old: StoreKey, new: StoreKey, record: Record, expected: Version },
    Delete { key: StoreKey },
}

/// The response's effect on the browser's cookie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CookiePlan {
    Leave,
    Set(Ticket),
    Remove,
}

/// The kind of response that ends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    /// A response with this status.
    Status(u16),
    /// No response of its own: the handler has passed the request on.
    Rejection,
}

impl Plan {
    const NOTHING: Self = Self::without_cookie(Command::Nothing);
    const DROPPED: Self = Self { command: Command::Nothing, cookie: CookiePlan::Leave, drops_changes: true };

    /// Returns the plan that ends the session under `key`.
    pub(crate) const fn end(key: StoreKey) -> Self {
        Self { command: Command::Delete { key }, cookie: CookiePlan::Remove, drops_changes: false }
    }

    const fn without_cookie(command: Command) -> Self {
        Self { command, cookie: CookiePlan::Leave, drops_changes: false }
    }
}

/// Decides what this response writes and which cookie it sends.
pub(crate) fn decide(
    state: &State,
    settings: &Settings,
    response: ResponseKind,
    version: Version,
    now: UnixTime,
) -> Result<Plan, Refusal> {
    let facts = Facts { state, settings, response, version, now };
    match (state.ending(), saves(settings, response)) {
        (Ending::Returned, Saves::Everything) => table(&facts),
        (Ending::Returned, Saves::WithoutCookie) => table_without_cookie(&facts),
        (Ending::Returned, Saves::EndOnly) => Ok(Plan::without_cookie(end_command(state))),
        (Ending::Panicked, Saves::Everything | Saves::WithoutCookie | Saves::EndOnly) => Ok(Plan::NOTHING),
    }
}

/// Decides about the cookie of a session that was ended without being loaded.
///
/// | came from | intent | store call | cookie |
/// |---|---|---|---|
/// | ticket only | invalidate | delete | remove |
pub(crate) fn unloaded_cookie(settings: &Settings, response: ResponseKind) -> CookiePlan {
    match saves(settings, response) {
        Saves::Everything => CookiePlan::Remove,
        Saves::WithoutCookie | Saves::EndOnly => CookiePlan::Leave,
    }
}

/// The part of a request's changes that its response allows to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saves {
    Everything,
    /// No cookie can be sent, so nothing that depends on one may be written.
    WithoutCookie,
    /// Only the end of a session.
    EndOnly,
}

fn saves(settings: &Settings, response: ResponseKind) -> Saves {
    match (response, settings.set_on_exception) {
        (ResponseKind::Status(ERROR_STATUS..), false) | (ResponseKind::Rejection, false) => Saves::EndOnly,
        (ResponseKind::Status(_), _) => Saves::Everything,
        (ResponseKind::Rejection, true) => Saves::WithoutCookie,
    }
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

/// Decides what a request does in the end. The arms below are in the order of its rows.
///
/// | came from | intent | changed | store call | cookie |
/// |---|---|---|---|---|
/// | new | invalidate | any | – | – |
/// | new | keep, renew | no, or left empty | – | – |
/// | new | keep, renew | yes | create | set |
/// | new | sign in | any | create | set |
/// | stored | keep | no | touch, when reissue is due: briefly while the cookie is far from its timeout | set with it |
/// | stored, a value of another type | keep | no | –, if the response has a status of 500 or more | – |
/// | stored, only read | keep | no | – | – |
/// | stored, by a clock that was ahead | keep | no | update | set |
/// | stored | keep | yes | update | set when reissue is due |
/// | stored | renew, sign in | any | rename | set |
/// | stored | invalidate | nothing after it | delete | remove |
/// | stored | invalidate | data after it | rename, with a fresh record | set |
/// | stored | invalidate | data after it that cannot be written | delete (then fail) | – |
/// | moved | keep, renew | any | – : changes are dropped, and the adapter is told | – |
/// | moved | sign in | any | create | set |
/// | moved | invalidate | any | delete (then create, if there is data after it) | remove (set) |
fn table(facts: &Facts<'_>) -> Result<Plan, Refusal> {
    use Intent::{Invalidate, Keep, Renew, SignIn};
    let set = |command| Plan { cookie: CookiePlan::Set(facts.ticket()), ..Plan::without_cookie(command) };
    let (origin, intent) = (facts.state.origin(), facts.state.intent());
    Ok(match (origin, intent, facts.changes(), facts.reissue()) {
        (Origin::New, Invalidate, _, _) => Plan::NOTHING,
        (Origin::New, Keep | Renew, Changes::Nothing, _) => Plan::NOTHING,
        (Origin::New, Keep | Renew, Changes::Something, _) => set(facts.create()?),
        (Origin::New, SignIn, _, _) => set(facts.create()?),
        (Origin::Stored(_), Keep, Changes::Nothing, Reissue::NotDue) => Plan::NOTHING,
        // A touch cannot set an earlier expiry.
        (Origin::Stored(stored), Keep, Changes::Nothing, Reissue::Due) if stored.was_ahead => {
            set(facts.update(stored)?)
        }
        (Origin::Stored(stored), Keep, Changes::Nothing, Reissue::Due) => set(facts.touch(stored)),
        (Origin::Stored(stored), Keep, Changes::Something, Reissue::NotDue) => {
            Plan::without_cookie(facts.update(stored)?)
        }
        (Origin::Stored(stored), Keep, Changes::Something, Reissue::Due) => set(facts.update(stored)?),
        (Origin::Stored(stored), Renew | SignIn, _, _) => set(facts.rename(stored)?),
        (Origin::Stored(stored), Invalidate, Changes::Nothing, _) => Plan::end(stored.ticket.key),
        // A record that cannot be written must not keep the session from its end. The refusal follows when
        // the session has been deleted and another one is begun.
        (Origin::Stored(stored), Invalidate, Changes::Something, _) => {
            facts.rename(stored).map_or_else(|_| Plan::end(stored.ticket.key), set)
        }
        (Origin::Moved { .. }, Keep | Renew, _, _) if facts.state.log().has_changes() => Plan::DROPPED,
        (Origin::Moved { .. }, Keep | Renew, _, _) => Plan::NOTHING,
        // The response with the new cookie may have been lost, and a sign-in must never be lost.
        (Origin::Moved { .. }, SignIn, _, _) => set(facts.create()?),
        (Origin::Moved { key }, Invalidate, _, _) => Plan::end(*key),
    })
}

/// Decides what a request writes if no cookie can be sent.
///
/// A session that no browser could name is not begun, and the browser's cookie stays valid unless its session
/// ends.
///
/// | came from | intent | changed | store call |
/// |---|---|---|---|
/// | stored | keep | yes | update |
/// | stored, moved | invalidate | any | delete |
/// | moved | keep | yes | –, and the changes are dropped |
/// | any other | | | – |
fn table_without_cookie(facts: &Facts<'_>) -> Result<Plan, Refusal> {
    let command = match (facts.state.origin(), facts.state.intent(), facts.changes()) {
        (Origin::Stored(stored), Intent::Keep, Changes::Something) => facts.update(stored)?,
        (Origin::Moved { .. }, Intent::Keep, _) if facts.state.log().has_changes() => {
            return Ok(Plan::DROPPED);
        }
        (Origin::Stored(_) | Origin::Moved { .. } | Origin::New, _, _) => end_command(facts.state),
    };
    Ok(Plan::without_cookie(command))
}

/// Returns the call that ends a session that the request has invalidated, and `Nothing` for any other
/// session.
fn end_command(state: &State) -> Command {
    match (state.origin(), state.intent()) {
        (Origin::Stored(stored), Intent::Invalidate) => Command::Delete { key: stored.ticket.key },
        (Origin::Moved { key }, Intent::Invalidate) => Command::Delete { key: *key },
        (Origin::New, _)
        | (Origin::Stored(_) | Origin::Moved { .. }, Intent::Keep | Intent::Renew | Intent::SignIn) => {
            Command::Nothing
        }
    }
}

/// The facts that a decision depends on.
struct Facts<'s> {
    state: &'s State,
    settings: &'s Settings,
    response: ResponseKind,
    version: Version,
    now: UnixTime,
}

impl Facts<'_> {
    fn changes(&self) -> Changes {
        let state = self.state;
        let counts = match (state.origin(), state.intent()) {
            (Origin::Stored(_), Intent::Keep | Intent::Renew | Intent::SignIn) => !state.log().is_empty(),
            (Origin::Stored(_), Intent::Invalidate) | (Origin::New | Origin::Moved { .. }, _) => {
                !state.log().is_empty() && state.is_worth_storing()
            }
        };
        if counts { Changes::Something } else { Changes::Nothing }
    }

    /// Tells whether the cookie is to be sent again. It is not in an error response after a value could not
    /// be read: trying again and again must not keep such a session from timing out.
    fn reissue(&self) -> Reissue {
        let Origin::Stored(Stored { ticket, was_ahead, .. }) = self.state.origin() else {
            return Reissue::NotDue;
        };
        if self.state.is_unreadable() && matches!(self.response, ResponseKind::Status(ERROR_STATUS..)) {
            return Reissue::NotDue;
        }
        // Not even a request that only reads may leave a time that keeps the session from timing out.
        let due = *was_ahead || (self.state.prolongs() && self.is_cookie_old(ticket));
        if due { Reissue::Due } else { Reissue::NotDue }
    }

    /// Tells whether the browser needs a newer cookie.
    fn is_cookie_old(&self, ticket: &Ticket) -> bool {
        let own = self.state.contents().timeout;
        // The cookie carries the session's own timeout, so a change of it must reach the browser.
        ticket.timeout != own || self.settings.limits.is_reissue_due(ticket.issued_at, own, self.now)
    }

    fn create(&self) -> Result<Command, Refusal> {
        Ok(Command::Create { key: self.fresh_key(), record: self.record()? })
    }

    fn touch(&self, Stored { ticket, record, .. }: &Stored) -> Command {
        let expires = self.settings.limits.expires(record.created, record.timeout, self.now);
        let is_far = |own| self.settings.limits.is_far_from_timeout(ticket.issued_at, own, self.now);
        // The cookie times out by the timeout in it, and the record by its own.
        let is_far = is_far(ticket.timeout) && is_far(record.timeout);
        let patience = if is_far { TouchPatience::Brief } else { TouchPatience::Full };
        Command::Touch { key: ticket.key, expires, patience }
    }

    fn update(&self, Stored { ticket, record: old, .. }: &Stored) -> Result<Command, Refusal> {
        Ok(Command::Update { key: ticket.key, record: self.record()?, expected: old.version })
    }

    fn rename(&self, Stored { ticket, record: old, .. }: &Stored) -> Result<Command, Refusal> {
        let (record, expected) = (self.record()?, old.version);
        Ok(Command::Rename { old: ticket.key, new: self.fresh_key(), record, expected })
    }

    /// Builds the record to write, as of now.
    fn record(&self) -> Result<Record, Refusal> {
        let created = self.state.created();
        let Contents { data, owner, label, timeout } = self.state.contents();
        let payload = self.settings.data_serializer.serialize(data.as_value());
        let record = Record {
            payload: payload.map_err(Refusal::Serializer)?.into(),
            created,
            last_used: self.now,
            expires: self.settings.limits.expires(created, *timeout, self.now),
            timeout: *timeout,
            owner: owner.clone(),
            label: label.clone(),
            version: self.version,
        };
        self.settings.sizes.check(&record, self.state.record()).map_err(Refusal::TooLarge)?;
        Ok(record)
    }

    /// Builds the ticket for the browser.
    fn ticket(&self) -> Ticket {
        let (issued_at, created) = (self.now, self.state.created());
        let timeout = self.state.contents().timeout;
        match (self.state.origin(), self.state.intent()) {
            (Origin::Stored(Stored { ticket, .. }), Intent::Keep) => {
                Ticket { issued_at, created, timeout, ..*ticket }
            }
            (Origin::Stored(_) | Origin::New | Origin::Moved { .. }, _) => {
                let id = *self.state.fresh_id();
                Ticket { issued_at, created, timeout, id, key: self.fresh_key() }
            }
        }
    }

    fn fresh_key(&self) -> StoreKey {
        self.state.fresh_id().store_key(self.settings.cookie.name.as_str())
    }
}
