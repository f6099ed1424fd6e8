//! `cargo xtask endure`: the faults of a server, many times over.

use crate::failure::Failure;
use crate::programs;
use crate::workspace::cargo;

/// The number of rounds of each fault, unless another one is named.
const ROUNDS: &str = "20";

/// Runs the tests of faults for as many rounds as `words` say, and shows what each round came to.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let rounds = rounds(words)?;
    programs::ensure_c_compiler()?;
    let mut command = cargo(&["test", "--package", "session-sql", "--all-features", "--test", "postgres"]);
    command.args(["--", "endure::", "--nocapture", "--test-threads", "1"]);
    programs::run(command.env("SESSION_ENDURE_ROUNDS", rounds))
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
