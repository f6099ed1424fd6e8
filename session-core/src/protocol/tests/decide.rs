//! Tests of the table of what a request does in the end, row by row.

use super::*;

#[test]
fn new_and_invalidated_is_nothing_whatever_was_changed() {
    let mut state = new();
    set(&mut state, "a");
    state.invalidate(id(9));
    assert_eq!(decided(&state, 200, SOON), ("-", "-"));
    set(&mut state, "b");
    assert_eq!(decided(&state, 200, SOON), ("-", "-"));
}

#[test]
fn new_and_unchanged_or_left_empty_is_nothing() {
    let mut state = new();
    assert_eq!(decided(&state, 200, DUE), ("-", "-"));
    state.renew(id(9));
    assert_eq!(decided(&state, 200, DUE), ("-", "-"));
    set(&mut state, "a");
    state.change(Change::Remove("a".to_owned())).unwrap();
    state.set_label(Some("left empty".into())).unwrap();
    assert_eq!(decided(&state, 200, DUE), ("-", "-"));
}

#[test]
fn new_and_changed_is_created_with_a_cookie() {
    let mut state = new();
    set(&mut state, "a");
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
    state.renew(id(9));
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn new_and_signed_in_is_created_with_a_cookie() {
    let mut state = new();
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
    let mut ended_first = new();
    ended_first.invalidate(id(9));
    ended_first.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&ended_first, 200, SOON), ("create", "set"));
}

#[test]
fn new_with_its_id_given_away_is_created() {
    let mut state = new();
    state.change(Change::ForceCreate).unwrap();
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn stored_and_unchanged_is_touched_when_reissue_is_due() {
    let state = stored();
    assert_eq!(decided(&state, 200, SOON), ("-", "-"));
    assert_eq!(decided(&state, 200, DUE), ("touch", "set"));
}

#[test]
fn stored_and_not_readable_is_not_prolonged_by_an_error_response() {
    let mut state = stored();
    state.note_unreadable();
    assert_eq!(decided(&state, 500, DUE), ("-", "-"));
    assert_eq!(decided(&state, 499, DUE), ("touch", "set"));
    set(&mut state, "b");
    assert_eq!(decided(&state, 500, DUE), ("update", "-"));
}

#[test]
fn stored_and_only_read_is_not_prolonged_but_a_time_from_a_clock_that_was_ahead_is_written_again() {
    let only_read = |record: Record| {
        open(Stored::new(stored_ticket(), record, START), data("{}"), &settings(), id(9), START)
    };
    assert_eq!(decided(&only_read(stored_record()), 200, DUE), ("-", "-"));
    let last_used = START + Duration::from_secs(86_400);
    let ahead = only_read(Record { last_used, ..stored_record() });
    assert_eq!(decided(&ahead, 200, DUE), ("update", "set"));
}

#[test]
fn stored_by_a_clock_that_was_ahead_is_written_again_with_a_cookie() {
    let day = START + Duration::from_secs(86_400);
    for (created, last_used) in [(day, day), (START, day), (day, START)] {
        let mut state = opened(Record { created, last_used, ..stored_record() }, 0);
        assert_eq!(decided(&state, 200, SOON), ("update", "set"));
        let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), START).unwrap();
        let Command::Update { record, .. } = plan.command else { panic!("expected an update") };
        assert_eq!((record.created, record.last_used), (START, START));
        assert_eq!(record.expires, Some(START + Duration::from_secs(1200)));
        // Another request has corrected it in the meantime.
        on(&mut state, Record { version: version(1), ..stored_record() }, r#"{"a":1}"#);
        assert_eq!(decided(&state, 200, SOON), ("-", "-"));
    }
    let near = START + Duration::from_secs(300);
    let state = opened(Record { created: near, last_used: near, ..stored_record() }, 0);
    assert_eq!(decided(&state, 200, SOON), ("-", "-"));
}

