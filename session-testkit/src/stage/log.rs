//! What a rule has done so far, for its failure to tell.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use session_core::UnixTime;

use crate::stage::names::Names;
use crate::violation::Violation;

/// At most this many steps are kept, the last ones: a rule with many tasks has hundreds of thousands.
const KEPT: usize = 40;

/// What stands behind a call until it is answered.
const NO_ANSWER: &str = " -> no answer yet";

/// The steps of one rule. Clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Mutex<Written>>);

#[derive(Debug)]
struct Written {
    names: Names,
    steps: VecDeque<String>,
    /// How many steps there were before those.
    earlier: usize,
    /// Whether a step came too late to tell anything.
    void: bool,
}

impl Log {
    pub(crate) fn new(start: UnixTime) -> Self {
        Self(Arc::new(Mutex::new(Written {
            names: Names::new(start),
            steps: VecDeque::new(),
            earlier: 0,
            void: false,
        })))
    }

    /// Names something.
    pub(crate) fn name<R>(&self, name: impl FnOnce(&mut Names) -> R) -> R {
        name(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).names)
    }

    /// Adds a step; its number.
    pub(crate) fn note(&self, step: String) -> usize {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.steps.push_back(step);
        if written.steps.len() > KEPT {
            written.steps.pop_front();
            written.earlier += 1;
        }
        written.earlier + written.steps.len()
    }

    /// Adds a step that has only begun; its number. If it never ends, that is what a failure shows.
    pub(crate) fn begin(&self, call: &str) -> usize {
        self.note(format!("{call}{NO_ANSWER}"))
    }

    /// Says how the step of this number ended.
    pub(crate) fn end(&self, number: usize, step: String) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = number.checked_sub(written.earlier + 1);
        if let Some(begun) = place.and_then(|place| written.steps.get_mut(place)) {
            *begun = step;
        }
    }

    /// Notes that a step came too late: what it was answered tells nothing.
    pub(crate) fn void(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).void = true;
    }

    pub(crate) fn is_void(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).void
    }

    /// Whether the last step has not ended.
    pub(crate) fn waits_for_an_answer(&self) -> bool {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.steps.back().is_some_and(|step| step.ends_with(NO_ANSWER))
    }

    /// How many steps have been noted so far.
    pub(crate) fn len(&self) -> usize {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.earlier + written.steps.len()
    }

    /// The violation that these steps led to.
    pub(crate) fn violation(&self, expected: impl Into<String>, got: impl Into<String>) -> Violation {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = written.steps.iter().zip(written.earlier + 1..);
        let mut steps: Vec<String> = numbered.map(|(step, number)| format!("{number}. {step}")).collect();
        if written.earlier > 0 {
            steps.insert(0, format!("({} steps before these)", written.earlier));
        }
        Violation { expected: expected.into(), got: got.into(), steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_shows_the_last_steps_with_their_numbers() {
        let log = Log::new(UnixTime::from_secs(0));
        for n in 1..=50 {
            log.note(format!("step {n}"));
        }
        let violation = log.violation("a", "b");
        assert_eq!(violation.steps.len(), 41);
        assert_eq!(violation.steps[0], "(10 steps before these)");
        assert_eq!(violation.steps[1], "11. step 11");
        assert_eq!(violation.to_string().lines().last(), Some("  got:      b"));
    }

    #[test]
    fn a_call_that_never_ends_stays_what_it_was_when_it_began() {
        let log = Log::new(UnixTime::from_secs(0));
        let first = log.begin("load(a)");
        assert!(log.waits_for_an_answer());
        log.end(first, "load(a) -> Absent".to_owned());
        assert!(!log.waits_for_an_answer());
        log.begin("load(b)");
        assert_eq!(log.violation("", "").steps, ["1. load(a) -> Absent", "2. load(b) -> no answer yet"]);
    }
}
