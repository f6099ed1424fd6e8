//! Where the workspace is, and `cargo` to be run there.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The workspace's root folder, from wherever the command was given.
pub(crate) fn root() -> PathBuf {
    // Cargo's word at run time comes first: a build folder may be shared by several checkouts.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(package);
    root.pop();
    root
}

/// The cargo that runs us, with these words, to be run in the root.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words).current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_that_holds_this_package() {
        assert!(root().join("xtask/src/workspace.rs").is_file());
        assert!(root().join("Cargo.toml").is_file());
    }
}
