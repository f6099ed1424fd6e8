//! The state of a circuit: whether a store is called, or left alone for a moment.
//!
//! ```text
//!            calls in a row are unavailable             the pause is over
//! closed ──────────────────────────────────▶ open ──────────────────────────▶ trial
//!    ▲                                         ▲                               │ │
//!    │                                         └──── the trial is unavailable ─┘ │
//!    └────────────────────── the trial has a reply ──────────────────────────────┘
//! ```
//!
//! Everything here is pure. Times are durations since a fixed moment.

use std::time::Duration;

/// The limits of a circuit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CircuitLimits {
    /// The number of calls in a row whose failure opens the circuit. With 0 it is 1.
    pub(crate) failure_threshold: u32,
    /// The time for which it is open.
    pub(crate) pause: Duration,
}

/// A circuit.
#[derive(Debug)]
pub(crate) struct Circuit {
    limits: CircuitLimits,
    state: CircuitState,
    /// The number of the present period, each of which begins when the circuit is closed. Calls of an earlier
    /// one may still be under way, and say nothing about the store as it is now.
    period: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CircuitState {
    /// Calls are made. The last ones have failed, this number of them.
    Closed { failures: u32 },
    /// Calls are refused.
    Open { until: Duration },
    /// Calls are refused, except the one that is under way.
    Trial,
}

/// The permission to make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// In this period.
    Call { period: u64 },
    /// Its outcome decides whether further calls are made.
    Trial,
}

/// The outcome of a call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// The store has done the call, or has failed with another error than `Unavailable`.
    Replied,
    Unavailable,
    /// The caller has gone before.
    Dropped,
}

/// A transition of the circuit, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    Opened,
    Closed,
}

impl Circuit {
    pub(crate) const fn new(limits: CircuitLimits) -> Self {
        Self { limits, state: CircuitState::Closed { failures: 0 }, period: 1 }
    }

    /// Returns the period if the circuit is closed and no call has failed of late. It is never 0.
    pub(crate) fn calm_period(&self) -> Option<u64> {
        (self.state == CircuitState::Closed { failures: 0 }).then_some(self.period)
    }

    /// Decides whether a call is made. `None` means that it is refused.
    ///
    /// | state | call |
    /// |---|---|
    /// | closed | made |
    /// | open | refused |
    /// | open, and the pause is over | made as the trial |
    /// | trial | refused |
    pub(crate) fn admit(&mut self, now: Duration) -> Option<Admission> {
        match self.state {
            CircuitState::Closed { .. } => Some(Admission::Call { period: self.period }),
            CircuitState::Open { until } if until <= now => {
                self.state = CircuitState::Trial;
                Some(Admission::Trial)
            }
            CircuitState::Open { .. } | CircuitState::Trial => None,
        }
    }

