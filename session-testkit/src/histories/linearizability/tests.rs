//! Histories of a register, which are known to be good or bad.

use super::*;

const BUDGET: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Read,
    Write(u32),
    /// Sets the second if it is the first; the answer is what it was.
    Swap(u32, u32),
}

impl Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Write(new) => write!(f, "write {new}"),
            Self::Swap(old, new) => write!(f, "swap {old} {new}"),
        }
    }
}

struct Register;

impl Specification for Register {
    type State = u32;
    type Call = Asked;
    type Answer = u32;

    fn start(&self) -> u32 {
        0
    }

    fn steps(&self, state: &u32, call: &Asked) -> Vec<(u32, u32)> {
        vec![match call {
            Asked::Read => (*state, *state),
            Asked::Write(new) => (*new, *new),
            Asked::Swap(old, new) if old == state => (*new, *old),
            Asked::Swap(..) => (*state, *state),
        }]
    }
}

/// A history from lines in the order of time: `task asked` begins a call, `(task, answer)` ends the task's last one.
enum Event {
    Begins(usize, Asked),
    Ends(usize, u32),
    Drops(usize),
}
use Asked::{Read, Swap, Write};
use Event::{Begins, Drops, Ends};

fn history(events: &[Event]) -> History<Asked, u32> {
    let mut history = History::default();
    let mut running = std::collections::HashMap::new();
    for event in events {
        match event {
            Begins(task, asked) => {
                running.insert(*task, history.call(*task, *asked));
            }
            Ends(task, answer) => history.answer(running[task], *answer),
            Drops(task) => history.lose(running[task], "dropped"),
        }
    }
    history
}

fn is_explained(events: &[Event]) -> bool {
    match check(&Register, &history(events), BUDGET) {
        Verdict::Linearizable => true,
        Verdict::Violated(_) => false,
        Verdict::Undecided => panic!("a budget of {BUDGET} is enough"),
    }
}

#[test]
fn nothing_that_happened_is_explained() {
    assert!(is_explained(&[]));
}

#[test]
fn one_call_after_another_is_explained_if_each_sees_the_last() {
    assert!(is_explained(&[Begins(1, Write(7)), Ends(1, 7), Begins(2, Read), Ends(2, 7)]));
}

#[test]
fn a_read_of_what_was_overwritten_before_it_began_is_not_explained() {
    assert!(!is_explained(&[Begins(1, Write(7)), Ends(1, 7), Begins(2, Read), Ends(2, 0)]));
}

#[test]
fn a_read_beside_a_write_may_see_either() {
    for seen in [0, 7] {
        assert!(is_explained(&[Begins(1, Write(7)), Begins(2, Read), Ends(2, seen), Ends(1, 7)]));
    }
    assert!(!is_explained(&[Begins(1, Write(7)), Begins(2, Read), Ends(2, 3), Ends(1, 7)]));
}

#[test]
fn what_one_read_has_seen_a_later_read_cannot_unsee() {
    let reads = |first, second| {
        [Begins(1, Write(7)), Begins(2, Read), Ends(2, first), Begins(3, Read), Ends(3, second), Ends(1, 7)]
    };
    assert!(is_explained(&reads(0, 7)));
    assert!(!is_explained(&reads(7, 0)));
}

#[test]
fn of_two_swaps_of_one_value_at_once_one_succeeds() {
    let swaps = |one, two| [Begins(1, Swap(0, 1)), Begins(2, Swap(0, 2)), Ends(1, one), Ends(2, two)];
    assert!(is_explained(&swaps(0, 1)));
    assert!(is_explained(&swaps(2, 0)));
    assert!(!is_explained(&swaps(0, 0)), "a lost update");
}

#[test]
fn a_write_without_an_answer_may_be_seen_or_not_and_late() {
    for (first, second) in [(0, 0), (7, 7), (0, 7)] {
        let events = [
            Begins(1, Write(7)),
            Drops(1),
            Begins(2, Read),
            Ends(2, first),
            Begins(2, Read),
            Ends(2, second),
        ];
        assert!(is_explained(&events), "{first} {second}");
    }
}

#[test]
fn a_write_without_an_answer_takes_effect_once_and_not_before_it_began() {
    let seen_twice = [
        Begins(1, Write(7)),
        Drops(1),
        Begins(2, Read),
        Ends(2, 7),
        Begins(2, Write(8)),
        Ends(2, 8),
        Begins(2, Read),
        Ends(2, 7),
    ];
    assert!(!is_explained(&seen_twice));
    assert!(!is_explained(&[Begins(2, Read), Ends(2, 7), Begins(1, Write(7)), Drops(1)]));
}

#[test]
fn a_budget_that_is_spent_decides_nothing() {
    let many: Vec<Event> = (0..20).map(|task| Begins(task, Write(task as u32))).collect();
    let ends = (0..20).map(|task| Ends(task, task as u32)).chain([Begins(20, Read), Ends(20, 99)]);
    let history = history(&many.into_iter().chain(ends).collect::<Vec<_>>());
    assert!(matches!(check(&Register, &history, 100), Verdict::Undecided));
}

#[test]
fn more_calls_than_a_word_has_bits_are_told_apart() {
    let mut events: Vec<Event> = (0..100).flat_map(|n| [Begins(1, Write(n)), Ends(1, n)]).collect();
    events.extend([Begins(2, Read), Ends(2, 99)]);
    assert!(is_explained(&events));
    events.extend([Begins(2, Read), Ends(2, 98)]);
    assert!(!is_explained(&events));
}

#[test]
fn a_violation_shows_the_shortest_beginning_and_what_might_have_been() {
    let history = history(&[
        Begins(1, Write(7)),
        Ends(1, 7),
        Begins(2, Read),
        Begins(1, Write(8)),
        Ends(2, 0),
        Ends(1, 8),
        Begins(1, Write(9)),
        Ends(1, 9),
    ]);
    let Verdict::Violated(violation) = check(&Register, &history, BUDGET) else {
        panic!("the read is stale");
    };
    assert_eq!(violation.history.calls().len(), 3);
    let text = violation.to_string();
    assert!(text.contains("the last answer, task 2: read -> 0\n"), "{text}");
    assert!(text.contains("it might have been: 7; or 8\n") || text.contains(": 8; or 7\n"), "{text}");
}
