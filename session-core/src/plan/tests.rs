//! The protocol table, row by row, and the laws around it.

mod after;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::change::{Change, Data};
use crate::id::SessionId;
use crate::open::{open, read};
use crate::options::SessionOptions;
use crate::owner::Owner;
use crate::replay::Replay;
use proptest::prelude::*;
use serde_json::json;

const START: UnixTime = UnixTime::from_secs(1_700_000_000);
const SECRET: &str = "a secret of more than thirty-two bytes";

fn id(n: u8) -> SessionId {
    SessionId::from_random([n; 18])
}

fn version(n: u64) -> Version {
    Version::from_bits(n)
}

fn settings() -> Settings {
    let mut options = SessionOptions::new(SECRET);
    options.lifetime = Some(Duration::from_secs(10_000));
    options.check().unwrap()
}

fn stored_record() -> Record {
    let mut record = Record::new(br#"{"a":1}"#.as_slice(), START, version(1));
    record.expires = Some(START + Duration::from_secs(1200));
    record
}

fn stored_ticket() -> Ticket {
    Ticket {
        issued_at: START,
        created: START + Duration::from_secs(5),
        id: id(1),
        key: key(1),
        timeout: None,
    }
}

/// The session of this record, asked for `at` so many seconds.
fn opened(record: Record, at: u64) -> State {
    let data = data(std::str::from_utf8(&record.payload).unwrap());
    let stored = Stored { ticket: stored_ticket(), record };
    open(stored, data, &settings(), id(9), START + Duration::from_secs(at))
}

fn data(json: &str) -> Data {
    Data::from_value(serde_json::from_str(json).unwrap()).unwrap()
}

fn stored() -> State {
    opened(stored_record(), 0)
}

fn new() -> State {
    State::new(Origin::New, id(9), START)
}

fn moved() -> State {
    State::new(Origin::Moved { key: key(1) }, id(9), START)
}

/// Puts the changes onto a newer record.
fn on(state: &mut State, newer: Record, json: &str) {
    let (contents, intent) = Replay::of(state).on(&newer, data(json)).unwrap();
    state.rebase(newer, contents, intent);
}

fn anew(state: &mut State) {
    let contents = Replay::of(state).on_nothing().unwrap();
    state.begin_anew(contents, START);
}

fn set(state: &mut State, key: &str) {
    state.change(Change::Set(key.to_owned(), json!(true))).unwrap();
}

fn key(n: u8) -> StoreKey {
    id(n).store_key("session")
}

/// What is decided `after` so many seconds with this status, as words.
fn decided(state: &State, status: u16, after: u64) -> (&'static str, &'static str) {
    decided_with(state, ResponseKind::Status(status), after)
}

/// What is decided `after` so many seconds if the handler rejects.
fn rejected(state: &State, after: u64) -> (&'static str, &'static str) {
    decided_with(state, ResponseKind::Rejection, after)
}

fn decided_with(state: &State, response: ResponseKind, after: u64) -> (&'static str, &'static str) {
    let plan = decide(state, &settings(), response, version(2), START + Duration::from_secs(after)).unwrap();
    let command = match plan.command.clone() {
        Command::Nothing => "-",
        Command::Create { key: at, .. } if at == key(9) => "create",
        Command::Touch { key: at, .. } if at == key(1) => "touch",
        Command::Update { key: at, expected, .. } if at == key(1) && expected == version(1) => "update",
        Command::Rename { old, new, expected, .. }
            if old == key(1) && new == key(9) && expected == version(1) =>
        {
            "rename"
        }
        Command::Delete { key: at } if at == key(1) => "delete",
        Command::Create { .. }
        | Command::Touch { .. }
        | Command::Update { .. }
        | Command::Rename { .. }
        | Command::Delete { .. } => panic!("{:?} is of the wrong key or version", plan.command),
    };
    let cookie = match plan.cookie {
        CookiePlan::Leave => "-",
        CookiePlan::Remove => "remove",
        CookiePlan::Set(ticket) => {
            let renews = matches!(command, "create" | "rename");
            assert_eq!(
                ticket.id,
                if renews { id(9) } else { id(1) },
                "the cookie names the record that was written"
            );
            "set"
        }
    };
    (command, cookie)
}

const SOON: u64 = 60;
const DUE: u64 = 121;

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
fn stored_and_changed_is_updated_with_a_cookie_when_reissue_is_due() {
    let mut state = stored();
    set(&mut state, "b");
    assert_eq!(decided(&state, 200, SOON), ("update", "-"));
    assert_eq!(decided(&state, 200, DUE), ("update", "set"));
}

#[test]
fn stored_and_given_another_timeout_says_so_in_the_cookie() {
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
    let Command::Rename { record, .. } = plan.command else { panic!("a rename") };
    assert_eq!(&*record.payload, br#"{"b":true}"#);
    assert_eq!(record.created, START);
}

#[test]
fn moved_writes_nothing_and_leaves_the_cookie() {
    let mut state = moved();
    set(&mut state, "a");
    state.renew(id(9));
    assert_eq!(decided(&state, 200, DUE), ("-", "-"));
}

#[test]
fn moved_and_signed_in_is_created_since_the_good_cookie_may_have_been_lost() {
    let mut state = moved();
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn moved_and_invalidated_is_deleted_with_its_cookie_and_what_is_written_after_that_begins_another() {
    let mut state = moved();
    state.invalidate(id(9));
    assert_eq!(decided(&state, 200, SOON), ("delete", "remove"));
    state.sign_in(Owner::from("alice"), id(9));
    assert_eq!(decided(&state, 200, SOON), ("delete", "remove"));
    anew(&mut state);
    assert_eq!(decided(&state, 200, SOON), ("create", "set"));
}

#[test]
fn a_panic_writes_nothing_whatever_was_wished() {
    for wish in [State::invalidate, State::renew] {
        let mut state = stored();
        set(&mut state, "b");
        wish(&mut state, id(9));
        state.panicked();
        assert_eq!(decided(&state, 500, DUE), ("-", "-"));
    }
}

#[test]
fn an_error_response_saves_if_set_on_exception_says_so_and_always_ends() {
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
    let nothing = Plan { command: Command::Nothing, cookie: CookiePlan::Leave };
    let end = Plan { command: Command::Delete { key: key(1) }, cookie: CookiePlan::Leave };
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
fn a_rejection_leaves_the_browsers_cookie_good_but_for_an_end() {
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
fn a_write_moves_the_deadline_whether_or_not_the_cookie_is_due() {
    let mut state = stored();
    set(&mut state, "b");
    let now = START + Duration::from_secs(SOON);
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), now).unwrap();
    let Command::Update { record, .. } = plan.command else { panic!("an update") };
    assert_eq!(record.expires, Some(now + Duration::from_secs(1200)));
    assert_eq!((record.created, record.last_used, record.version), (START, now, version(2)));
}

#[test]
fn the_cookie_tells_a_timeout_that_the_session_has_just_got() {
    let mut state = stored();
    state.set_timeout(Some(Duration::from_secs(60))).unwrap();
    let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), START).unwrap();
    let CookiePlan::Set(ticket) = plan.cookie else { panic!("a cookie") };
    assert_eq!((ticket.timeout, ticket.key), (Some(Duration::from_secs(60)), key(1)));
}

#[test]
fn a_touch_stops_at_the_absolute_limit_of_the_record_not_of_the_cookie() {
    let now = START + Duration::from_secs(9_500);
    let plan = decide(&stored(), &settings(), ResponseKind::Status(200), version(2), now).unwrap();
    assert_eq!(
        plan.command,
        Command::Touch { key: key(1), expires: Some(START + Duration::from_secs(10_000)) }
    );
    let CookiePlan::Set(ticket) = plan.cookie else { panic!("a cookie") };
    assert_eq!((ticket.issued_at, ticket.created), (now, START));
}

#[test]
fn a_sign_in_restarts_the_session_and_a_renewal_does_not() {
    let asked = START + Duration::from_secs(50);
    let at = |wish: fn(&mut State)| {
        let mut state = opened(stored_record(), 50);
        wish(&mut state);
        let plan = decide(&state, &settings(), ResponseKind::Status(200), version(2), asked).unwrap();
        let Command::Rename { record, .. } = plan.command else { panic!("a rename") };
        record
    };
    let signed_in = at(|state| state.sign_in(Owner::from("alice"), id(9)));
    assert_eq!((signed_in.created, signed_in.owner), (asked, Some(Owner::from("alice"))));
    assert_eq!(&*signed_in.payload, br#"{"a":1}"#);
    assert_eq!(at(|state| state.renew(id(9))).created, START);
}

#[test]
fn a_sign_in_keeps_nothing_of_another_owner() {
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
fn a_session_past_a_shortened_lifetime_is_new() {
    let used = |secs| Record { last_used: START + Duration::from_secs(secs), ..stored_record() };
    assert!(matches!(opened(used(9_000), 9_999).origin(), Origin::Stored(_)));
    assert!(matches!(opened(used(9_000), 10_000).origin(), Origin::New));
}

#[test]
fn a_session_whose_own_timeout_was_shortened_is_new_whatever_a_late_touch_has_asked_for() {
    let mut record = stored_record();
    record.timeout = Some(Duration::from_secs(60));
    record.expires = Some(START + Duration::from_secs(1_000_000));
    assert!(matches!(opened(record.clone(), 60).origin(), Origin::Stored(_)));
    assert!(matches!(opened(record, 61).origin(), Origin::New));
}

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
fn after_an_invalidate_a_rebase_takes_the_version_alone() {
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
fn a_sign_in_over_what_became_another_owners_keeps_nothing_of_it() {
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
fn what_begins_anew_holds_what_this_request_wrote_and_nothing_older() {
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

fn sent(n: u8, renewed: UnixTime) -> Ticket {
    Ticket { issued_at: renewed, created: START, id: id(n), key: key(n), timeout: None }
}

#[test]
fn of_several_cookies_the_one_sent_last_counts_that_has_not_timed_out() {
    let now = START + Duration::from_secs(100);
    let (old, newer) = (sent(1, START), sent(2, now));
    for order in [[old, newer], [newer, old]] {
        assert_eq!(read(&order, &settings(), now), Some(newer));
    }
    let late = now + Duration::from_secs(1200);
    assert_eq!(read(&[old, newer], &settings(), late), Some(newer));
    assert_eq!(read(&[old], &settings(), late), None);
}

#[test]
fn the_own_timeout_in_the_cookie_counts() {
    let ticket = Ticket { timeout: Some(Duration::from_secs(5000)), ..stored_ticket() };
    let at = |secs| read(&[ticket], &settings(), START + Duration::from_secs(secs)).is_some();
    assert!(at(5000));
    assert!(!at(5001));
}

/// What a handler can wish, in any order.
#[derive(Clone, Debug)]
enum Wish {
    Set,
    SignIn(bool),
    Renew,
    Invalidate,
    Label,
    ForceCreate,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = prop_oneof![
        Just(Wish::Set),
        any::<bool>().prop_map(Wish::SignIn),
        Just(Wish::Renew),
        Just(Wish::Invalidate),
        Just(Wish::Label),
        Just(Wish::ForceCreate),
    ];
    prop::collection::vec(wish, 0..6)
}

fn wished(mut state: State, wishes: &[Wish]) -> State {
    for wish in wishes {
        match wish {
            Wish::Set => set(&mut state, "k"),
            Wish::SignIn(alice) => state.sign_in(Owner::from(if *alice { "alice" } else { "bob" }), id(9)),
            Wish::Renew => state.renew(id(9)),
            Wish::Invalidate => state.invalidate(id(9)),
            Wish::Label => state.set_label(Some(Arc::from("l"))).unwrap(),
            Wish::ForceCreate => state.change(Change::ForceCreate).unwrap(),
        }
    }
    state
}

proptest! {
    #[test]
    fn whatever_is_wished_the_old_id_dies_with_every_sign_in_renewal_and_invalidate(wishes in wishes(), status in prop::sample::select(vec![200u16, 500])) {
        let state = wished(stored(), &wishes);
        let ends = wishes.iter().any(|wish| matches!(wish, Wish::SignIn(_) | Wish::Renew | Wish::Invalidate));
        let (command, _) = decided(&state, status, SOON);
        prop_assert_eq!(ends, matches!(command, "rename" | "delete"), "{}", command);
    }

    #[test]
    fn a_session_that_never_was_is_never_touched_updated_renamed_or_deleted(wishes in wishes(), after in 0..5000u64) {
        let (command, cookie) = decided(&wished(new(), &wishes), 200, after);
        prop_assert!(matches!((command, cookie), ("-", "-") | ("create", "set")));
    }
}
