//! What a store answers if its calls come one after another, all in one instant: its contract, as a [`Specification`].

use crate::histories::linearizability::Specification;
use crate::histories::store_call::{Deadline, Entry, Letter, Number, StoreAnswer, StoreCall};

/// The specification of a store with so many keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreSpecification {
    pub(crate) keys: u8,
}

/// What there is under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    Free,
    Live(Entry),
    /// It was renamed, once or more often, and is now a live session under this key.
    Moved(Letter),
    /// It was renamed, and what it became has ended. It reads as absent; whether the key is still taken is left to the store.
    Ended,
}

type State = Vec<Slot>;
type Step = (State, StoreAnswer);

impl Specification for StoreSpecification {
    type State = State;
    type Call = StoreCall;
    type Answer = StoreAnswer;

    fn start(&self) -> State {
        vec![Slot::Free; usize::from(self.keys)]
    }

    fn steps(&self, state: &State, call: &StoreCall) -> Vec<Step> {
        match call {
            StoreCall::Load(key) => vec![(state.clone(), load(state, *key))],
            StoreCall::Create(key, entry) => create(state, *key, *entry),
            StoreCall::Update { key, entry, expected } => vec![update(state, *key, *entry, *expected)],
            StoreCall::Rename { old, new, entry, expected } => rename(state, (*old, *new), *entry, *expected),
            StoreCall::Touch(key, deadline) => vec![touch(state, *key, *deadline)],
            StoreCall::Delete(key) => vec![(delete(state, *key), StoreAnswer::Done)],
        }
    }
}

fn at(state: &State, key: Letter) -> Slot {
    state[usize::from(key.0)]
}

fn with(state: &State, key: Letter, slot: Slot) -> State {
    let mut after = state.clone();
    after[usize::from(key.0)] = slot;
    after
}

fn load(state: &State, key: Letter) -> StoreAnswer {
    match at(state, key) {
        Slot::Live(entry) => StoreAnswer::Found(entry),
        Slot::Moved(now) => match at(state, now) {
            Slot::Live(entry) => StoreAnswer::Moved(entry.owner),
            Slot::Free | Slot::Moved(_) | Slot::Ended => StoreAnswer::Absent,
        },
        Slot::Free | Slot::Ended => StoreAnswer::Absent,
    }
}

fn create(state: &State, key: Letter, entry: Entry) -> Vec<Step> {
    let created = || (with(state, key, Slot::Live(entry)), StoreAnswer::Done);
    let refused = |answer| (state.clone(), answer);
    match at(state, key) {
        Slot::Live(found) if found.version == entry.version => vec![refused(StoreAnswer::Done)],
        Slot::Live(_) | Slot::Moved(_) => vec![refused(StoreAnswer::Taken)],
        Slot::Ended => vec![created(), refused(StoreAnswer::Taken)],
        Slot::Free => vec![created()],
    }
}

/// What a write that expects a version finds; `None`: that version.
fn lost(state: &State, key: Letter, expected: Number) -> Option<StoreAnswer> {
    match at(state, key) {
        Slot::Live(found) if found.version == expected => None,
        Slot::Live(found) => Some(StoreAnswer::Conflict(found)),
        Slot::Free | Slot::Moved(_) | Slot::Ended => Some(StoreAnswer::Gone),
    }
}

fn has(state: &State, key: Letter, version: Number) -> bool {
    matches!(at(state, key), Slot::Live(found) if found.version == version)
}

fn update(state: &State, key: Letter, entry: Entry, expected: Number) -> Step {
    if has(state, key, entry.version) {
        return (state.clone(), StoreAnswer::Done);
    }
    match lost(state, key, expected) {
        None => (with(state, key, Slot::Live(entry)), StoreAnswer::Done),
        Some(answer) => (state.clone(), answer),
    }
}

fn rename(state: &State, (old, new): (Letter, Letter), entry: Entry, expected: Number) -> Vec<Step> {
    if has(state, new, entry.version) {
        return vec![(state.clone(), StoreAnswer::Done)];
    }
    let refused = (state.clone(), StoreAnswer::Refused);
    let outcome = match lost(state, old, expected) {
        None => (moved(state, old, new, entry), StoreAnswer::Done),
        Some(answer) => (state.clone(), answer),
    };
    match at(state, new) {
        Slot::Free => vec![outcome],
        Slot::Ended => vec![outcome, refused],
        // Another session's key is never written over. Whether the store sees that first is left to it.
        Slot::Live(_) | Slot::Moved(_) if outcome.1 == StoreAnswer::Done => vec![refused],
        Slot::Live(_) | Slot::Moved(_) => vec![outcome, refused],
    }
}

/// Every earlier key leads to what the session is called now.
fn moved(state: &State, old: Letter, new: Letter, entry: Entry) -> State {
    let follow = |slot: &Slot| match slot {
        Slot::Moved(now) if *now == old => Slot::Moved(new),
        Slot::Moved(_) | Slot::Free | Slot::Live(_) | Slot::Ended => *slot,
    };
    let after = with(&state.iter().map(follow).collect(), old, Slot::Moved(new));
    with(&after, new, Slot::Live(entry))
}

fn touch(state: &State, key: Letter, deadline: Deadline) -> Step {
    match at(state, key) {
        Slot::Live(found) => {
            let touched = Entry { deadline: found.deadline.max(deadline), ..found };
            (with(state, key, Slot::Live(touched)), StoreAnswer::Done)
        }
        Slot::Free | Slot::Moved(_) | Slot::Ended => (state.clone(), StoreAnswer::Gone),
    }
}

fn delete(state: &State, key: Letter) -> State {
    let live = match at(state, key) {
        Slot::Live(_) => key,
        Slot::Moved(now) => now,
        Slot::Free | Slot::Ended => return state.clone(),
    };
    let end = |slot: &Slot| match slot {
        Slot::Moved(now) if *now == live => Slot::Ended,
        Slot::Moved(_) | Slot::Free | Slot::Live(_) | Slot::Ended => *slot,
    };
    with(&state.iter().map(end).collect(), live, Slot::Free)
}

#[cfg(test)]
mod tests;
