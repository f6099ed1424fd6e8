//! The files that are checked.

use std::fs;
use std::path::Path;

use super::document::{Document, Language};
use crate::failure::Failure;
use crate::rust::crates::{ALL, KIT};
use crate::rust::files::files;

/// The crates that are not checked yet: the conformance kit joins when its own words have changed.
const LEFT_OUT: &[&str] = &[KIT.1];

/// The folders of a crate that hold Rust source.
const RUST: &[&str] = &["src", "tests", "benches", "examples"];

/// The documents at the workspace's root, as far as they are there.
const ROOT: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

/// The folder of the demo's pages.
const TEMPLATES: &str = "integrations/demo/templates";

/// Reads the documents under `paths`, or all if there are none.
pub(super) fn documents(root: &Path, paths: &[&str]) -> Result<Vec<Document>, Failure> {
    let paths: Vec<String> = paths.iter().map(|path| from_root(root, path)).collect();
    let chosen = |name: &String| paths.is_empty() || paths.iter().any(|path| is_under(name, path));
    let names = names(root)?;
    if let Some(path) = paths.iter().find(|path| !names.iter().any(|(name, _)| is_under(name, path))) {
        return Err(Failure::Usage(format!("no file that `prose` checks is under `{path}`")));
    }
    let read = |(name, language): (String, Language)| {
        let text =
            fs::read_to_string(root.join(&name)).map_err(Failure::machine(format!("cannot read {name}")))?;
        Ok(Document { name, text, language })
    };
    names.into_iter().filter(|(name, _)| chosen(name)).map(read).collect()
}

/// Returns the names of all documents, from the root.
fn names(root: &Path) -> Result<Vec<(String, Language)>, Failure> {
    let crates: Vec<&str> =
        ALL.iter().map(|(_, folder)| *folder).filter(|name| !LEFT_OUT.contains(name)).collect();
    let mut found = Vec::new();
    for folder in crates.iter().flat_map(|name| RUST.iter().map(move |part| format!("{name}/{part}"))) {
        found.extend(below(root, &folder, "rs", Language::Rust)?);
    }
    let readmes = crates.iter().map(|folder| format!("{folder}/README.md"));
    let single = ROOT.iter().map(|name| (*name).to_owned()).chain(readmes);
    found.extend(single.filter(|name| root.join(name).is_file()).map(|name| (name, Language::Markdown)));
    found.extend(below(root, "docs", "md", Language::Markdown)?);
    found.extend(below(root, TEMPLATES, "html", Language::Template)?);
    Ok(found)
}

/// Returns the files below a folder, or none if it is not there.
fn below(
    root: &Path,
    folder: &str,
    extension: &str,
    language: Language,
) -> Result<Vec<(String, Language)>, Failure> {
    if !root.join(folder).is_dir() {
        return Ok(Vec::new());
    }
    let files = files(&root.join(folder), extension)?;
    Ok(files.into_iter().map(|file| (format!("{folder}/{file}"), language)).collect())
}

/// Returns a path of the command line as one from the root.
fn from_root(root: &Path, path: &str) -> String {
    let path =
        Path::new(path).strip_prefix(root).unwrap_or(Path::new(path)).to_string_lossy().replace('\\', "/");
    path.trim_start_matches("./").trim_end_matches('/').to_owned()
}

fn is_under(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &[&str] = &[
        "README.md",
        "NOTES.md",
        "docs/a.md",
        "session-core/README.md",
        "session-core/src/a/tests.rs",
        "session-core/tests/b.rs",
        "session-core/notes.md",
        "session-testkit/src/c.rs",
        "integrations/demo/templates/d.html",
    ];

    fn found(paths: &[&str]) -> Result<Vec<String>, Failure> {
        let root = tempfile::tempdir().unwrap();
        for file in FILES {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        Ok(documents(root.path(), paths)?.into_iter().map(|document| document.name).collect())
    }

    #[test]
    fn sources_documents_and_pages_are_checked_and_the_kit_is_not() {
        let expected = [
            "session-core/src/a/tests.rs",
            "session-core/tests/b.rs",
            "README.md",
            "session-core/README.md",
            "docs/a.md",
            "integrations/demo/templates/d.html",
        ];
        assert_eq!(found(&[]).unwrap(), expected);
    }

    #[test]
    fn paths_choose_the_files_under_them() {
        assert_eq!(
            found(&["./docs/", "session-core/tests/b.rs"]).unwrap(),
            ["session-core/tests/b.rs", "docs/a.md"]
        );
    }

    #[test]
    fn a_path_with_nothing_to_check_is_a_wrong_command() {
        for path in ["session-testkit", "session-cor", "nowhere"] {
            assert!(matches!(found(&[path]), Err(Failure::Usage(_))), "{path}");
        }
    }
}
