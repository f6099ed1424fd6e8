//! The files of a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Returns the Rust files below `folder` that hold no tests, named from there, in order.
pub(crate) fn source_files(folder: &Path) -> Result<Vec<String>, Failure> {
    Ok(files(folder, "rs")?.into_iter().filter(|name| !holds_tests(name)).collect())
}

/// Returns the files below `folder` whose names end with `.` and `extension`, named from there, in order.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<String>, Failure> {
    let doing = || Failure::machine(format!("cannot list {}", folder.display()));
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).map_err(doing())? {
            let path: PathBuf = entry.map_err(doing())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                found.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Checks whether a file is `tests.rs` or `x_tests.rs`, or is in a folder called `tests`.
pub(crate) fn holds_tests(name: &str) -> bool {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    file == "tests.rs" || file.ends_with("_tests.rs") || folders.split('/').any(|folder| folder == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

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
