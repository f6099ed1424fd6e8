//! `cargo xtask test`: every test of the workspace, with all that it needs.

use crate::failure::Failure;
use crate::full_disk;
use crate::programs;
use crate::servers::Servers;
use crate::test_run;
use crate::workspace;

/// Runs the tests, and first makes ready what they need.
///
/// `words` are filters, and after `--` arguments for the test programs.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let words = for_test_programs(words)?;
    programs::ensure_c_compiler()?;
    let servers = Servers::start()?;
    let mut cargo = workspace::cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    cargo.envs(servers.variables());
    if words.is_empty() {
        test_run::run(&mut cargo)?;
        return full_disk::run();
    }
    // After `--`, since cargo itself takes one filter only.
    test_run::run(cargo.arg("--").args(words))
}

/// Returns the arguments of the test programs: the filters, then what stands after `--`.
fn for_test_programs<'a>(words: &[&'a str]) -> Result<Vec<&'a str>, Failure> {
    let filters = words.iter().position(|word| *word == "--").unwrap_or(words.len());
    if let Some(option) = words[..filters].iter().find(|word| word.starts_with('-')) {
        let text = format!("`test` takes no `{option}`; options of the test programs come after `--`");
        return Err(Failure::Usage(text));
    }
    Ok(words.iter().enumerate().filter(|(place, _)| *place != filters).map(|(_, word)| *word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_come_first_and_the_rest_follows() {
        assert_eq!(for_test_programs(&[]).unwrap(), [""; 0]);
        assert_eq!(for_test_programs(&["one", "two"]).unwrap(), ["one", "two"]);
        assert_eq!(for_test_programs(&["one", "--", "--nocapture"]).unwrap(), ["one", "--nocapture"]);
        assert_eq!(for_test_programs(&["--", "--", "x"]).unwrap(), ["--", "x"]);
    }

    #[test]
    fn an_option_that_is_not_ours_is_refused() {
        let failure = for_test_programs(&["--release", "--", "--nocapture"]).unwrap_err();
        assert!(matches!(failure, Failure::Usage(text) if text.contains("`--release`")));
    }
}
