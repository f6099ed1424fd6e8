//! Tests of changes that are replayed: on a newer record, and on an empty session.

use super::*;

#[test]
fn a_rebase_takes_from_the_newer_record_what_was_not_changed_here() {
    let mut state = stored();
    set(&mut state, "ours");
    state.set_timeout(Some(Duration::from_secs(77))).unwrap();
    let mut newer = Record::new(br#"{"theirs":1}"#.as_slice(), START, version(5));
    newer.owner = Some(Owner::from("alice"));
    newer.label = Some("theirs".into());
    newer.timeout = Some(Duration::from_secs(55));
    on(&mut state, newer, r#"{"theirs":1}"#);
    assert_eq!(state.contents().data.as_value(), &json!({"ours": true, "theirs": 1}));
    assert_eq!(state.contents().owner, Some(Owner::from("alice")));
    assert_eq!(state.contents().label.as_deref(), Some("theirs"));
    assert_eq!(state.contents().timeout, Some(Duration::from_secs(77)));
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(6), START).unwrap();
    assert!(matches!(plan.command, Command::Update { expected, .. } if expected == version(5)));
}

#[test]
fn after_an_invalidate_a_rebase_takes_only_the_version() {
    let mut state = stored();
    state.invalidate(id(9));
    set(&mut state, "ours");
    let newer = Record::new(b"not even readable".as_slice(), START, version(5));
    state.take_record(newer);
    assert_eq!(state.contents().data.as_value(), &json!({"ours": true}));
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(6), START).unwrap();
    assert!(matches!(plan.command, Command::Rename { expected, .. } if expected == version(5)));
}

#[test]
fn a_sign_in_on_a_session_that_another_user_has_signed_in_on_discards_their_data() {
    let mut state = stored();
    state.sign_in(Owner::from("alice"), id(9));
    set(&mut state, "alices");
    let mut newer = Record::new(br#"{"bobs":1}"#.as_slice(), START, version(5));
    newer.owner = Some(Owner::from("bob"));
    on(&mut state, newer, r#"{"bobs":1}"#);
    assert_eq!(state.contents().data.as_value(), &json!({"alices": true}));
    assert_eq!(state.contents().owner, Some(Owner::from("alice")));
    assert_eq!(state.intent(), Intent::Invalidate);
}

#[test]
fn a_session_begun_anew_holds_the_values_of_this_request_and_nothing_older() {
    let mut state = stored();
    set(&mut state, "ours");
    state.sign_in(Owner::from("alice"), id(9));
    anew(&mut state);
    assert_eq!(state.contents().data.as_value(), &json!({"ours": true}));
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));

    let mut ended = stored();
    ended.invalidate(id(9));
    set(&mut ended, "after");
    anew(&mut ended);
    assert_eq!(ended.contents().data.as_value(), &json!({"after": true}));
    assert_eq!(decided(&ended, 200, SOON), ("create", "set"));

    let mut only_ended = stored();
    only_ended.invalidate(id(9));
    anew(&mut only_ended);
    assert_eq!(decided(&only_ended, 200, SOON), ("-", "-"));
}
