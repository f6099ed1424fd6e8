//! How a store broke a rule.

use std::fmt;

/// What was expected of a store, what came, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// What a store of the contract would have done.
    pub expected: String,
    /// What this one did.
    pub got: String,
    /// The calls up to there, in order; keys are letters, times count from the start.
    pub steps: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.steps.is_empty() {
            writeln!(f, "  steps:")?;
        }
        for step in &self.steps {
            writeln!(f, "    {step}")?;
        }
        writeln!(f, "  expected: {}", self.expected)?;
        write!(f, "  got:      {}", self.got)
    }
}
