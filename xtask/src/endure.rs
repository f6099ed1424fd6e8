//! `cargo xtask endure`: the faults of a server, many times over.

use std::process::Command;

use crate::failure::Failure;
use crate::newer_servers;
use crate::programs;
use crate::workspace::cargo;

/// The number of rounds of each fault, unless another one is named.
const ROUNDS: &str = "20";

/// The tests of faults: the package, and its test programs.
const FAULTS: [(&str, &[&str]); 2] = [("session-sql", &["postgres", "mysql"]), ("session-redis", &["redis"])];

/// Further tests that start a cluster: the package, and a part of their names.
const CLUSTERS: [(&str, &str); 2] = [("test-servers", "galera::"), ("session-demo", "two_nodes::")];

/// Runs the tests of faults for as many rounds as `words` say, and shows what each round came to. Then runs
/// the further tests that start a cluster, and all tests of PostgreSQL and of Redis once on newer releases.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let rounds = rounds(words)?;
    programs::ensure_c_compiler()?;
    for (package, tests) in FAULTS {
        programs::run(faults(package, tests).env("SESSION_ENDURE_ROUNDS", rounds))?;
    }
    for (package, test) in CLUSTERS {
        let mut command = cargo(&["test", "--package", package, "--all-features"]);
        command.args(["--", test, "--ignored", "--nocapture", "--test-threads", "1"]);
        programs::run(&mut command)?;
    }
    newer_servers::run()
}

/// Returns the command that runs the tests of faults in these test programs.
fn faults(package: &str, tests: &[&str]) -> Command {
    let mut command = cargo(&["test", "--package", package, "--all-features"]);
    for test in tests {
        command.args(["--test", test]);
    }
    command.args(["--", "endure::", "--include-ignored", "--nocapture", "--test-threads", "1"]);
    command
}

fn rounds<'a>(words: &[&'a str]) -> Result<&'a str, Failure> {
    match words {
        [] => Ok(ROUNDS),
        [rounds] if rounds.parse::<u32>().is_ok_and(|rounds| rounds > 0) => Ok(rounds),
        _ => Err(Failure::Usage(format!("`endure` takes a number of rounds, and no `{}`", words.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_rounds_may_be_named() {
        assert_eq!(rounds(&[]).unwrap(), "20");
        assert_eq!(rounds(&["3"]).unwrap(), "3");
        for words in [&["0"][..], &["many"], &["3", "4"]] {
            assert!(matches!(rounds(words), Err(Failure::Usage(_))), "{words:?}");
        }
    }

    #[test]
    fn the_faults_of_a_store_run_one_after_the_other() {
        let command = faults("session-redis", &["redis"]);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "test --package session-redis --all-features --test redis \
             -- endure:: --include-ignored --nocapture --test-threads 1"
        );
    }
}
