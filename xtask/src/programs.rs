//! Programs from outside: found on the machine, installed where that may be done, run.

use std::env::{self, consts::EXE_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Programs that something cannot do without, and the Debian packages that hold them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// The thing that needs them, as a sentence's subject.
    pub(crate) user: &'static str,
    /// Their names, without a folder.
    pub(crate) programs: &'static [&'static str],
    /// The Debian packages that hold them.
    pub(crate) packages: &'static [&'static str],
}

/// The C compiler that builds the bundled SQLite.
pub(crate) const C_COMPILER: Need =
    Need { user: "the bundled SQLite", programs: &["cc"], packages: &["gcc", "libc6-dev"] };

/// Finds the programs of `need`, and installs them where that is allowed.
pub(crate) fn ensure(need: &Need) -> Result<Vec<PathBuf>, Failure> {
    ensure_in(need, &folders(), install)
}

/// Runs a command whose output passes through; its failure is ours.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let spoken = spoken(command);
    let status = command.status().map_err(Failure::machine(format!("cannot run `{spoken}`")))?;
    if status.success() {
        return Ok(());
    }
    // A program that a signal ended has no code.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure::Program { command: spoken, code })
}

/// Returns the command as one would type it.
fn spoken(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Looks in `folders`; if something is missing, has it installed once and looks again.
fn ensure_in(
    need: &Need,
    folders: &[PathBuf],
    install: impl FnOnce(&Need) -> Result<(), Failure>,
) -> Result<Vec<PathBuf>, Failure> {
    if let Some(found) = find_all(need, folders) {
        return Ok(found);
    }
    install(need)?;
    find_all(need, folders).ok_or_else(|| missing(need))
}

fn find_all(need: &Need, folders: &[PathBuf]) -> Option<Vec<PathBuf>> {
    need.programs.iter().map(|name| find(name, folders)).collect()
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

/// Installs the packages of `need` on Debian as root; elsewhere says what to install.
fn install(need: &Need) -> Result<(), Failure> {
    if !may_install() {
        return Err(missing(need));
    }
    println!("installing {}: {} needs it", need.packages.join(" "), need.user);
    run(&mut apt_get(&["update"]))?;
    run(apt_get(&["install", "--yes", "--no-install-recommends"]).args(need.packages))
}

fn apt_get(words: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command
}

/// Checks whether we may install: only root may, and only Debian and its kin have `apt-get`.
fn may_install() -> bool {
    let user = Command::new("id").arg("-u").output();
    find("apt-get", &folders()).is_some() && user.is_ok_and(|user| user.stdout.trim_ascii() == b"0")
}

fn missing(need: &Need) -> Failure {
    let (programs, packages) = (need.programs.join("`, `"), need.packages.join(" "));
    Failure::Finding(format!(
        "{user} needs `{programs}`, and not all of that is on this machine.\n\
         On Debian and Ubuntu: apt-get install {packages}\n\
         Elsewhere: install what provides `{programs}`, and put it on the PATH.",
        user = need.user
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const WANTED: Need = Need { user: "this test", programs: &["one", "two"], packages: &["both"] };

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
    fn a_failed_program_gives_its_own_code_and_name() {
        let failure = run(Command::new("cargo").arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert_eq!(failure.to_string(), "`cargo no-such-command` ended with code 101");
    }
}
