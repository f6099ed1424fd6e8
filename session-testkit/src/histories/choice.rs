//! Which call a task of a race makes next.

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::histories::cast::Cast;
use crate::histories::history::Outcome;
use crate::histories::store_call::{Deadline, Entry, Letter, Number, Shape, StoreAnswer, StoreCall};

/// What a task has seen so far.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// The versions that it saw under each key, the last one last.
    seen: Vec<Vec<Number>>,
    last_write: Option<StoreCall>,
}

impl Memory {
    pub(crate) fn of_keys(keys: u8) -> Self {
        Self { seen: vec![Vec::new(); usize::from(keys)], last_write: None }
    }

    /// Notes what came of a call.
    pub(crate) fn learn(&mut self, call: &StoreCall, outcome: &Outcome<StoreAnswer>) {
        let seen = match outcome {
            Outcome::Answered(StoreAnswer::Found(entry) | StoreAnswer::Conflict(entry)) => {
                call.keys().first().map(|key| (*key, entry.version))
            }
            Outcome::Answered(StoreAnswer::Done) => call.written(),
            Outcome::Answered(
                StoreAnswer::Moved(_)
                | StoreAnswer::Absent
                | StoreAnswer::Taken
                | StoreAnswer::Gone
                | StoreAnswer::Refused,
            )
            | Outcome::Unknown(_) => None,
        };
        if let Some((key, version)) = seen {
            self.seen[usize::from(key.0)].push(version);
        }
        if call.written().is_some() {
            self.last_write = Some(call.clone());
        }
    }

    /// The version that a write of `key` expects: mostly the last one seen, sometimes an older one or one that never was.
    fn expected(&self, key: Letter, dice: &mut StdRng) -> Number {
        let seen = &self.seen[usize::from(key.0)];
        match (dice.random_range(0..10), seen.as_slice()) {
            (_, []) => self.seen.iter().flatten().next_back().copied().unwrap_or(Number(0)),
            (0..8, [.., last]) => *last,
            (8, seen) => seen[dice.random_range(0..seen.len())],
            (_, _) => Number(0),
        }
    }
}

/// Makes up a call.
pub(crate) fn next_call(memory: &Memory, cast: &Cast, dice: &mut StdRng) -> StoreCall {
    let keys = memory.seen.len() as u8;
    let key = Letter(dice.random_range(0..keys));
    match (dice.random_range(0..100), &memory.last_write) {
        (0..25, _) => StoreCall::Load(key),
        (25..40, _) => StoreCall::Create(key, entry(cast, dice)),
        (40..62, _) => {
            let expected = memory.expected(key, dice);
            StoreCall::Update { key, entry: entry(cast, dice), expected }
        }
        (62..75, _) => {
            let new = Letter((key.0 + dice.random_range(1..keys)) % keys);
            let expected = memory.expected(key, dice);
            StoreCall::Rename { old: key, new, entry: entry(cast, dice), expected }
        }
        (75..83, _) => StoreCall::Touch(key, deadline(dice)),
        (83..93, Some(last)) => last.clone(),
        (_, _) => StoreCall::Delete(key),
    }
}

fn entry(cast: &Cast, dice: &mut StdRng) -> Entry {
    let owner = dice.random_bool(0.5).then(|| dice.random_range(0..2));
    Entry { version: cast.draw(), owner, deadline: deadline(dice), shape: Shape::Whole }
}

/// Late enough for the history to be over by then.
fn deadline(dice: &mut StdRng) -> Deadline {
    if dice.random_ratio(1, 8) { Deadline::Never } else { Deadline::Minutes(dice.random_range(10..60)) }
}
