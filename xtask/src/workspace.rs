//! Where the workspace is, and `cargo` to be run there.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Returns the workspace's root folder, from wherever the command was given.
pub(crate) fn root() -> PathBuf {
    // Cargo's word at run time comes first: a build folder may be shared by several checkouts.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(package);
    root.pop();
    root
}

/// Returns a command for the cargo that runs us, with these words, in the root.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(root());
    // The variables that describe this package are not for another cargo: a build script that watches one
    // would run again.
    for (name, _) in env::vars_os().filter(|(name, _)| tells_of_a_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

fn tells_of_a_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_that_holds_this_package() {
        assert!(root().join("xtask/src/workspace.rs").is_file());
        assert!(root().join("Cargo.toml").is_file());
    }

    #[test]
    fn the_cargo_that_we_run_is_told_nothing_of_this_package() {
        let removed: Vec<_> =
            cargo(&[]).get_envs().map(|(name, value)| (name.to_owned(), value.is_none())).collect();
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"] {
            assert!(env::var_os(name).is_none() || removed.contains(&(name.into(), true)), "{name}");
        }
    }
}
