//! The crates of the workspace, with their folders.

use std::fs;
use std::path::Path;

use super::files::source_files;
use crate::failure::Failure;

/// A crate: its name, and its folder in the workspace.
pub(crate) type Crate = (&'static str, &'static str);

/// The conformance kit, whose turn for limits comes later.
pub(crate) const KIT: Crate = ("session-testkit", "session-testkit");

/// Every crate, in the order in which they are shown.
pub(crate) const ALL: &[Crate] = &[
    ("session-core", "session-core"),
    ("session-redis", "session-redis"),
    ("session-sql", "session-sql"),
    ("session-axum", "integrations/axum"),
    ("session-warp", "integrations/warp"),
    ("session-rocket", "integrations/rocket"),
    ("session-demo", "integrations/demo"),
    ("xtask", "xtask"),
    ("comparison", "xtask/comparison"),
    ("test-servers", "xtask/servers"),
    ("test-support", "xtask/support"),
    KIT,
];

/// A source file: its path below `src`, and its text.
pub(crate) type File = (String, String);

/// Reads the files below a crate's `src` that hold no tests, in the order of their paths.
pub(crate) fn read(root: &Path, folder: &str) -> Result<Vec<File>, Failure> {
    let src = root.join(folder).join("src");
    let read = |name: String| {
        let text = fs::read_to_string(src.join(&name))
            .map_err(Failure::machine(format!("cannot read {folder}/src/{name}")))?;
        Ok((name, text))
    };
    source_files(&src)?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn every_crate_of_the_workspace_is_listed() {
        let manifest = fs::read_to_string(workspace::root().join("Cargo.toml")).unwrap();
        let members = manifest.split("members = [").nth(1).unwrap().split(']').next().unwrap();
        let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
        assert_eq!(members.len(), ALL.len());
        assert!(ALL.iter().all(|(_, folder)| members.contains(folder)), "{members:?}");
    }
}
