//! The workspace's own commands: `cargo xtask test`, `cargo xtask ci` and the like.

#![allow(clippy::print_stdout, reason = "a command-line program speaks on standard output")]

mod browser;
mod ci;
mod endure;
mod failure;
mod flaws;
mod floors;
mod full_disk;
mod measure;
mod mutants;
mod newer_servers;
mod packaged_server;
mod packages;
mod programs;
mod prose;
mod rust;
mod servers;
mod stories;
mod test;
mod test_run;
mod workspace;

use std::env;
use std::process::ExitCode;

use failure::Failure;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  test [FILTER…] [-- ARGUMENT…]   run all tests, or those whose names contain a FILTER;
                                  each ARGUMENT goes to the test programs as it stands
  ci [--without-tests]            run every check that a change must pass, stop at the first failure
  floors                          prove that each file of session-core imports only from lower floors
  measure                         print how large the files and functions of each crate are, how many circles their imports
                                  form, and the public names of session-core; fail beyond the limits
  prose [PATH…]                   check names, comments, documents and pages against the rules of prose, or only those
                                  under a PATH
  flaws [NAME…]                   show for each broken store of session-testkit, or those whose names contain
                                  a NAME, whether the rule written for it catches it
  stories [NAME]                  tell the HTTP stories, or those whose names contain NAME, on each framework, and show
                                  what they came to as a table
  browser [FILTER…]               tell the demo's stories, or those whose names contain a FILTER, in Chromium, on each
                                  framework; with --pictures take pictures of its pages instead
  endure [ROUNDS]                 kill, pause and cut off database servers, take nodes out of clusters, promote standbys and
                                  fill disks under load, each ROUNDS times, 20 if none are named (some of those of a
                                  cluster less often), and show how many acknowledged writes were lost; then run the tests
                                  of PostgreSQL and Redis on newer releases, and on Valkey
  mutants [--shard K/N] [CRATE…]  put small faults into session-core and session-sql, or each CRATE of them, and count
                                  those that the tests notice; with --shard part K of N, from 0 on (all: hours)
  help, --help, -h                show this text";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            if let Failure::Usage(_) = failure {
                eprintln!("\n{USAGE}");
            }
            failure.exit_code()
        }
    }
}

/// Runs the command that `words` name.
fn run(words: &[&str]) -> Result<(), Failure> {
    if asks_for_help(words) {
        println!("{USAGE}");
        return Ok(());
    }
    match words {
        ["test", rest @ ..] => test::run(rest),
        ["ci"] => ci::run(ci::Tests::Run),
        ["ci", "--without-tests"] => ci::run(ci::Tests::Skip),
        ["floors"] => floors::run(),
        ["measure"] => measure::run(),
        ["prose", rest @ ..] => prose::run(rest),
        ["flaws", rest @ ..] => flaws::run(rest),
        ["stories", rest @ ..] => stories::run(rest),
        ["browser", rest @ ..] => browser::run(rest),
        ["endure", rest @ ..] => endure::run(rest),
        ["mutants", rest @ ..] => mutants::run(rest),
        [command @ "ci", "--without-tests", word, ..]
        | [command @ ("ci" | "floors" | "measure"), word, ..] => {
            Err(Failure::Usage(format!("`{command}` takes no `{word}`")))
        }
        [word, ..] => Err(Failure::Usage(format!("there is no command `{word}`"))),
        [] => Err(Failure::Usage("a command is missing".to_owned())),
    }
}

/// Checks whether help is asked for, before any `--`.
fn asks_for_help(words: &[&str]) -> bool {
    words.first() == Some(&"help")
        || words.iter().take_while(|word| **word != "--").any(|word| matches!(*word, "--help" | "-h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_for_the_test_programs_is_not_ours() {
        assert!(asks_for_help(&["test", "one", "--help"]));
        assert!(!asks_for_help(&["test", "one", "--", "--help"]));
        assert!(!asks_for_help(&["test", "help"]));
    }
}