#[test]
fn stored_and_changed_is_updated_with_a_cookie_when_reissue_is_due() {
    let mut state = stored();
    set(&mut state, "b");
    assert_eq!(decided(&state, 200, SOON), ("update", "-"));
    assert_eq!(decided(&state, 200, DUE), ("update", "set"));
}

#[test]
fn stored_and_given_another_timeout_sends_it_in_the_cookie() {
    let mut state = stored();
    state.set_timeout(Some(Duration::from_secs(3600))).unwrap();
    assert_eq!(decided(&state, 200, SOON), ("update", "set"));
}

#[test]
fn stored_and_renewed_or_signed_in_is_renamed_with_a_cookie() {
    let mut state = stored();
    state.renew(id(9));
    assert_eq!(decided(&state, 200, SOON), ("rename", "set"));
    let mut state = stored();
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("rename", "set"));
}

#[test]
fn stored_and_invalidated_is_deleted_with_its_cookie() {
    let mut state = stored();
    set(&mut state, "b");
    state.invalidate(id(9));
    assert_eq!(decided(&state, 200, DUE), ("delete", "remove"));
}

#[test]
fn stored_and_written_after_an_invalidate_is_renamed_to_a_fresh_record() {
    let mut state = stored();
    state.invalidate(id(9));
    set(&mut state, "b");
    assert_eq!(decided(&state, 200, SOON), ("rename", "set"));
    let later = START + Duration::from_secs(SOON);
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), later).unwrap();
    let Command::Rename { record, .. } = plan.command else { panic!("expected a rename") };
    assert_eq!(&*record.payload, br#"{"b":true}"#);
    assert_eq!(record.created, START);
}

#[test]
fn moved_writes_nothing_and_leaves_the_cookie() {
    let mut state = moved();
    let drops = |state: &State| {
        decide(state, &settings(), ResponseKind::Status(200), version(2), START).unwrap().drops_changes
    };
    state.renew(id(9));
    state.change(Change::ForceCreate).unwrap();
    assert!(!drops(&state), "a token is not a change");
    set(&mut state, "a");
    assert_eq!(decided(&state, 200, DUE), ("-", "-"));
    assert!(drops(&state) && !drops(&stored()));
}

