//! A file that is checked.

use crate::rust::files::holds_tests;

/// The languages of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Markdown,
    /// HTML with the marks of askama.
    Template,
}

/// The part of the workspace that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every document.
    All,
    /// The documents that the command line chooses.
    Part,
}

/// A file: its path in the workspace, and its text.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) language: Language,
}

impl Document {
    /// Checks whether it is a Rust file below `src` that does not hold tests.
    pub(super) fn is_source(&self) -> bool {
        let below = self.name.split_once("/src/").map(|(_, below)| below);
        self.language == Language::Rust && below.is_some_and(|below| !holds_tests(below))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes a document in the language of its name.
    pub(in crate::prose) fn document(name: &str, text: &str) -> Document {
        let language = match name.rsplit_once('.') {
            Some((_, "md")) => Language::Markdown,
            Some((_, "html")) => Language::Template,
            _ => Language::Rust,
        };
        Document { name: name.to_owned(), text: text.to_owned(), language }
    }

    #[test]
    fn a_source_is_below_src_and_holds_no_tests() {
        assert!(document("a/src/b.rs", "").is_source());
        for name in ["a/src/b/tests.rs", "a/src/tests/b.rs", "a/tests/b.rs", "a/src/b.md"] {
            assert!(!document(name, "").is_source(), "{name}");
        }
    }
}
