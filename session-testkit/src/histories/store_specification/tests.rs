//! Histories of a store that are known to be good or bad.

use super::*;
use crate::histories::history::History;
use crate::histories::linearizability::{Verdict, check};
use crate::histories::store_call::Shape;

const A: Letter = Letter(0);
const B: Letter = Letter(1);
const C: Letter = Letter(2);

fn entry(version: u32) -> Entry {
    Entry { version: Number(version), owner: None, deadline: Deadline::Minutes(20), shape: Shape::Whole }
}

fn create(key: Letter, version: u32) -> StoreCall {
    StoreCall::Create(key, entry(version))
}

fn update(key: Letter, expected: u32, version: u32) -> StoreCall {
    StoreCall::Update { key, entry: entry(version), expected: Number(expected) }
}

fn rename(old: Letter, new: Letter, expected: u32, version: u32) -> StoreCall {
    StoreCall::Rename { old, new, entry: entry(version), expected: Number(expected) }
}

fn found(version: u32) -> StoreAnswer {
    StoreAnswer::Found(entry(version))
}

use StoreAnswer::{Absent, Conflict, Done, Gone, Moved, Taken};
use StoreCall::{Delete, Load, Touch};

/// Whether some order explains these calls, all of which run at once from the beginning of the second list on.
fn is_explained(before: &[(StoreCall, StoreAnswer)], at_once: &[(StoreCall, Option<StoreAnswer>)]) -> bool {
    let mut history = History::default();
    for (call, answer) in before {
        let id = history.call(0, call.clone());
        history.answer(id, answer.clone());
    }
    let running: Vec<_> = at_once
        .iter()
        .enumerate()
        .map(|(task, (call, answer))| (history.call(task + 1, call.clone()), answer.clone()))
        .collect();
    for (id, answer) in running {
        match answer {
            Some(answer) => history.answer(id, answer),
            None => history.lose(id, "dropped"),
        }
    }
    match check(&StoreSpecification { keys: 3 }, &history, 100_000) {
        Verdict::Linearizable => true,
        Verdict::Violated(_) => false,
        Verdict::Undecided => panic!("the budget is enough"),
    }
}

fn one_by_one(calls: &[(StoreCall, StoreAnswer)]) -> bool {
    is_explained(calls, &[])
}

#[test]
fn what_was_written_is_read() {
    assert!(one_by_one(&[(create(A, 1), Done), (Load(A), found(1)), (Load(B), Absent)]));
    assert!(!one_by_one(&[(create(A, 1), Done), (Load(A), Absent)]), "a stale read");
    let torn = StoreAnswer::Found(Entry { shape: Shape::Torn, ..entry(1) });
    assert!(!one_by_one(&[(create(A, 1), Done), (Load(A), torn)]));
}

#[test]
fn a_create_never_replaces() {
    assert!(one_by_one(&[(create(A, 1), Done), (create(A, 2), Taken), (create(A, 1), Done)]));
    assert!(!one_by_one(&[(create(A, 1), Done), (create(A, 2), Done)]));
    let moved = [(create(A, 1), Done), (rename(A, B, 1, 2), Done)];
    assert!(one_by_one(&[moved.as_slice(), &[(create(A, 3), Taken)]].concat()));
    assert!(!one_by_one(&[moved.as_slice(), &[(create(A, 3), Done)]].concat()));
}

#[test]
fn of_two_updates_of_one_version_one_is_done() {
    let before = [(create(A, 1), Done)];
    let race =
        |one, two| is_explained(&before, &[(update(A, 1, 2), Some(one)), (update(A, 1, 3), Some(two))]);
    assert!(race(Done, Conflict(entry(2))));
    assert!(race(Conflict(entry(3)), Done));
    assert!(!race(Done, Done), "a lost update");
    assert!(!race(Done, Conflict(entry(1))), "a conflict with what was expected");
    assert!(!race(Done, Gone));
}

#[test]
fn an_update_that_finds_its_own_version_is_done_and_changes_nothing() {
    let calls = [(create(A, 1), Done), (update(A, 1, 2), Done), (update(A, 1, 2), Done), (Load(A), found(2))];
    assert!(one_by_one(&calls));
}

#[test]
fn nothing_is_revived_after_a_delete() {
    let deleted = [(create(A, 1), Done), (Delete(A), Done)];
    for (call, answer) in
        [(update(A, 1, 2), Gone), (rename(A, B, 1, 2), Gone), (Touch(A, Deadline::Never), Gone)]
    {
        assert!(one_by_one(&[deleted.as_slice(), &[(call.clone(), answer), (Load(A), Absent)]].concat()));
        assert!(!one_by_one(&[deleted.as_slice(), &[(call, Done)]].concat()), "a resurrection");
    }
    assert!(!one_by_one(&[deleted.as_slice(), &[(Load(A), found(1))]].concat()));
}