#[test]
fn moved_and_signed_in_is_created_because_the_new_cookie_may_have_been_lost() {
    let mut state = moved();
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn moved_and_invalidated_is_deleted_with_its_cookie_and_data_written_afterwards_begins_another_session() {
    let mut state = moved();
    state.invalidate(id(9));
    assert_eq!(decided(&state, 200, SOON), ("delete", "remove"));
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("delete", "remove"));
    anew(&mut state);
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn a_panic_writes_nothing_whatever_the_intent() {
    for act in [State::invalidate, State::renew] {
        let mut state = stored();
        set(&mut state, "b");
        act(&mut state, id(9));
        state.panicked();
        assert_eq!(decided(&state, 500, DUE), ("-", "-"));
    }
}

#[test]
fn an_error_response_saves_if_set_on_exception_is_true_and_ends_a_session_in_any_case() {
    let mut changed = stored();
    set(&mut changed, "b");
    let mut ended = stored();
    ended.invalidate(id(9));
    let mut ended_and_changed = stored();
    ended_and_changed.invalidate(id(9));
    set(&mut ended_and_changed, "b");
    assert_eq!(decided(&changed, 500, SOON), ("update", "-"));

    let mut options = SessionOptions::new(SECRET);
    options.set_on_exception = false;
    let settings = options.check().unwrap();
    let at = |state: &State, response| decide(state, &settings, response, version(2), START).unwrap();
    let nothing = Plan { command: Command::Nothing, cookie: CookiePlan::Leave, drops_changes: false };
    let end =
        Plan { command: Command::Delete { key: key(1) }, cookie: CookiePlan::Leave, drops_changes: false };
    for error in [ResponseKind::Status(500), ResponseKind::Status(503), ResponseKind::Rejection] {
        assert_eq!(at(&changed, error), nothing);
        assert_eq!(at(&ended, error), end);
        assert_eq!(at(&ended_and_changed, error), end);
        assert_eq!(unloaded_cookie(&settings, error), CookiePlan::Leave);
    }
    assert_ne!(at(&changed, ResponseKind::Status(499)), nothing);
    let mut never_stored = new();
    never_stored.invalidate(id(9));
    assert_eq!(at(&never_stored, ResponseKind::Status(500)), nothing);
    assert_eq!(unloaded_cookie(&settings, ResponseKind::Status(200)), CookiePlan::Remove);
}

#[test]
fn a_rejection_saves_what_needs_no_cookie() {
    let mut changed = stored();
    set(&mut changed, "b");
    assert_eq!(rejected(&changed, SOON), ("update", "-"));
    assert_eq!(rejected(&changed, DUE), ("update", "-"));
    assert_eq!(rejected(&stored(), DUE), ("-", "-"));
    let mut begun = new();
    set(&mut begun, "b");
    assert_eq!(rejected(&begun, SOON), ("-", "-"));
}

#[test]
fn a_rejection_keeps_the_browsers_cookie_valid_unless_it_ends_the_session() {
    let mut renewed = stored();
    renewed.renew(id(9));
    assert_eq!(rejected(&renewed, SOON), ("-", "-"));
    for mut state in [stored(), new()] {
        state.sign_in(Owner::from("alice"), id(9));
        assert_eq!(rejected(&state, SOON), ("-", "-"));
    }
    let mut ended = stored();
    ended.invalidate(id(9));
    assert_eq!(rejected(&ended, SOON), ("delete", "-"));
    set(&mut ended, "b");
    assert_eq!(rejected(&ended, SOON), ("delete", "-"));
    assert_eq!(unloaded_cookie(&settings(), ResponseKind::Rejection), CookiePlan::Leave);
}

#[test]
fn a_write_extends_the_expiry_whether_or_not_the_cookie_is_due() {
    let mut state = stored();
    set(&mut state, "b");
    let now = START + Duration::from_secs(SOON);
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), now).unwrap();
    let Command::Update { record, .. } = plan.command else { panic!("expected an update") };
    assert_eq!(record.expires, Some(now + Duration::from_secs(1200)));
    assert_eq!((record.created, record.last_used, record.version), (START, now, version(2)));
}

#[test]
fn the_cookie_carries_a_timeout_that_was_just_set() {
    let mut state = stored();
    state.set_timeout(Some(Duration::from_secs(60))).unwrap();
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), START).unwrap();
    let CookiePlan::Set(ticket) = plan.cookie else { panic!("expected a cookie") };
    assert_eq!((ticket.timeout, ticket.key), (Some(Duration::from_secs(60)), key(1)));
}

#[test]
fn a_touch_stops_at_the_absolute_limit_of_the_record_not_of_the_cookie() {
    let now = START + Duration::from_secs(9_500);
    let plan = decide(&stored(), &settings(), ResponseKind::Status(200), version(2), now).unwrap();
    assert_eq!(
        plan.command,
        Command::Touch {
            key: key(1),
            expires: Some(START + Duration::from_secs(10_000)),
            patience: TouchPatience::Full
        }
    );
    let CookiePlan::Set(ticket) = plan.cookie else { panic!("expected a cookie") };
    assert_eq!((ticket.issued_at, ticket.created), (now, START));
}

