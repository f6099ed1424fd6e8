//! An offence against the rules of prose.

use std::fmt;

/// The checks, in the order in which their offences are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Summaries,
    Words,
    Names,
    Width,
    Exceptions,
}

impl Check {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::Summaries, Self::Words, Self::Names, Self::Width, Self::Exceptions];

    /// Returns the heading of its offences.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Summaries => "summaries of doc comments",
            Self::Words => "banned words",
            Self::Names => "old names",
            Self::Width => "width",
            Self::Exceptions => "exceptions that nothing needs",
        }
    }
}

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offence {
    pub(super) check: Check,
    pub(super) file: String,
    pub(super) line: usize,
    /// The banned phrase or the old name, by which an exception names it; otherwise empty.
    pub(super) subject: &'static str,
    pub(super) rule: String,
    pub(super) remedy: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.rule, self.remedy)
    }
}
