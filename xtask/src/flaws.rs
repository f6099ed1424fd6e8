//! `cargo xtask flaws`: whether each broken store is caught by the rule written for it.

use crate::failure::Failure;
use crate::programs;
use crate::workspace::cargo;

/// Prints the table of broken stores; `words` are names of flaws, or parts of them.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    if let Some(option) = words.iter().find(|word| word.starts_with('-')) {
        return Err(Failure::Usage(format!("`flaws` takes no `{option}`, only parts of names of flaws")));
    }
    let mut command = cargo(&["run", "--quiet", "--package", "session-testkit", "--example", "flaws", "--"]);
    programs::run(command.args(words))
}