#[test]
fn a_rename_leaves_exactly_the_new_key() {
    let renamed = [(create(A, 1), Done), (rename(A, B, 1, 2), Done)];
    let then = |calls: &[(StoreCall, StoreAnswer)]| one_by_one(&[renamed.as_slice(), calls].concat());
    assert!(then(&[(Load(A), Moved(None)), (Load(B), found(2))]));
    assert!(!then(&[(Load(A), found(1))]), "both keys live");
    assert!(!then(&[(Load(A), Absent)]), "a key that moved is forgotten");
    assert!(!then(&[(Load(B), Absent)]), "neither key live");
    assert!(then(&[(rename(A, B, 1, 2), Done), (rename(A, C, 1, 3), Gone), (update(A, 1, 3), Gone)]));
    assert!(then(&[(rename(B, C, 2, 3), Done), (Load(A), Moved(None)), (Load(B), Moved(None))]));
}

#[test]
fn a_rename_is_seen_at_both_keys_at_once() {
    let before = [(create(A, 1), Done)];
    let mut history = History::default();
    for (call, answer) in before {
        let id = history.call(0, call);
        history.answer(id, answer);
    }
    let renaming = history.call(1, rename(A, B, 1, 2));
    for (call, answer) in [(Load(A), Moved(None)), (Load(B), Absent)] {
        let id = history.call(2, call);
        history.answer(id, answer);
    }
    history.answer(renaming, Done);
    let verdict = check(&StoreSpecification { keys: 2 }, &history, 100_000);
    assert!(matches!(verdict, Verdict::Violated(_)), "for a moment neither key is live");
}

#[test]
fn deleting_a_moved_key_ends_what_it_became() {
    let moved =
        [(create(A, 1), Done), (rename(A, B, 1, 2), Done), (rename(B, C, 2, 3), Done), (Delete(A), Done)];
    let then = |key, answer| one_by_one(&[moved.as_slice(), &[(Load(key), answer)]].concat());
    for key in [A, B, C] {
        assert!(then(key, Absent));
    }
    assert!(!then(C, found(3)));
    assert!(!then(B, Moved(None)));
}

#[test]
fn a_key_whose_session_has_ended_may_be_taken_or_not() {
    let ended = [(create(A, 1), Done), (rename(A, B, 1, 2), Done), (Delete(B), Done)];
    for answer in [Done, Taken] {
        assert!(one_by_one(&[ended.as_slice(), &[(create(A, 3), answer)]].concat()));
    }
    assert!(one_by_one(&[ended.as_slice(), &[(create(B, 3), Done), (Load(A), Absent)]].concat()));
    assert!(!one_by_one(&[ended.as_slice(), &[(create(B, 3), Done), (Load(A), Moved(None))]].concat()));
}

#[test]
fn a_rename_never_writes_over_another_session() {
    let two = [(create(A, 1), Done), (create(B, 2), Done)];
    assert!(!is_explained(&two, &[(rename(A, B, 1, 3), Some(Done))]));
    let after = |version, key| {
        let mut calls = two.to_vec();
        calls.push((Load(key), found(version)));
        is_explained(&calls, &[(rename(A, B, 1, 3), None)])
    };
    assert!(after(1, A) && after(2, B));
}

#[test]
fn a_touch_never_shortens() {
    let touched = |until, after| {
        let entry = Entry { deadline: after, ..entry(1) };
        one_by_one(&[(create(A, 1), Done), (Touch(A, until), Done), (Load(A), StoreAnswer::Found(entry))])
    };
    assert!(touched(Deadline::Minutes(30), Deadline::Minutes(30)));
    assert!(touched(Deadline::Minutes(10), Deadline::Minutes(20)));
    assert!(touched(Deadline::Never, Deadline::Never));
    assert!(!touched(Deadline::Minutes(10), Deadline::Minutes(10)));
    assert!(!touched(Deadline::Minutes(30), Deadline::Minutes(20)));
}

#[test]
fn a_write_whose_answer_was_lost_may_have_happened() {
    for seen in [found(1), found(2)] {
        let at_once = [(update(A, 1, 2), None), (Load(A), Some(seen))];
        assert!(is_explained(&[(create(A, 1), Done)], &at_once));
    }
    let at_once = [(update(A, 9, 2), None), (Load(A), Some(found(2)))];
    assert!(!is_explained(&[(create(A, 1), Done)], &at_once), "it expected another version");
}
