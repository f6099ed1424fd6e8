//! Programs from outside: found on the machine, or installed where that may be done.

use std::env::{self, consts::EXE_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::slice;

use crate::account;
use crate::error::Error;

/// Programs that something cannot do without, and the Debian packages that hold them.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The thing that needs them, as a sentence's subject.
    pub user: &'static str,
    /// Their names, without a folder.
    pub programs: &'static [&'static str],
    /// The Debian packages that hold them.
    pub packages: &'static [&'static str],
    /// Where they are.
    pub place: Place,
}

/// Where the programs of a need are.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Each in any folder of the `PATH`.
    Path,
    /// All in one folder, so that they are of one version: `bin` in the folder of the highest version below
    /// this path, otherwise a folder of the `PATH`.
    Versions(&'static str),
}

/// Finds the programs of a need, in the order of their names, and installs them where that is allowed.
///
/// # Errors
///
/// Fails if a program is not on the machine and may not be installed. The text says what to install.
pub fn ensure(need: &Need) -> Result<Vec<PathBuf>, Error> {
    ensure_in(need, &folders(), install)
}

/// Looks in `folders`; if something is missing, has it installed once and looks again.
fn ensure_in(
    need: &Need,
    folders: &[PathBuf],
    install: impl FnOnce(&Need) -> Result<(), Error>,
) -> Result<Vec<PathBuf>, Error> {
    if let Some(found) = find_all(need, folders) {
        return Ok(found);
    }
    install(need)?;
    find_all(need, folders).ok_or_else(|| missing(need))
}

fn find_all(need: &Need, folders: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let all_in = |folders: &[PathBuf]| {
        need.programs.iter().map(|name| find(name, folders)).collect::<Option<Vec<_>>>()
    };
    match need.place {
        Place::Path => all_in(folders),
        Place::Versions(path) => {
            let first = versions(Path::new(path));
            first.iter().chain(folders).find_map(|folder| all_in(slice::from_ref(folder)))
        }
    }
}

/// Returns the folder `bin` of each version below `path`, the highest version first.
fn versions(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// Reads a version such as `15` or `9.6`.
fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|number| number.parse().ok()).collect()
}

fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{name}{EXE_SUFFIX}");
    folders.iter().map(|folder| folder.join(&file)).find(|path| path.is_file())
}

/// Returns the folders of `PATH`, with those of Debian's servers, which a plain user's `PATH` leaves out.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from)).collect()
}

/// Installs the packages of a need on Debian as root; elsewhere says what to install.
fn install(need: &Need) -> Result<(), Error> {
    // Only Debian and its kin have `apt-get`.
    if !account::is_root() || find("apt-get", &folders()).is_none() {
        return Err(missing(need));
    }
    eprintln!("installing {}: {} needs it", need.packages.join(" "), need.user);
    apt_get(need, &["update"])?;
    apt_get(need, &[&["install", "--yes", "--no-install-recommends"], need.packages].concat())
}

fn apt_get(need: &Need, words: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("apt-get");
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let status = command.status().map_err(Error::machine("run `apt-get`"))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Installation { packages: need.packages.join(" "), status })
}

fn missing(need: &Need) -> Error {
    let (programs, packages) = (need.programs.join("`, `"), need.packages.join(" "));
    Error::Missing { user: need.user, programs, packages }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Need =
        Need { user: "this test", programs: &["one", "two"], packages: &["both"], place: Place::Path };

    fn put(folder: &Path, name: &str) {
        fs::write(folder.join(format!("{name}{EXE_SUFFIX}")), "").expect("a temporary folder takes files");
    }

    #[test]
    fn what_is_there_is_not_installed() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(first.path(), "two");
        put(second.path(), "one");
        let folders = [first.path().to_owned(), second.path().to_owned()];
        let found = ensure_in(&WANTED, &folders, |_| panic!("nothing is missing")).unwrap();
        assert!(found[0].starts_with(&second) && found[1].starts_with(&first));
    }

    #[test]
    fn what_is_missing_is_installed_once_and_then_found() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "one");
        let found = ensure_in(&WANTED, &[folder.path().to_owned()], |need| {
            assert_eq!(need.packages, ["both"]);
            put(folder.path(), "two");
            Ok(())
        });
        assert_eq!(found.unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_installed_is_named_with_its_package() {
        let failure = ensure_in(&WANTED, &[], |_| Ok(())).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("this test needs `one`, `two`"), "{text}");
        assert!(text.contains("apt-get install both"), "{text}");
    }

    #[test]
    fn the_highest_version_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "9.10", "common"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let expected = ["15", "9.10", "9.6"].map(|name| folder.path().join(name).join("bin"));
        assert_eq!(versions(folder.path()), expected);
        assert_eq!(versions(Path::new("/no such folder")), [""; 0].map(PathBuf::from));
    }

    #[test]
    fn programs_of_one_version_are_all_in_one_folder() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(first.path(), "one");
        put(second.path(), "one");
        put(second.path(), "two");
        let folders = [first.path().to_owned(), second.path().to_owned()];
        let together = Need { place: Place::Versions("/no such folder"), ..WANTED };
        let found = find_all(&together, &folders).unwrap();
        assert!(found.iter().all(|program| program.starts_with(&second)), "{found:?}");
        assert!(find_all(&WANTED, &folders).unwrap()[0].starts_with(&first));
        assert!(find_all(&together, &folders[..1]).is_none());
    }
}
