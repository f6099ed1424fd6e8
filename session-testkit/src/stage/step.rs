//! One call of a store as a rule looks at it.

use std::error::Error as StdError;
use std::time::Duration;

use session_core::store::{StoreError, StoreErrorKind};

use crate::stage::describe::{Describe, span};
use crate::stage::log::Log;
use crate::violation::Violation;

/// What a rule ends with: nothing, or what was wrong.
pub(crate) type Played = Result<(), Violation>;

/// Why a call was not answered.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// With an error.
    Error(StoreError),
    /// Not within this time.
    Late(Duration),
}

impl Failure {
    /// The error with its causes.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Late(deadline) => format!("no answer within {}", span(*deadline)),
            Self::Error(error) => {
                let causes = std::iter::successors(error.source(), |cause| (*cause).source());
                causes.fold(format!("error: {error}"), |text, cause| format!("{text}: {cause}"))
            }
        }
    }
}

/// A call that has ended, and its answer.
#[must_use = "a rule says what it expects of each call"]
#[derive(Debug)]
pub(crate) struct Step<T> {
    answer: Result<T, Failure>,
    log: Log,
}

impl<T: Describe> Step<T> {
    /// Notes how the call of this number ended.
    pub(crate) fn new((number, call): (usize, &str), answer: Result<T, Failure>, log: Log) -> Self {
        let text = match &answer {
            Ok(answer) => log.name(|names| answer.describe(names)),
            Err(failure) => failure.text(),
        };
        log.end(number, format!("{call} -> {text}"));
        Self { answer, log }
    }

    /// Whether the store could not do it, or not in time.
    pub(crate) fn is_unavailable(&self) -> bool {
        matches!(&self.answer, Err(Failure::Error(error)) if error.kind == StoreErrorKind::Unavailable)
    }

    /// The answer, or why there is none: whatever it is.
    pub(crate) fn outcome(self) -> Result<T, Failure> {
        self.answer
    }

    /// The answer, whatever it is. An error is not expected.
    pub(crate) fn value(self) -> Result<T, Violation> {
        self.answer.map_err(|failure| self.log.violation("an answer", failure.text()))
    }

    /// Why the call failed. An answer is not expected.
    pub(crate) fn failure(self, expected: &str) -> Result<Failure, Violation> {
        match self.answer {
            Err(failure) => Ok(failure),
            Ok(answer) => {
                let got = self.log.name(|names| answer.describe(names));
                Err(self.log.violation(expected, got))
            }
        }
    }
}

impl<T: Describe + PartialEq> Step<T> {
    /// Expects this answer.
    pub(crate) fn is(self, expected: T) -> Played {
        let got = match self.answer {
            Ok(answer) if answer == expected => return Ok(()),
            Ok(answer) => {
                let text = self.log.name(|names| answer.describe(names));
                expected
                    .difference(&answer)
                    .map_or(text.clone(), |difference| format!("{text}; {difference}"))
            }
            Err(failure) => failure.text(),
        };
        let expected = self.log.name(|names| expected.describe(names));
        Err(self.log.violation(expected, got))
    }
}
