//! `cargo xtask browser`: the demo's stories in a real browser, or pictures of its pages.

use std::process::{Command, Stdio};

use test_servers::programs::{Need, Place, ensure};

use crate::failure::Failure;
use crate::programs;
use crate::workspace::cargo;

const CHROMIUM: Need = Need {
    user: "the demo in a browser",
    programs: &["chromium", "chromedriver"],
    packages: &["chromium", "chromium-driver", "fonts-dejavu-core"],
    place: Place::Path,
};
/// Other clients, which the tests look for on the `PATH`.
const CLIENTS: Need = Need {
    user: "the test of the cookies that clients keep",
    programs: &["curl", "python3"],
    packages: &["curl", "python3"],
    place: Place::Path,
};
/// Where the tests look for the programs of Chromium, in the same order.
const VARIABLES: [&str; 2] = ["SESSION_DEMO_CHROMIUM", "SESSION_DEMO_CHROMEDRIVER"];
/// The test that takes pictures and shows nothing by itself.
const PICTURES: &str = "pictures_of_every_page";

/// Runs the stories, or those whose names contain one of the words; with `--pictures` takes pictures instead.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let words = for_test_program(words)?;
    let programs = ensure(&CHROMIUM)?;
    ensure(&CLIENTS)?;
    if told(&words)? == 0 {
        return Err(Failure::Finding("no story has such a name".to_owned()));
    }
    programs::run(tests().args(words).envs(VARIABLES.into_iter().zip(programs)))
}

/// Returns the command that runs the test program, built as all tests are, so that nothing is built twice.
fn tests() -> Command {
    cargo(&["test", "--workspace", "--all-features", "--test", "browser", "--", "--ignored"])
}

/// Counts the stories with such names.
fn told(words: &[&str]) -> Result<usize, Failure> {
    let mut listing = tests();
    listing.args(words).arg("--list").stderr(Stdio::inherit());
    let listed = listing.output().map_err(Failure::machine("cannot run `cargo test`"))?;
    Ok(String::from_utf8_lossy(&listed.stdout).lines().filter(|line| line.ends_with(": test")).count())
}

/// Returns the arguments of the test program.
fn for_test_program<'a>(words: &[&'a str]) -> Result<Vec<&'a str>, Failure> {
    if words == ["--pictures"] {
        return Ok(vec![PICTURES]);
    }
    if let Some(option) = words.iter().find(|word| word.starts_with('-')) {
        let text = format!("`browser` takes no `{option}`, only parts of names of stories, or `--pictures`");
        return Err(Failure::Usage(text));
    }
    Ok(words.iter().copied().chain(["--skip", PICTURES]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_taken_only_where_they_are_asked_for() {
        assert_eq!(for_test_program(&["--pictures"]).unwrap(), [PICTURES]);
        assert_eq!(for_test_program(&[]).unwrap(), ["--skip", PICTURES]);
        assert_eq!(for_test_program(&["warp", "back"]).unwrap(), ["warp", "back", "--skip", PICTURES]);
        let failure = for_test_program(&["back", "--pictures"]).unwrap_err();
        assert!(matches!(failure, Failure::Usage(text) if text.contains("`--pictures`")));
    }
}
