//! Programs from outside, run.

use std::env;
use std::path::Path;
use std::process::{Command, ExitStatus};

use test_servers::programs::{Need, Place, ensure};

use crate::failure::Failure;

/// The C compiler that builds the bundled SQLite.
const C_COMPILER: Need = Need {
    user: "the bundled SQLite",
    programs: &["cc"],
    packages: &["gcc", "libc6-dev"],
    place: Place::Path,
};

/// Makes sure that there is a C compiler.
pub(crate) fn ensure_c_compiler() -> Result<(), Failure> {
    // A user who names a compiler has one; on Windows the linker's tools bring it.
    if cfg!(unix) && env::var_os("CC").is_none() {
        ensure(&C_COMPILER)?;
    }
    Ok(())
}

/// Runs a command whose output passes through; its failure is ours.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let spoken = spoken(command);
    let status = command.status().map_err(Failure::machine(format!("cannot run `{spoken}`")))?;
    check(status, spoken)
}

/// Fails if the command has ended without success.
pub(crate) fn check(status: ExitStatus, command: String) -> Result<(), Failure> {
    if status.success() {
        return Ok(());
    }
    // A program that a signal ended has no code.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure::Program { command, code })
}

/// Returns the command as one would type it.
pub(crate) fn spoken(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn a_failed_program_gives_its_own_code_and_name() {
        let failure = run(Command::new("cargo").arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert_eq!(failure.to_string(), "`cargo no-such-command` ended with code 101");
    }
}
