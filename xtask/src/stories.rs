//! `cargo xtask stories`: which HTTP stories hold on which framework, as a table.

use std::collections::BTreeMap;
use std::process::Stdio;

use crate::failure::Failure;
use crate::workspace::cargo;

/// The frameworks, each with the package and the test program that tell the stories on it.
const FRAMEWORKS: [(&str, &str, &str); 5] = [
    ("axum", "session-axum", "http"),
    ("tower", "session-axum", "tower"),
    ("warp", "session-warp", "http"),
    ("rocket", "session-rocket", "http"),
    ("poem", "session-testkit", "poem_adapter"),
];
/// The module of the tests that the kit's macro makes.
const MODULE: &str = "stories::";

/// The result of each story on each framework: a row a story, a column a framework.
type Table = BTreeMap<String, [Option<String>; FRAMEWORKS.len()]>;

/// Tells the stories whose names contain the word, or all, on each framework.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let filter = match words {
        [] => MODULE,
        [word] if !word.starts_with('-') => word,
        [word, ..] => {
            return Err(Failure::Usage(format!("`stories` takes no `{word}`, only a part of a name")));
        }
    };
    let mut table = Table::new();
    for (column, (_, package, program)) in FRAMEWORKS.iter().enumerate() {
        for (story, came) in stories(&told(package, program, filter)?) {
            table.entry(story).or_default()[column] = Some(came);
        }
    }
    print(&table);
    let held = |row: &[Option<String>; FRAMEWORKS.len()]| {
        row.iter().all(|came| matches!(came.as_deref(), Some("ok" | "exempt")))
    };
    let failed = table.values().filter(|row| !held(row)).count();
    println!("\n{} stories, {failed} that fail somewhere", table.len());
    if failed > 0 || table.is_empty() {
        return Err(Failure::Finding("stories do not hold, or none has such a name".to_owned()));
    }
    Ok(())
}

/// Runs a test program, and returns its standard output.
fn told(package: &str, program: &str, filter: &str) -> Result<String, Failure> {
    let mut command =
        cargo(&["test", "--quiet", "--package", package, "--all-features", "--test", program, "--"]);
    command.args(["--format=pretty", filter]).stderr(Stdio::inherit());
    let output = command.output().map_err(Failure::machine("cannot run `cargo test`"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads the stories in a test program's output, each with its result.
///
/// That is `ok`, `FAILED`, or `exempt` if its driver says that it cannot be told there.
fn stories(text: &str) -> BTreeMap<String, String> {
    let told = text.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    let told = told.filter_map(|(name, came)| Some((name.strip_prefix(MODULE)?, came)));
    told.map(|(story, came)| {
        let word = came.split([',', ' ']).next().unwrap_or(came);
        (story.to_owned(), if word == "ignored" { "exempt" } else { word }.to_owned())
    })
    .collect()
}

fn print(table: &Table) {
    let width = table.keys().map(String::len).max().unwrap_or(0).max("story".len());
    let line = |story: &str, cells: [&str; FRAMEWORKS.len()]| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<8}")).collect();
        println!("{}", format!("{story:width$}  {}", cells.concat()).trim_end());
    };
    line("story", FRAMEWORKS.map(|(framework, ..)| framework));
    for (story, row) in table {
        line(story, std::array::from_fn(|column| row[column].as_deref().unwrap_or("-")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_read_with_what_they_came_to_and_other_tests_are_not() {
        let text = "running 4 tests\ntest stories::calls::reading_is_one_load ... ok\ntest errors::other ... ok\n\
                    test stories::a::b ... FAILED\ntest stories::a::c ... ignored, it has no such thing\n\n\
                    test result: FAILED.";
        let expected = [("calls::reading_is_one_load", "ok"), ("a::b", "FAILED"), ("a::c", "exempt")];
        let expected = expected.map(|(story, came)| (story.to_owned(), came.to_owned()));
        assert_eq!(stories(text), BTreeMap::from(expected));
    }
}
