//! Tests of the protocol: its tables row by row, and the laws around them.

mod after;
mod decide;
mod laws;
mod open;
mod replay;

use std::sync::Arc;
use std::time::Duration;

use crate::id::SessionId;
use crate::owner::Owner;
use crate::protocol::change::{Change, Data};
use crate::protocol::open::{open, read};
use crate::protocol::outcome::{Attempt, GiveUp, Next, Outcome, after};
use crate::protocol::plan::{Command, CookiePlan, Plan, ResponseKind, decide, unloaded_cookie};
use crate::protocol::refusal::Refusal;
use crate::protocol::replay::Replay;
use crate::protocol::state::{Intent, Origin, State, Stored};
use crate::setup::options::SessionOptions;
use crate::setup::settings::Settings;
use crate::store::key::StoreKey;
use crate::store::record::{Record, Version};
use crate::store::touch_patience::TouchPatience;
use crate::ticket::Ticket;
use crate::time::UnixTime;
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

/// Opens the session of this record, `at` seconds after its start.
fn opened(record: Record, at: u64) -> State {
    let data = data(std::str::from_utf8(&record.payload).unwrap());
    let now = START + Duration::from_secs(at);
    prolonged(open(Stored::new(stored_ticket(), record, now), data, &settings(), id(9), now))
}

/// Returns the session of a handler that does more than to read it.
fn prolonged(mut state: State) -> State {
    state.prolong();
    state
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

/// Replays the changes on a newer record.
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

/// Returns the decision for this status, `after` seconds after the start, in words.
fn decided(state: &State, status: u16, after: u64) -> (&'static str, &'static str) {
    decided_with(state, ResponseKind::Status(status), after)
}

/// Returns the decision for a rejection, `after` seconds after the start, in words.
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
        | Command::Delete { .. } => panic!("{:?} has the wrong key or version", plan.command),
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
