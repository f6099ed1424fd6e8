//! How a store kept the rules: for a reader, and for machines.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::capability::Capability;
use crate::play::Outcome;
use crate::rule::Rule;
use crate::seed::SEED;

/// What a run of the rules found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The store's name.
    pub store: String,
    /// What the lots were drawn by: the same seed draws the same.
    pub seed: u64,
    /// The rules in their order.
    pub rows: Vec<Row>,
}

/// One rule of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Row {
    /// The rule.
    pub rule: &'static Rule,
    /// How it went.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether rules were played, and none was broken.
    #[must_use]
    pub fn is_conformant(&self) -> bool {
        self.kept().count() > 0 && self.broken().count() == 0 && self.without_store().count() == 0
    }

    /// The rules that were broken.
    pub fn broken(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Broken(_)))
    }

    /// The rules that were kept.
    pub fn kept(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.outcome == Outcome::Kept)
    }

    /// The rules that were not played, since they need what the harness does not declare.
    pub fn not_declared(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::NotDeclared(_)))
    }

    /// The rules that were not played, since the harness had no store for them.
    pub fn without_store(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::NoStore(_)))
    }

    /// For a process to end with: 0 if the store is conformant, 1 if not.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.is_conformant())
    }

    /// The report as JSON: store, seed, counts, and each rule with its outcome.
    #[must_use]
    pub fn to_json(&self) -> String {
        let rows: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        let report = json!({
            "store": self.store,
            // Text, since many readers of JSON round numbers of 64 bits.
            "seed": self.seed.to_string(),
            "kept": self.kept().count(),
            "broken": self.broken().count(),
            "not_declared": self.not_declared().count(),
            "without_store": self.without_store().count(),
            "rules": rows,
        });
        format!("{report:#}")
    }

    /// The report as JUnit's XML, as continuous integration reads it.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let cases: String = self.rows.iter().map(|row| row.to_junit(&self.store, self.seed)).collect();
        let seconds: f64 = self.rows.iter().map(|row| row.took.as_secs_f64()).sum();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"session store {}\" tests=\"{}\" failures=\"{}\" \
             errors=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\">\n{cases}</testsuite>\n",
            escaped(&self.store),
            self.rows.len(),
            self.broken().count(),
            self.without_store().count(),
            self.not_declared().count(),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "session store {}: {} rules kept, {} broken, {} not declared (seed {})",
            self.store,
            self.kept().count(),
            self.broken().count(),
            self.not_declared().count(),
            self.seed
        )?;
        if self.rows.is_empty() {
            writeln!(f, "\nno rule has that in its id, its name or the name of its level")?;
        }
        for row in self.broken() {
            writeln!(f, "\n{row}\n{}", row.again(self.seed))?;
        }
        if let Some(Row { outcome: Outcome::NoStore(error), .. }) = self.without_store().next() {
            let count = self.without_store().count();
            writeln!(f, "\n{count} rules were not played: the harness has no store to offer: {error}")?;
        }
        for capability in Capability::ALL {
            let needing = self.not_declared().filter(|row| row.outcome == Outcome::NotDeclared(capability));
            let ids: Vec<&str> = needing.map(|row| row.rule.id).collect();
            if !ids.is_empty() {
                writeln!(f, "\nnot declared: {capability}, so these were not played: {}", ids.join(", "))?;
            }
        }
        Ok(())
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let mut row = json!({
            "id": self.rule.id,
            "name": self.rule.name,
            "level": self.rule.level.to_string(),
            "sentence": self.rule.sentence,
            "milliseconds": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        });
        match &self.outcome {
            Outcome::Kept => row["outcome"] = "kept".into(),
            Outcome::Broken(violation) => {
                row["outcome"] = "broken".into();
                row["reason"] = self.rule.reason.into();
                row["expected"] = violation.expected.clone().into();
                row["got"] = violation.got.clone().into();
                row["steps"] = violation.steps.clone().into();
            }
            Outcome::NoStore(error) => {
                row["outcome"] = "no store".into();
                row["error"] = error.clone().into();
            }
            Outcome::NotDeclared(capability) => {
                row["outcome"] = "not declared".into();
                row["needs"] = capability.name().into();
            }
        }
        row
    }

    /// How to play the rule again as it was.
    pub(crate) fn again(&self, seed: u64) -> String {
        format!("  again:    {SEED}={seed} cargo test {}", self.rule.name)
    }

    fn to_junit(&self, store: &str, seed: u64) -> String {
        let body = match &self.outcome {
            Outcome::Kept => String::new(),
            Outcome::Broken(violation) => format!(
                "<failure message=\"{}\">{}</failure>",
                escaped(&self.rule.to_string()),
                escaped(&format!("  reason:   {}\n{violation}\n{}", self.rule.reason, self.again(seed)))
            ),
            Outcome::NoStore(error) => format!("<error message=\"{}\"/>", escaped(error)),
            Outcome::NotDeclared(capability) => {
                format!("<skipped message=\"not declared: {capability}\"/>")
            }
        };
        format!(
            "  <testcase classname=\"{}.{}\" name=\"{} {}\" time=\"{:.3}\">{body}</testcase>\n",
            escaped(store),
            self.rule.level,
            self.rule.id,
            self.rule.name,
            self.took.as_secs_f64()
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Kept => write!(f, "{}: kept", self.rule),
            Outcome::Broken(violation) => {
                write!(f, "{}\n  reason:   {}\n{violation}", self.rule, self.rule.reason)
            }
            Outcome::NotDeclared(capability) => write!(f, "{}\n  not declared: {capability}", self.rule),
            Outcome::NoStore(error) => {
                write!(f, "{}\n  the harness has no store to offer: {error}", self.rule)
            }
        }
    }
}

/// Text that may stand in XML. What XML cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' | '\t' => escaped.push(letter),
            control if control.is_control() => escaped.push('?'),
            other => escaped.push(other),
        }
    }
    escaped
}