#[test]
fn a_touch_waits_briefly_until_half_of_the_idle_timeout_is_over() {
    use TouchPatience::{Brief, Full};
    for (of_cookie, of_record, after, expected) in [
        (None, None, DUE, Brief),
        (None, None, 599, Brief),
        (None, None, 600, Full),
        (None, None, 1200, Full),
        (Some(300), Some(300), 149, Brief),
        (Some(300), Some(300), 150, Full),
        (Some(300), Some(9_000), 150, Full),
        (Some(9_000), Some(300), 150, Full),
        (Some(9_000), Some(9_000), 4_499, Brief),
    ] {
        let [of_cookie, of_record] = [of_cookie, of_record].map(|secs| secs.map(Duration::from_secs));
        let ticket = Ticket { timeout: of_cookie, ..stored_ticket() };
        let record = Record { timeout: of_record, ..stored_record() };
        let now = START + Duration::from_secs(after);
        let stored = Stored { ticket, record, was_ahead: false };
        let state = prolonged(open(stored, data("{}"), &settings(), id(9), now));
        let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), now).unwrap();
        let Command::Touch { patience, .. } = plan.command else { panic!("expected a touch: {after}") };
        assert_eq!(patience, expected, "{of_cookie:?} {of_record:?} {after}");
    }
}

#[test]
fn a_touch_of_a_session_without_idle_timeout_waits_briefly() {
    let mut options = SessionOptions::new(SECRET);
    options.timeout = None;
    let settings = options.check().unwrap();
    let now = START + Duration::from_secs(1_000_000);
    let record = Record { expires: None, ..stored_record() };
    let stored = Stored { ticket: stored_ticket(), record, was_ahead: false };
    let state = prolonged(open(stored, data("{}"), &settings, id(9), now));
    let plan = decide(&state, &settings, ResponseKind::Status(200), version(2), now).unwrap();
    assert!(matches!(plan.command, Command::Touch { patience: TouchPatience::Brief, .. }));
}

#[test]
fn a_sign_in_restarts_the_session_and_a_renewal_does_not() {
    let asked = START + Duration::from_secs(50);
    let at = |act: fn(&mut State)| {
        let mut state = opened(stored_record(), 50);
        act(&mut state);
        let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), asked).unwrap();
        let Command::Rename { record, .. } = plan.command else { panic!("expected a rename") };
        record
    };
    let signed_in = at(|state| state.sign_in(Owner::from("alice"), id(9)));
    assert_eq!((signed_in.created, signed_in.owner), (asked, Some(Owner::from("alice"))));
    assert_eq!(&*signed_in.payload, br#"{"a":1}"#);
    assert_eq!(at(|state| state.renew(id(9))).created, START);
}

#[test]
fn a_sign_in_discards_the_data_of_another_owner() {
    let mut record = stored_record();
    record.owner = Some(Owner::from("bob"));
    let mut state = opened(record, 0);
    set(&mut state, "bobs");
    state.sign_in(Owner::from("alice"), id(9));
    set(&mut state, "alices");
    assert_eq!(decided(&state, 200, SOON), ("rename", "set"));
    assert_eq!(state.contents().data.as_value(), &json!({"alices": true}));
    assert_eq!(state.contents().owner, Some(Owner::from("alice")));
}

#[test]
fn stored_and_invalidated_with_data_that_cannot_be_written_is_deleted_and_then_refused() {
    let mut settings = settings();
    settings.sizes.max_payload = 20;
    let decide = |state: &State| decide(state, &settings, ResponseKind::Status(200), version(2), START);
    let mut state = stored();
    state.invalidate(id(9));
    state.change(Change::Set("a".to_owned(), json!("x".repeat(20)))).unwrap();
    assert_eq!(decide(&state).unwrap(), Plan::end(key(1)));
    let attempt = Attempt { in_time: true, ids_left: 0 };
    assert_eq!(after(&state, Outcome::Deleted, attempt), Next::BeginAnew);
    anew(&mut state);
    assert!(matches!(decide(&state), Err(Refusal::TooLarge(too_large)) if too_large.limit == 20));
    let mut kept = stored();
    kept.change(Change::Set("a".to_owned(), json!("x".repeat(20)))).unwrap();
    assert!(decide(&kept).is_err(), "a session that is kept is not deleted");
}
