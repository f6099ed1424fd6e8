//! The programs of Redis, or of Valkey, which is a fork of it.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::programs::{Need, Place, ensure};

const BOTH: Need = Need {
    user: "a Redis server for tests",
    programs: &["redis-server", "redis-cli"],
    packages: &["redis-server", "redis-tools"],
    place: Place::Path,
};

const CLIENT: Need = Need {
    user: "a Redis server for tests",
    programs: &["redis-cli"],
    packages: &["redis-tools"],
    place: Place::Path,
};

/// The environment variable with the folder of Redis's programs, for another release than the machine's, or
/// for Valkey: `redis-server` or `valkey-server`, and `redis-cli` or `valkey-cli`.
///
/// The release must be 7.0 or later. Without a client in the folder, that of the machine is used.
pub const REDIS_PROGRAMS: &str = "SESSION_REDIS_PROGRAMS";

/// The paths of the programs.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) client: PathBuf,
}

/// Returns the programs of the folder that is named in the environment, or those of the machine.
pub(crate) fn programs() -> Result<Programs, Error> {
    if let Some(folder) = env::var_os(REDIS_PROGRAMS).filter(|folder| !folder.is_empty()) {
        return programs_of(Path::new(&folder));
    }
    let mut found = ensure(&BOTH)?;
    Ok(Programs { server: found.swap_remove(0), client: found.swap_remove(0) })
}

fn programs_of(folder: &Path) -> Result<Programs, Error> {
    let client = match find(folder, ["redis-cli", "valkey-cli"]) {
        Some(client) => client,
        None => ensure(&CLIENT)?.swap_remove(0),
    };
    // If there is none, the error about its start names the file.
    let server = find(folder, ["redis-server", "valkey-server"]);
    Ok(Programs { server: server.unwrap_or_else(|| folder.join("redis-server")), client })
}

fn find(folder: &Path, names: [&str; 2]) -> Option<PathBuf> {
    names.into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_folder_may_hold_redis_or_valkey() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["valkey-server", "valkey-cli"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = programs_of(folder.path()).unwrap();
        assert_eq!(found.server, folder.path().join("valkey-server"));
        assert_eq!(found.client, folder.path().join("valkey-cli"));
    }

    #[test]
    fn a_folder_without_a_client_takes_that_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("redis-server"), "").unwrap();
        let found = programs_of(folder.path()).unwrap();
        assert!(found.server.starts_with(&folder) && !found.client.starts_with(&folder), "{found:?}");
    }
}
