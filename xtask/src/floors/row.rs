//! The rows of the table of floors.

use super::purity::Impurity;

/// A file, with its floor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its path below the folder, such as `protocol/plan.rs`.
    pub(super) file: &'static str,
    pub(super) kind: Kind,
    /// The impurities that this pure file may have after all, each with the reason.
    pub(super) except: &'static [(Impurity, &'static str)],
    /// Modules that it never imports, nor what is below them, such as `store/memory`, each with the reason.
    pub(super) never: &'static [(&'static str, &'static str)],
}

/// The kinds of files, two of them with their floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Code that only computes: no async, no clock, no lock, no randomness.
    Pure(u8),
    /// Code that does what it needs.
    Shell(u8),
    /// The declarations of its folder's modules, and re-exports of their names. Nobody imports from it.
    Door,
}

pub(super) const fn pure(floor: u8, file: &'static str) -> Row {
    Row { file, kind: Kind::Pure(floor), except: &[], never: &[] }
}

pub(super) const fn shell(floor: u8, file: &'static str) -> Row {
    Row { file, kind: Kind::Shell(floor), except: &[], never: &[] }
}

pub(super) const fn door(file: &'static str) -> Row {
    Row { file, kind: Kind::Door, except: &[], never: &[] }
}

impl Row {
    pub(super) const fn except(self, except: &'static [(Impurity, &'static str)]) -> Self {
        Self { except, ..self }
    }

    pub(super) const fn never(self, never: &'static [(&'static str, &'static str)]) -> Self {
        Self { never, ..self }
    }

    /// Returns the path by which other files import this one, with `/` for `::`.
    pub(super) fn module(&self) -> &'static str {
        self.file.strip_suffix(".rs").unwrap_or(self.file)
    }
}
