//! `cargo xtask ci`: every check that a change must pass, in order, up to the first that fails.

use std::process::Command;

use crate::failure::Failure;
use crate::workspace::cargo;
use crate::{browser, floors, measure, packages, programs, prose, test};

/// The part of the tests in the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tests {
    /// They are.
    Run,
    /// They have run already.
    Skip,
}

/// A check: its heading, and what it does.
type Step = (&'static str, fn() -> Result<(), Failure>);

const TESTS: Step = ("tests", || test::run(&[]));

const STEPS: &[Step] = &[
    ("format", || programs::run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("lints, all features", || clippy(&["--all-features"])),
    ("lints, default features", || clippy(&[])),
    TESTS,
    ("documentation", || programs::run(&mut documentation())),
    ("prose", || prose::run(&[])),
    ("floors", floors::run),
    ("measure", measure::run),
    ("packages", packages::run),
    ("browser", || browser::run(&[])),
];

/// Runs the checks, each under its heading.
pub(crate) fn run(tests: Tests) -> Result<(), Failure> {
    let steps = steps(tests);
    for (index, (heading, check)) in steps.iter().enumerate() {
        println!("\n=== {}/{} {heading} ===", index + 1, steps.len());
        check()?;
    }
    println!("\nall {} checks passed", steps.len());
    Ok(())
}

fn steps(tests: Tests) -> Vec<Step> {
    STEPS.iter().filter(|step| tests == Tests::Run || step.0 != TESTS.0).copied().collect()
}

fn clippy(features: &[&str]) -> Result<(), Failure> {
    let mut command = cargo(&["clippy", "--workspace", "--all-targets"]);
    programs::run(command.args(features).args(["--", "-D", "warnings"]))
}

fn documentation() -> Command {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tests_every_other_check_is_left_in_its_order() {
        let headings = |tests| steps(tests).iter().map(|step| step.0).collect::<Vec<_>>();
        let mut all = headings(Tests::Run);
        all.retain(|heading| *heading != "tests");
        assert_eq!(headings(Tests::Skip), all);
        assert_eq!(all.len(), STEPS.len() - 1);
    }
}
