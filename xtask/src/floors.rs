//! The floors of session-core: which file may import which, and what its pure files never do.

mod door;
mod paths;
mod purity;
mod rules;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::workspace;
use purity::Impurity::{self, Async, Clock, Lock};

/// The folder whose files have floors.
const FOLDER: &str = "session-core/src";

/// Every file but `lib.rs`, with its floor. A file imports only from files on lower floors.
const TABLE: &[Row] = &[
    pure(0, "time.rs").except(&[
        (Clock, "`SystemClock` is the one reader of the machine's clock"),
        (Lock, "`ManualClock` is shared with the test that moves it"),
    ]),
    pure(0, "id.rs"),
    pure(0, "signer.rs"),
    pure(0, "headers.rs"),
    pure(0, "serializer.rs"),
    pure(0, "key.rs"),
    pure(0, "owner.rs"),
    pure(0, "trace.rs"),
    pure(1, "cookie.rs"),
    pure(1, "record.rs"),
    pure(1, "expiry.rs"),
    pure(1, "ticket.rs"),
    pure(1, "change.rs"),
    pure(2, "options.rs"),
    pure(2, "state.rs"),
    pure(2, "store.rs").except(&[(Async, "the contract is a trait of async methods")]),
    pure(3, "plan.rs").never(&[("store", "the protocol decides; exchange.rs acts")]),
    shell(3, "memory.rs"),
    shell(3, "memo.rs"),
    shell(3, "turns.rs"),
    shell(4, "error.rs"),
    shell(4, "random.rs"),
    shell(5, "session.rs"),
    shell(5, "finish.rs"),
    shell(6, "flash.rs"),
    shell(6, "csrf.rs"),
    shell(7, "factory.rs"),
    shell(8, "save.rs"),
    shell(9, "exchange.rs"),
    shell(10, "unloaded.rs"),
    shell(10, "devices.rs"),
];

/// What the table says of one file.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Its path below the folder, such as `protocol/plan.rs`.
    file: &'static str,
    kind: Kind,
    /// What this pure file may do after all, each with the reason.
    except: &'static [(Impurity, &'static str)],
    /// Modules that it never imports, nor what is below them, such as `store/memory`, each with the reason.
    never: &'static [(&'static str, &'static str)],
}

/// What a file may hold, and on which floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Code that only computes: no async, no clock, no lock, no randomness.
    Pure(u8),
    /// Code that does what it needs.
    Shell(u8),
    /// The declarations of its folder's modules, and re-exports of their names. Nobody imports from it.
    Door,
}

const fn pure(floor: u8, file: &'static str) -> Row {
    Row { file, kind: Kind::Pure(floor), except: &[], never: &[] }
}

const fn shell(floor: u8, file: &'static str) -> Row {
    Row { file, kind: Kind::Shell(floor), except: &[], never: &[] }
}

#[allow(dead_code, reason = "the table has no folder yet, only the tests have")]
const fn door(file: &'static str) -> Row {
    Row { file, kind: Kind::Door, except: &[], never: &[] }
}

impl Row {
    const fn except(self, except: &'static [(Impurity, &'static str)]) -> Self {
        Self { except, ..self }
    }

    const fn never(self, never: &'static [(&'static str, &'static str)]) -> Self {
        Self { never, ..self }
    }

    /// Returns the path by which other files import this one, with `/` for `::`.
    fn module(&self) -> &'static str {
        self.file.strip_suffix(".rs").unwrap_or(self.file)
    }
}

/// Checks every file of the folder against the table.
pub(crate) fn run() -> Result<(), Failure> {
    let folder = workspace::root().join(FOLDER);
    let files = source_files(&folder)?;
    let mut found = rules::check_listing(TABLE, &files);
    found.extend(rules::check_bans(TABLE));
    for row in TABLE.iter().filter(|row| files.iter().any(|file| file == row.file)) {
        let text = fs::read_to_string(folder.join(row.file))
            .map_err(Failure::machine(format!("cannot read {}", row.file)))?;
        found.extend(rules::check(TABLE, row, &text));
    }
    if !found.is_empty() {
        let lines: Vec<String> = found.iter().map(|violation| format!("{FOLDER}/{violation}")).collect();
        return Err(Failure::Finding(format!("the floors do not hold:\n{}", lines.join("\n"))));
    }
    println!("files of {FOLDER} that keep to their floors: {}", TABLE.len());
    Ok(())
}

/// Returns the Rust files below `folder`, named from there, in order, without those that hold tests: these may
/// import everything.
fn source_files(folder: &Path) -> Result<Vec<String>, Failure> {
    let doing = || Failure::machine(format!("cannot list {}", folder.display()));
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).map_err(doing())? {
            let path: PathBuf = entry.map_err(doing())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if !holds_tests(&name) {
                    files.push(name);
                }
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Checks whether a file is `tests.rs` or `x_tests.rs`, or is in a folder called `tests`.
fn holds_tests(name: &str) -> bool {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    file == "tests.rs" || file.ends_with("_tests.rs") || folders.split('/').any(|folder| folder == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_stands_twice_and_every_exception_is_for_a_pure_file() {
        for (index, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|other| other.file != row.file), "{}", row.file);
            assert!(row.except.is_empty() || matches!(row.kind, Kind::Pure(_)), "{}", row.file);
        }
    }

    #[test]
    fn every_reason_is_given() {
        let exceptions = TABLE.iter().flat_map(|row| row.except.iter().map(|(_, reason)| reason));
        let bans = TABLE.iter().flat_map(|row| row.never.iter().map(|(_, reason)| reason));
        assert!(exceptions.chain(bans).all(|reason| reason.len() > 10));
    }

    #[test]
    fn files_in_folders_are_found_too_but_not_those_that_hold_tests() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/tests/d")).unwrap();
        let tests = ["tests.rs", "b/tests.rs", "b/c_tests.rs", "b/tests/one.rs", "b/tests/d/two.rs"];
        for name in ["lib.rs", "b.rs", "b/c.rs", "b/attests.rs", "notes.md"].iter().chain(&tests) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(source_files(folder.path()).unwrap(), ["b.rs", "b/attests.rs", "b/c.rs", "lib.rs"]);
    }
}
