//! The rules of the floors, and what breaks them.

use std::fmt;

use super::paths::{self, From, Import};
use super::purity::Impurity;
use super::source::{self, Token};
use super::{Kind, Row};

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

/// What in a file's text breaks a rule, in the order of the lines.
pub(super) fn check(table: &[Row], row: &Row, text: &str) -> Vec<Violation> {
    let tokens = source::tokens(text);
    let mut found: Vec<Violation> =
        paths::imports(&tokens).iter().flat_map(|import| check_import(table, row, import)).collect();
    if row.kind == Kind::Pure {
        found.extend(Impurity::ALL.iter().flat_map(|impurity| check_purity(row, *impurity, &tokens)));
    }
    found.sort_by_key(|violation| violation.line);
    found
}

fn check_import(table: &[Row], row: &Row, import: &Import<'_>) -> Option<Violation> {
    let (rule, remedy) = match import.from {
        From::Super => (
            "`super::` leads out of the file".to_owned(),
            "write `crate::<file>::…`, so that the floor shows".to_owned(),
        ),
        From::Crate(name) => match table.iter().find(|target| target.module() == name) {
            Some(target) => check_target(row, target)?,
            None => (
                format!("`crate::{name}` comes from the crate's root, or from a file without a row"),
                "import it from the file that defines it: `use crate::<file>::<Name>`".to_owned(),
            ),
        },
    };
    Some(Violation { file: row.file.to_owned(), line: import.line, rule, remedy })
}

/// The rule and the remedy, if `row` may not import from `target`.
fn check_target(row: &Row, target: &Row) -> Option<(String, String)> {
    if let Some((module, reason)) = row.never.iter().find(|(module, _)| *module == target.module()) {
        return Some((format!("this file never imports `{module}`"), (*reason).to_owned()));
    }
    // A path to the file itself leaves no floor.
    if target.floor < row.floor || target.file == row.file {
        return None;
    }
    let rule = format!("floor {} imports {} from floor {}", row.floor, target.file, target.floor);
    let remedy = "a file imports only from lower floors: move what it needs down, or this code up";
    Some((rule, remedy.to_owned()))
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
mod tests {
    use super::super::{pure, shell};
    use super::*;

    const HOUSE: &[Row] = &[
        pure(0, "time.rs").except(&[(Impurity::Clock, "the one reader of the clock")]),
        pure(0, "id.rs"),
        pure(1, "store.rs"),
        pure(2, "plan.rs").never(&[("store", "the protocol decides")]),
        shell(3, "session.rs"),
        shell(3, "memory.rs"),
    ];

    fn found(file: &str, text: &str) -> Vec<String> {
        let row = HOUSE.iter().find(|row| row.file == file).expect("the test names a file of the house");
        check(HOUSE, row, text).iter().map(Violation::to_string).collect()
    }

    fn assert_one(found: &[String], begin: &str, remedy: &str) {
        assert!(matches!(found, [one] if one.starts_with(begin) && one.contains(remedy)), "{found:?}");
    }

    #[test]
    fn imports_from_lower_floors_are_good() {
        let text =
            "use crate::{id::SessionId, plan::{self, Plan}};\nasync fn f() { crate::time::now().await }";
        assert_eq!(found("session.rs", text), [""; 0]);
    }

    #[test]
    fn an_import_from_a_higher_floor_is_found() {
        let found = found("store.rs", "use std::fmt;\nuse crate::{id::SessionId,\n  session::Session};");
        assert_one(&found, "store.rs:3: floor 1 imports session.rs from floor 3; ", "only from lower floors");
    }

    #[test]
    fn an_import_from_the_same_floor_is_found_but_a_path_to_the_file_itself_is_not() {
        let found =
            found("session.rs", "use crate::memory::MemoryStore;\ntype Me = crate::session::Session;");
        assert_one(
            &found,
            "session.rs:1: floor 3 imports memory.rs from floor 3; ",
            "move what it needs down",
        );
    }

    #[test]
    fn an_upward_path_in_code_is_found() {
        assert_one(
            &found("id.rs", "fn f() {\n  crate::plan::decide()\n}"),
            "id.rs:2: floor 0 imports plan.rs",
            "",
        );
    }

    #[test]
    fn an_import_from_the_root_is_found() {
        let found = found("memory.rs", "use crate::Session;");
        assert_one(
            &found,
            "memory.rs:1: `crate::Session` comes from the crate's root, ",
            "from the file that defines it",
        );
    }

    #[test]
    fn a_way_out_by_super_is_found() {
        assert_one(
            &found("id.rs", "use super::plan::Plan;"),
            "id.rs:1: `super::` leads out of the file; ",
            "`crate::",
        );
    }

    #[test]
    fn a_banned_import_is_found_though_its_floor_is_lower() {
        let found = found("plan.rs", "use crate::store::Loaded;");
        assert_one(&found, "plan.rs:1: this file never imports `store`; ", "the protocol decides");
    }

    #[test]
    fn each_impurity_of_a_pure_file_is_found() {
        assert_one(
            &found("id.rs", "\nasync fn f() {}"),
            "id.rs:2: a pure file is async or awaits; ",
            "exchange.rs",
        );
        assert_one(&found("id.rs", "x.now();"), "id.rs:1: a pure file reads a clock; ", "as an argument");
        assert_one(&found("id.rs", "Mutex::new(0);"), "id.rs:1: a pure file holds a lock", "`&mut self`");
        assert_one(
            &found("id.rs", "rand::random()"),
            "id.rs:1: a pure file draws random numbers; ",
            "as an argument",
        );
    }

    #[test]
    fn a_shell_may_do_what_a_pure_file_may_not() {
        let text = "use std::sync::Mutex;\nasync fn f() { rand::random(clock.now()).await }";
        assert_eq!(found("memory.rs", text), [""; 0]);
    }

    #[test]
    fn an_exception_covers_its_own_impurity_alone() {
        let found = found("time.rs", "SystemTime::now();\nMutex::new(0);");
        assert_one(&found, "time.rs:2: a pure file holds a lock", "");
    }

    #[test]
    fn an_exception_that_nothing_needs_is_found() {
        let found = found("time.rs", "struct UnixTime;");
        assert_one(&found, "time.rs:1: ", "remove the exception");
    }

    #[test]
    fn comments_strings_and_tests_break_no_rule() {
        let text = "//! use crate::session::Session;\n/* async */ const A: &str = \"crate::plan::x rand::y\";\n\
                    #[cfg(test)]\nmod tests {\n use crate::session::Session;\n use super::*;\n async fn f() {}\n}";
        assert_eq!(found("id.rs", text), [""; 0]);
    }

    #[test]
    fn a_file_without_a_row_and_a_row_without_a_file_are_found() {
        let files = ["id.rs", "lib.rs", "memory.rs", "new.rs", "plan.rs", "session.rs", "store.rs"]
            .map(str::to_owned);
        let found: Vec<String> = check_listing(HOUSE, &files).iter().map(Violation::to_string).collect();
        assert!(found[0].starts_with("new.rs:1: the file has no floor; give it a row"), "{found:?}");
        assert!(found[1].starts_with("time.rs:1: the table has a row for this file"), "{found:?}");
        assert_eq!(found.len(), 2);
    }
}
