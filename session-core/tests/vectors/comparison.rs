//! The results of the cases, one by one and in sum.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::io::Write as _;

use serde_json::Value;

use crate::{EXCEPTIONS, Exception, Row};

/// The outcome of one case: the differences, and the exception that it shows.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    differences: Vec<String>,
    exception: Option<Exception>,
}

impl Comparison {
    /// Notes that the case shows an exception. Only the first one counts.
    pub(crate) fn by(&mut self, exception: Exception) {
        self.exception.get_or_insert(exception);
    }

    /// Tells whether the case has shown an exception so far.
    pub(crate) fn is_excepted(&self) -> bool {
        self.exception.is_some()
    }

    /// Notes a difference.
    pub(crate) fn differs(&mut self, what: impl Into<String>) {
        self.differences.push(what.into());
    }

    /// Notes a difference unless both values are the same.
    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, what: &str, expected: T, ours: T) {
        if expected != ours {
            self.differs(format!("{what}: expected {expected:?}, found {ours:?}"));
        }
    }

    /// Notes a difference unless the statement `what` is true.
    pub(crate) fn holds(&mut self, what: &str, is_so: bool) {
        if !is_so {
            self.differs(format!("it is not true that {what}"));
        }
    }
}

/// The outcomes of a family's cases.
#[derive(Debug)]
pub(crate) struct Tally {
    family: &'static str,
    compared: usize,
    excepted: BTreeMap<Exception, usize>,
    failed: Vec<String>,
}

impl Tally {
    /// Creates an empty tally.
    pub(crate) fn new(family: &'static str) -> Self {
        Self { family, compared: 0, excepted: BTreeMap::new(), failed: Vec::new() }
    }

    /// Counts one case.
    pub(crate) fn add(&mut self, case: &Value, comparison: Comparison) {
        if !comparison.differences.is_empty() {
            let name = format!("{}, {}", case["id"], case["description"]);
            self.failed.push(format!("{name}\n    {}", comparison.differences.join("\n    ")));
        } else if let Some(exception) = comparison.exception {
            *self.excepted.entry(exception).or_default() += 1;
        } else {
            self.compared += 1;
        }
    }

    /// Prints the sum. Fails if a case differs or was not counted.
    pub(crate) fn close(self, cases: usize) {
        // This writes past the test harness, which hides the output of a test that passes.
        let summary = self.summary(cases).expect("writing to a String does not fail");
        std::io::stdout().write_all(summary.as_bytes()).expect("the standard output can be written to");
        let counted = self.compared + self.excepted.values().sum::<usize>() + self.failed.len();
        assert_eq!(counted, cases, "each case counts once");
        assert!(
            self.failed.is_empty(),
            "{} of {cases} cases differ:\n{}",
            self.failed.len(),
            self.failed.join("\n")
        );
    }

    fn summary(&self, cases: usize) -> Result<String, std::fmt::Error> {
        let (mut sum, mut reasons) =
            (format!("{}: {cases} cases, {} compared", self.family, self.compared), String::new());
        for (exception, count) in &self.excepted {
            let row = EXCEPTIONS.iter().find(|row| row.exception == *exception);
            let Row { name, why, defect, .. } = row.expect("each exception has a row");
            write!(sum, ", {count} by {name:?}")?;
            write!(reasons, "    {name}: {why}")?;
            match defect {
                Some(defect) => writeln!(reasons, " (Python's defect {defect})")?,
                None => writeln!(reasons)?,
            }
        }
        if !self.failed.is_empty() {
            write!(sum, ", {} DIFFERENT", self.failed.len())?;
        }
        Ok(format!("{sum}\n{reasons}"))
    }
}
