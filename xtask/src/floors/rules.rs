//! The rules of the floors, and what breaks them.

use std::fmt;

use super::purity::Impurity;
use super::row::{Kind, Row};
use crate::rust::door;
use crate::rust::paths::{self, From, Import};
use crate::rust::tokens::{self, Token};

/// A rule broken at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    file: String,
    line: usize,
    rule: String,
    remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.rule, self.remedy)
    }
}

/// Compares the table with the files that are there.
pub(super) fn check_listing(table: &[Row], files: &[String]) -> Vec<Violation> {
    let unknown = files.iter().filter(|file| *file != "lib.rs" && !table.iter().any(|row| row.file == *file));
    let absent = table.iter().filter(|row| !files.iter().any(|file| file == row.file));
    let violation = |file: &str, rule: &str, remedy: &str| Violation {
        file: file.to_owned(),
        line: 1,
        rule: rule.to_owned(),
        remedy: remedy.to_owned(),
    };
    let unknown = unknown.map(|file| {
        violation(file, "the file has no floor", "give it a row in the table in xtask/src/floors.rs")
    });
    let absent = absent.map(|row| {
        violation(
            row.file,
            "the table has a row for this file, but it is not there",
            "remove the row from xtask/src/floors.rs",
        )
    });
    unknown.chain(absent).collect()
}

/// Checks that every ban of the table is on a module that is there.
pub(super) fn check_bans(table: &[Row]) -> Vec<Violation> {
    let bans = table.iter().flat_map(|row| row.never.iter().map(move |(module, _)| (row, *module)));
    let void = bans.filter(|(_, module)| !table.iter().any(|target| is_within(target.module(), module)));
    void.map(|(row, module)| Violation {
        file: row.file.to_owned(),
        line: 1,
        rule: format!("the table bans `{module}` from this file, but there is no such module"),
        remedy: "name the module by its path, or remove the ban from xtask/src/floors.rs".to_owned(),
    })
    .collect()
}

/// Returns what breaks a rule in a file's text, in the order of the lines.
pub(super) fn check(table: &[Row], row: &Row, text: &str) -> Vec<Violation> {
    let tokens = tokens::tokens(text);
    let mut found: Vec<Violation> =
        paths::imports(&tokens).iter().filter_map(|import| check_import(table, row, import)).collect();
    match row.kind {
        Kind::Pure(_) => {
            found.extend(Impurity::ALL.iter().flat_map(|impurity| check_purity(row, *impurity, &tokens)));
        }
        Kind::Shell(_) => {}
        Kind::Door => found.extend(check_door(row, &tokens)),
    }
    found.sort_by_key(|violation| violation.line);
    found.dedup();
    found
}

fn check_import(table: &[Row], row: &Row, import: &Import<'_>) -> Option<Violation> {
    let (rule, remedy) = match &import.from {
        From::Super { .. } => (
            "`super::` leads out of the file".to_owned(),
            "write `crate::<file>::…`, so that the floor shows".to_owned(),
        ),
        From::Crate(names) => check_path(table, row, names)?,
        From::Own(names) => {
            let own: Vec<&str> = row.module().split('/').chain(names.iter().copied()).collect();
            check_path(table, row, &own)?
        }
    };
    Some(Violation { file: row.file.to_owned(), line: import.line, rule, remedy })
}

/// Returns the rule and the remedy, if `row` may not import what these names lead to.
fn check_path(table: &[Row], row: &Row, names: &[&str]) -> Option<(String, String)> {
    let Some(target) = resolve(table, names) else {
        let path = names.join("::");
        return (row.kind != Kind::Door).then(|| {
            let rule = format!("`crate::{path}` comes from the crate's root, or from a file without a row");
            (rule, "import it from the file that defines it: `use crate::<file>::<Name>`".to_owned())
        });
    };
    check_target(row, target, names)
}

/// Returns the row with the longest module path that these names begin with.
fn resolve<'t>(table: &'t [Row], names: &[&str]) -> Option<&'t Row> {
    let path = names.join("/");
    let fitting = table.iter().filter(|row| is_within(&path, row.module()));
    fitting.max_by_key(|row| row.module().len())
}

/// Checks whether a module path is that of `module`, or of something below it.
fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the rule and the remedy, if `row` may not import from `target`.
fn check_target(row: &Row, target: &Row, names: &[&str]) -> Option<(String, String)> {
    if let Some((module, reason)) = row.never.iter().find(|(module, _)| is_within(target.module(), module)) {
        return Some((format!("this file never imports `{module}`"), (*reason).to_owned()));
    }
    let (floor, above) = match (row.kind, target.kind) {
        (Kind::Door, _) => return None,
        (Kind::Pure(_) | Kind::Shell(_), Kind::Door) => {
            let rule =
                format!("`crate::{}` comes from {}, which only re-exports", names.join("::"), target.file);
            let remedy = "import it from the file that defines it: `use crate::<folder>::<file>::<Name>`";
            return Some((rule, remedy.to_owned()));
        }
        (Kind::Pure(own) | Kind::Shell(own), Kind::Pure(other) | Kind::Shell(other)) => (own, other),
    };
    // A path to the file itself leaves no floor.
    if target.file == row.file {
        return None;
    }
    if above < floor {
        let is_impure = matches!((row.kind, target.kind), (Kind::Pure(_), Kind::Shell(_)));
        let rule = format!("a pure file imports {}, which is not pure", target.file);
        return is_impure.then(|| (rule, "take what it gives as an argument".to_owned()));
    }
    let rule = format!("floor {floor} imports {} from floor {above}", target.file);
    let remedy = "a file imports only from lower floors: move what it needs down, or this code up";
    Some((rule, remedy.to_owned()))
}

fn check_door(row: &Row, tokens: &[Token<'_>]) -> Option<Violation> {
    Some(Violation {
        file: row.file.to_owned(),
        line: door::first_other_item(tokens)?,
        rule: "a door does more than declare modules and re-export names".to_owned(),
        remedy: "move it into a file of the folder, or give this file a floor".to_owned(),
    })
}

fn check_purity(row: &Row, impurity: Impurity, tokens: &[Token<'_>]) -> Vec<Violation> {
    let lines = impurity.lines(tokens);
    let exception = row.except.iter().find(|(allowed, _)| *allowed == impurity);
    let violation = |line, rule, remedy: String| Violation { file: row.file.to_owned(), line, rule, remedy };
    match exception {
        Some((_, reason)) if lines.is_empty() => {
            let rule = format!(
                "the table lets this file be one that {} ({reason}), but it does not",
                impurity.deed()
            );
            vec![violation(1, rule, "remove the exception from xtask/src/floors.rs".to_owned())]
        }
        Some(_) => Vec::new(),
        None => {
            let rule = format!("a pure file {}", impurity.deed());
            lines
                .into_iter()
                .map(|line| violation(line, rule.clone(), impurity.remedy().to_owned()))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests;
