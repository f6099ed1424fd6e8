//! The error for an option that cannot be used.

use std::fmt;

/// The error for an option that cannot be used. It names the option, the problem and the remedy, and never
/// repeats the value.
///
/// `Debug` shows the same text, because that is what is printed when `main` returns the error.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("session option `{parameter}`: {problem}; {remedy}")]
pub struct OptionsError {
    parameter: &'static str,
    problem: &'static str,
    remedy: &'static str,
}

impl OptionsError {
    pub(crate) const fn new(parameter: &'static str, problem: &'static str, remedy: &'static str) -> Self {
        Self { parameter, problem, remedy }
    }

    /// Returns the name of the option.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        self.parameter
    }
}

impl fmt::Debug for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_prints_as_its_text_also_from_a_main_that_returns_it() {
        let error = OptionsError::new("lifetime", "it is zero", "use None");
        assert_eq!(error.to_string(), "session option `lifetime`: it is zero; use None");
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}
