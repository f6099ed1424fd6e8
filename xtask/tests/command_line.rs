//! The command line of `cargo xtask`, with right words, then with wrong ones.

use std::process::{Command, Output};

fn xtask(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(words).output().expect("cargo has built the program")
}

#[test]
fn help_is_given_on_standard_output() {
    for words in [&["--help"][..], &["-h"], &["help"], &["test", "--help"], &["ci", "-h"]] {
        let output = xtask(words);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(text.starts_with("usage: cargo xtask <command>"), "{words:?}: {text}");
        assert!(
            ["test", "ci", "floors", "flaws", "stories", "browser", "mutants"]
                .iter()
                .all(|command| text.contains(&format!("\n  {command}"))),
            "{text}"
        );
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_shows_the_usage() {
    let wrong: &[(&[&str], &str)] = &[
        (&[], "a command is missing"),
        (&["tests"], "there is no command `tests`"),
        (&["floors", "two"], "`floors` takes no `two`"),
        (&["ci", "--fast"], "`ci` takes no `--fast`"),
        (&["ci", "--without-tests", "more"], "`ci` takes no `more`"),
        (&["test", "--release"], "`test` takes no `--release`"),
        (&["flaws", "--release"], "`flaws` takes no `--release`"),
        (&["stories", "--release"], "`stories` takes no `--release`"),
        (&["browser", "--release"], "`browser` takes no `--release`"),
        (&["mutants", "xtask"], "`mutants` takes no `xtask`"),
        (&["mutants", "--shard", "8/8"], "`--shard` takes no `8/8`"),
    ];
    for (words, why) in wrong {
        let output = xtask(words);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(text.starts_with(&format!("error: {why}")) && text.contains("usage: cargo xtask"), "{text}");
    }
}