    /// Notes the outcome of a call.
    ///
    /// | state | call | outcome | next state |
    /// |---|---|---|---|
    /// | closed | of this period | replied | closed, no failures |
    /// | closed | of this period | unavailable | closed, one failure more; open, if that are too many |
    /// | trial | the trial | replied | closed, in a new period |
    /// | trial | the trial | unavailable | open |
    /// | trial | the trial | dropped | open, and the next call is the trial |
    /// | any other | | | the same |
    pub(crate) fn note(
        &mut self,
        call: Admission,
        outcome: CallOutcome,
        now: Duration,
    ) -> Option<Transition> {
        use CallOutcome::{Dropped, Replied, Unavailable};
        use CircuitState::{Closed, Open, Trial};
        let open = Open { until: now.saturating_add(self.limits.pause) };
        let is_current = call == Admission::Call { period: self.period };
        let (state, transition) = match (self.state, call, outcome) {
            (Closed { .. }, Admission::Call { .. }, Replied) if is_current => (Closed { failures: 0 }, None),
            (Closed { failures }, Admission::Call { .. }, Unavailable) if is_current => {
                let failures = failures + 1;
                let is_open = failures >= self.limits.failure_threshold;
                if is_open { (open, Some(Transition::Opened)) } else { (Closed { failures }, None) }
            }
            (Trial, Admission::Trial, Replied) => {
                self.period += 1;
                (Closed { failures: 0 }, Some(Transition::Closed))
            }
            (Trial, Admission::Trial, Unavailable) => (open, None),
            (Trial, Admission::Trial, Dropped) => (Open { until: now }, None),
            (state, _, _) => (state, None),
        };
        self.state = state;
        transition
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: CircuitLimits = CircuitLimits { failure_threshold: 3, pause: Duration::from_secs(2) };

    fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Makes a call with this outcome.
    fn call(circuit: &mut Circuit, outcome: CallOutcome, now: Duration) -> (Admission, Option<Transition>) {
        let admission = circuit.admit(now).expect("the call is not refused");
        (admission, circuit.note(admission, outcome, now))
    }

    /// Returns a circuit that was opened at `at(0)`.
    fn opened() -> Circuit {
        let mut circuit = Circuit::new(LIMITS);
        for transition in [None, None, Some(Transition::Opened)] {
            assert_eq!(call(&mut circuit, CallOutcome::Unavailable, at(0)).1, transition);
        }
        circuit
    }

    #[test]
    fn failures_in_a_row_open_the_circuit_and_a_reply_between_them_does_not() {
        let mut circuit = Circuit::new(LIMITS);
        for outcome in [CallOutcome::Unavailable, CallOutcome::Unavailable, CallOutcome::Replied].repeat(5) {
            assert_eq!(call(&mut circuit, outcome, at(0)), (Admission::Call { period: 1 }, None));
        }
        assert_eq!(circuit.calm_period(), Some(1));
        assert_eq!(opened().admit(at(1)), None);
    }

    #[test]
    fn a_threshold_of_zero_is_one() {
        let mut circuit = Circuit::new(CircuitLimits { failure_threshold: 0, ..LIMITS });
        assert_eq!(call(&mut circuit, CallOutcome::Unavailable, at(0)).1, Some(Transition::Opened));
    }

    #[test]
    fn after_the_pause_one_call_is_made_and_its_reply_closes_the_circuit() {
        let mut circuit = opened();
        assert_eq!(circuit.admit(at(2)), Some(Admission::Trial));
        assert_eq!(circuit.admit(at(100)), None, "one at a time");
        assert_eq!(circuit.note(Admission::Trial, CallOutcome::Replied, at(100)), Some(Transition::Closed));
        assert_eq!(circuit.admit(at(100)), Some(Admission::Call { period: 2 }));
    }

    #[test]
    fn a_trial_that_fails_opens_the_circuit_for_another_pause() {
        let mut circuit = opened();
        assert_eq!(call(&mut circuit, CallOutcome::Unavailable, at(7)), (Admission::Trial, None));
        assert_eq!(circuit.admit(at(8)), None);
        assert_eq!(circuit.admit(at(9)), Some(Admission::Trial));
    }

    #[test]
    fn after_a_trial_that_was_dropped_the_next_call_is_the_trial() {
        let mut circuit = opened();
        assert_eq!(call(&mut circuit, CallOutcome::Dropped, at(2)), (Admission::Trial, None));
        assert_eq!(circuit.admit(at(2)), Some(Admission::Trial));
    }

    #[test]
    fn calls_of_an_earlier_period_count_no_more() {
        let mut circuit = opened();
        let old = Admission::Call { period: 1 };
        assert_eq!(circuit.note(old, CallOutcome::Replied, at(1)), None);
        assert_eq!(circuit.admit(at(1)), None);
        let _ = call(&mut circuit, CallOutcome::Replied, at(2));
        for _ in 0..9 {
            assert_eq!(circuit.note(old, CallOutcome::Unavailable, at(3)), None);
        }
        assert_eq!(circuit.calm_period(), Some(2));
    }

    #[test]
    fn a_pause_without_end_does_not_overflow() {
        let mut circuit = Circuit::new(CircuitLimits { failure_threshold: 1, pause: Duration::MAX });
        assert_eq!(call(&mut circuit, CallOutcome::Unavailable, at(9)).1, Some(Transition::Opened));
        assert_eq!(circuit.admit(at(u64::MAX / 2)), None);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Begin,
        End(usize, CallOutcome),
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        use CallOutcome::{Dropped, Replied, Unavailable};
        let outcome = prop::sample::select(vec![Replied, Unavailable, Unavailable, Dropped]);
        prop_oneof![
            3 => Just(Step::Begin),
            3 => (any::<usize>(), outcome).prop_map(|(call, outcome)| Step::End(call, outcome)),
            1 => (0..4_u64).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #[test]
        fn there_is_one_trial_at_a_time_and_the_circuit_never_stays_open(steps in prop::collection::vec(step(), 0..200)) {
            let (mut circuit, mut now, mut under_way) = (Circuit::new(LIMITS), at(0), Vec::new());
            for step in steps {
                match step {
                    Step::Begin => under_way.extend(circuit.admit(now)),
                    Step::End(call, outcome) if !under_way.is_empty() => {
                        let call = under_way.swap_remove(call % under_way.len());
                        let _ = circuit.note(call, outcome, now);
                    }
                    Step::End(..) => {}
                    Step::Wait(secs) => now += at(secs),
                }
                prop_assert!(under_way.iter().filter(|call| **call == Admission::Trial).count() <= 1);
            }
            for call in under_way {
                let _ = circuit.note(call, CallOutcome::Dropped, now);
            }
            prop_assert!(circuit.admit(now + LIMITS.pause).is_some());
        }
    }
}
