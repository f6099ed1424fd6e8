//! `cargo xtask endure`: the faults of a server, many times over.

use std::process::Command;

use test_servers::{POSTGRES_PROGRAMS, POSTGRES_URL};

use crate::failure::Failure;
use crate::newest_postgres::NewestPostgres;
use crate::programs;
use crate::workspace::cargo;

/// The number of rounds of each fault, unless another one is named.
const ROUNDS: &str = "20";

/// Further tests that start a cluster: the package, and a part of their names.
const CLUSTERS: [(&str, &str); 2] = [("test-servers", "galera::"), ("session-demo", "two_nodes::")];

/// Runs the tests of faults for as many rounds as `words` say, and shows what each round came to. Then runs
/// the further tests that start a cluster, and all tests of PostgreSQL once on its newest release.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let rounds = rounds(words)?;
    programs::ensure_c_compiler()?;
    let mut command = tests(&["postgres", "mysql"]);
    command.args(["--", "endure::", "--include-ignored", "--nocapture", "--test-threads", "1"]);
    programs::run(command.env("SESSION_ENDURE_ROUNDS", rounds))?;
    for (package, test) in CLUSTERS {
        let mut command = cargo(&["test", "--package", package, "--all-features"]);
        command.args(["--", test, "--ignored", "--nocapture", "--test-threads", "1"]);
        programs::run(&mut command)?;
    }
    run_on_newest_postgres()
}

/// Returns the command that runs the tests of these databases.
fn tests(databases: &[&str]) -> Command {
    let mut command = cargo(&["test", "--package", "session-sql", "--all-features"]);
    for database in databases {
        command.args(["--test", database]);
    }
    command
}

/// Runs the tests on the newest release, or shows why that cannot be installed.
fn run_on_newest_postgres() -> Result<(), Failure> {
    match NewestPostgres::install() {
        Ok(postgres) => {
            println!("the tests on {}", postgres.version()?);
            let mut command = tests(&["postgres"]);
            // This build of PostgreSQL has no TLS.
            command.args(["--", "--skip", "tls::"]).env_remove(POSTGRES_URL);
            programs::run(command.env(POSTGRES_PROGRAMS, postgres.programs()))
        }
        Err(failure) => {
            println!("the tests were not run on the newest PostgreSQL: {failure}");
            Ok(())
        }
    }
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
}
