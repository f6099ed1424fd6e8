//! Tests of the table of what follows the outcome of a store call, row by row.

use super::*;

const FIRST: Attempt = Attempt { in_time: true, ids_left: 4 };
const TOO_LATE: Attempt = Attempt { in_time: false, ids_left: 4 };
const LAST_ID: Attempt = Attempt { in_time: true, ids_left: 0 };

/// Returns a stored session with each intent, and no data written after an invalidate.
fn with_each_intent() -> [State; 4] {
    [kept(), given_a_new_id(), signed_in(), ended()]
}

fn kept() -> State {
    let mut state = stored();
    set(&mut state, "b");
    state
}

fn given_a_new_id() -> State {
    let mut state = stored();
    state.renew(id(9));
    state
}

fn signed_in() -> State {
    let mut state = stored();
    state.sign_in(Owner::from("alice"), id(9));
    state
}

fn ended() -> State {
    let mut state = stored();
    state.invalidate(id(9));
    state
}

fn ended_with_data_after_it(mut state: State) -> State {
    state.invalidate(id(9));
    set(&mut state, "b");
    state
}

fn newer() -> Record {
    Record::new(b"{}".as_slice(), START, version(5))
}

fn conflict() -> Outcome {
    Outcome::Conflict { key: key(1), newer: newer() }
}

fn gone() -> Outcome {
    Outcome::Gone(key(1))
}

fn renamed_to(owner: Option<&str>) -> Outcome {
    Outcome::Renamed { owner: owner.map(Owner::from) }
}

#[test]
fn a_call_that_took_effect_finishes_whatever_the_intent() {
    for state in with_each_intent().into_iter().chain([ended_with_data_after_it(stored()), new()]) {
        assert_eq!(after(&state, Outcome::Done, TOO_LATE), Next::Finish);
    }
}

#[test]
fn a_delete_finishes_if_nothing_was_written_after_the_end() {
    assert_eq!(after(&ended(), Outcome::Deleted, FIRST), Next::Finish);
    let mut only_labelled = ended();
    only_labelled.set_label(Some("not worth a record".into())).unwrap();
    assert_eq!(after(&only_labelled, Outcome::Deleted, FIRST), Next::Finish);
    for state in [kept(), given_a_new_id(), signed_in()] {
        assert_eq!(after(&state, Outcome::Deleted, FIRST), Next::Finish);
    }
}

#[test]
fn after_a_delete_data_that_was_written_after_the_end_begins_a_session() {
    for state in [stored(), moved()] {
        let state = ended_with_data_after_it(state);
        assert_eq!(after(&state, Outcome::Deleted, TOO_LATE), Next::BeginAnew);
    }
}

#[test]
fn a_touch_that_did_not_take_effect_costs_only_the_cookie() {
    for state in with_each_intent() {
        assert_eq!(after(&state, Outcome::NotTouched, FIRST), Next::FinishWithoutCookie);
    }
}

#[test]
fn a_taken_key_is_followed_by_another_id_until_none_is_left() {
    assert_eq!(after(&new(), Outcome::Taken, FIRST), Next::DrawAnotherId);
    assert_eq!(after(&new(), Outcome::Taken, Attempt { ids_left: 1, ..TOO_LATE }), Next::DrawAnotherId);
    assert_eq!(after(&new(), Outcome::Taken, LAST_ID), Next::GiveUp(GiveUp::EveryIdTaken));
}

#[test]
fn a_conflict_in_time_is_followed_by_a_rebase_even_if_no_id_is_left() {
    for state in [kept(), given_a_new_id(), signed_in()] {
        assert_eq!(after(&state, conflict(), FIRST), Next::Rebase(newer()));
        assert_eq!(after(&state, conflict(), LAST_ID), Next::Rebase(newer()));
    }
}

#[test]
fn a_conflict_too_late_is_given_up() {
    for state in [kept(), given_a_new_id(), signed_in()] {
        assert_eq!(after(&state, conflict(), TOO_LATE), Next::GiveUp(GiveUp::Contended));
    }
}

#[test]
fn an_invalidate_takes_only_the_version_of_a_newer_record_and_when_it_is_too_late_deletes() {
    for state in [ended(), ended_with_data_after_it(stored())] {
        assert_eq!(after(&state, conflict(), FIRST), Next::TakeRecord(newer()));
        assert_eq!(after(&state, conflict(), TOO_LATE), Next::Delete(key(1)));
    }
}

#[test]
fn changes_to_a_session_that_is_gone_are_dropped() {
    let mut renewed = stored();
    renewed.renew(id(9));
    assert_eq!(after(&renewed, gone(), FIRST), Next::FinishWithoutCookie, "there is no change to drop");
    set(&mut renewed, "b");
    for state in [kept(), renewed] {
        assert_eq!(after(&state, gone(), FIRST), Next::DropChanges);
    }
}

#[test]
fn a_sign_in_on_a_session_that_is_gone_looks_at_its_old_key() {
    assert_eq!(after(&signed_in(), gone(), TOO_LATE), Next::LookAt(key(1)));
}

#[test]
fn an_invalidate_of_a_session_that_is_gone_still_deletes() {
    for state in [ended(), ended_with_data_after_it(stored())] {
        assert_eq!(after(&state, gone(), TOO_LATE), Next::Delete(key(1)));
    }
}

#[test]
fn a_sign_in_that_was_sent_twice_is_done_once() {
    assert_eq!(after(&signed_in(), renamed_to(Some("alice")), FIRST), Next::FinishWithoutCookie);
}

#[test]
fn changes_beside_a_sign_in_that_was_sent_twice_are_dropped() {
    let mut state = signed_in();
    set(&mut state, "b");
    assert_eq!(after(&state, renamed_to(Some("alice")), FIRST), Next::DropChanges);
}

#[test]
fn an_exclusive_sign_in_on_a_session_that_has_got_a_new_id_begins_a_session() {
    let mut state = signed_in();
    state.make_exclusive();
    assert_eq!(after(&state, renamed_to(Some("alice")), FIRST), Next::BeginAnew);
}

#[test]
fn a_sign_in_on_a_session_that_has_ended_otherwise_begins_a_session() {
    for outcome in [renamed_to(Some("bob")), renamed_to(None), Outcome::NotRenamed] {
        assert_eq!(after(&signed_in(), outcome, TOO_LATE), Next::BeginAnew);
    }
}
