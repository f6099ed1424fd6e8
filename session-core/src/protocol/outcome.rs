//! The second table of the protocol: the next step after each outcome of a store call.
//!
//! plan.rs shows how the two tables belong together.

use crate::owner::Owner;
use crate::protocol::state::{Intent, State};
use crate::store::key::StoreKey;
use crate::store::record::Record;

/// The outcome of a store call.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// A create, an update, a rename or a touch took effect, or there was nothing to do.
    Done,
    /// A delete took effect.
    Deleted,
    /// A touch did not take effect. Only the cookie is lost.
    NotTouched,
    /// The key of a create belongs to another session.
    Taken,
    /// Another write came first; `newer` is its record.
    Conflict { key: StoreKey, newer: Record },
    /// The session under this key was ended or renewed by another request.
    Gone(StoreKey),
    /// The session was gone, and a look at its old key has found a renamed key, whose session has this owner.
    Renamed { owner: Option<Owner> },
    /// The session was gone, and a look at its old key has not found a renamed key.
    NotRenamed,
}

/// The time and the IDs that a request has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// `true` until `conflict_timeout` has passed.
    pub(crate) in_time: bool,
    /// The number of further IDs that may be drawn.
    pub(crate) ids_left: u32,
}

/// The next step after a store call.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// Send the plan's cookie; the request is done.
    Finish,
    /// Send no cookie; the request is done.
    FinishWithoutCookie,
    /// Send no cookie, and tell the adapter that the changes were dropped; the request is done.
    DropChanges,
    /// Find out whether this is a renamed key. The result is another outcome.
    LookAt(StoreKey),
    /// Delete the session under this key. The result is another outcome.
    Delete(StoreKey),
    /// Replay the changes on an empty session, and decide again.
    BeginAnew,
    /// Draw another ID, and decide again.
    DrawAnotherId,
    /// Replay the changes on this record, and decide again.
    Rebase(Record),
    /// Take this record for its version alone, and decide again.
    TakeRecord(Record),
    /// Fail.
    GiveUp(GiveUp),
}

/// The reason why a request gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// Other requests changed the session for all of `conflict_timeout`.
    Contended,
    /// Every ID that was drawn belongs to another session.
    EveryIdTaken,
}

/// Decides what follows the outcome of a store call. The arms below are in the order of its rows.
///
/// | outcome | intent | next |
/// |---|---|---|
/// | done | any | finish |
/// | deleted | invalidate, data after it | begin anew |
/// | deleted | any other | finish |
/// | not touched | any | finish without a cookie |
/// | taken | any | draw another ID; when none is left, give up |
/// | conflict, in time | keep, renew, sign in | rebase on the newer record |
/// | conflict, in time | invalidate | take the newer record's version |
/// | conflict, too late | keep, renew, sign in | give up |
/// | conflict, too late | invalidate | delete: a sign-out gives way to no other request |
/// | gone | keep, renew | drop the changes: the request that ended or renewed the session did not know of them |
/// | gone | sign in | look at the old key |
/// | gone | invalidate | delete, which also ends a session that a parallel request has renewed |
/// | old key is renamed, to a session of the same owner | sign in, exclusively | begin anew: a session with a new ID is another one, which is to end |
/// | old key is renamed, to a session of the same owner | sign in, other changes | drop the changes |
/// | old key is renamed, to a session of the same owner | sign in | finish without a cookie: the same form was sent twice |
/// | old key is renamed, to a session of another owner | any | begin anew |
/// | old key is not renamed | any | begin anew |
pub(crate) fn after(state: &State, outcome: Outcome, attempt: Attempt) -> Next {
    use Intent::{Invalidate, Keep, Renew, SignIn};
    match (outcome, state.intent()) {
        (Outcome::Done, _) => Next::Finish,
        (Outcome::Deleted, Invalidate) if state.is_worth_storing() => Next::BeginAnew,
        (Outcome::Deleted, Keep | Renew | SignIn | Invalidate) => Next::Finish,
        (Outcome::NotTouched, _) => Next::FinishWithoutCookie,
        (Outcome::Taken, _) if attempt.ids_left > 0 => Next::DrawAnotherId,
        (Outcome::Taken, _) => Next::GiveUp(GiveUp::EveryIdTaken),
        (Outcome::Conflict { newer, .. }, Keep | Renew | SignIn) if attempt.in_time => Next::Rebase(newer),
        (Outcome::Conflict { newer, .. }, Invalidate) if attempt.in_time => Next::TakeRecord(newer),
        (Outcome::Conflict { .. }, Keep | Renew | SignIn) => Next::GiveUp(GiveUp::Contended),
        (Outcome::Conflict { key, .. }, Invalidate) => Next::Delete(key),
        (Outcome::Gone(_), Keep | Renew) if state.log().has_changes() => Next::DropChanges,
        (Outcome::Gone(_), Keep | Renew) => Next::FinishWithoutCookie,
        (Outcome::Gone(key), SignIn) => Next::LookAt(key),
        (Outcome::Gone(key), Invalidate) => Next::Delete(key),
        (Outcome::Renamed { owner }, _) if owner == state.contents().owner => signed_in_elsewhere(state),
        (Outcome::Renamed { .. } | Outcome::NotRenamed, _) => Next::BeginAnew,
    }
}

/// Decides about a sign-in whose session has got a new ID from another request, and belongs to the same user.
fn signed_in_elsewhere(state: &State) -> Next {
    if state.exclusive_owner().is_some() {
        Next::BeginAnew
    } else if state.log().changes_more_than_owner() {
        Next::DropChanges
    } else {
        Next::FinishWithoutCookie
    }
}
