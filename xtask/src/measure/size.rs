//! The size of a crate.

use super::circles::circles;
use super::functions::{Function, functions};
use crate::rust::crates::File;
use crate::rust::pieces::pieces;
use crate::rust::tokens::{code, test_modules};

/// The titles of the columns of `Size::line`.
pub(super) const HEADING: &str = "crate            files  longest file                  lines  longest function                                          lines  circles";

/// The measures of one crate.
#[derive(Debug)]
pub(super) struct Size<'a> {
    /// Each file with its number of lines, modules of tests aside.
    pub(super) files: Vec<(&'a str, usize)>,
    /// Each function with its file.
    pub(super) functions: Vec<(&'a str, Function)>,
    /// Each group of files that import one another.
    pub(super) circles: Vec<Vec<&'a str>>,
}

impl<'a> Size<'a> {
    /// Measures the files of a crate.
    pub(super) fn of(files: &'a [File]) -> Self {
        let found = |(name, text): &'a File| functions(text).into_iter().map(|found| (name.as_str(), found));
        Self {
            files: files.iter().map(|(name, text)| (name.as_str(), lines_without_tests(text))).collect(),
            functions: files.iter().flat_map(found).collect(),
            circles: circles(files),
        }
    }

    /// Returns the crate's line of the table.
    pub(super) fn line(&self, name: &str) -> String {
        let (file, lines) = self.files.iter().max_by_key(|(_, lines)| *lines).copied().unwrap_or_default();
        let longest = self.functions.iter().max_by_key(|(_, function)| function.length);
        let (place, length) = longest.map_or_else(Default::default, |(file, function)| {
            (format!("{} {file}:{}", function.name, function.line), function.length)
        });
        let (count, circles) = (self.files.len(), self.circles.len());
        format!("{name:<15} {count:>6}  {file:<28} {lines:>6}  {place:<56} {length:>6} {circles:>8}")
    }
}

/// Counts the lines of `text` outside its modules of tests.
fn lines_without_tests(text: &str) -> usize {
    let modules = test_modules(&code(&pieces(text)));
    text.lines().count() - modules.into_iter().map(|module| text[module].lines().count()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_tests_are_not_counted() {
        assert_eq!(lines_without_tests("a\n\n#[cfg(test)]\nmod tests {\n  b\n}\n"), 2);
        assert_eq!(lines_without_tests("a\n#[cfg(test)]\nmod one {\n}\nb\n#[cfg(test)]\nmod two {\n}"), 2);
    }

    #[test]
    fn the_table_shows_the_longest_of_each() {
        let files = [("a.rs", "fn f() {}\n"), ("b.rs", "use crate::a::f;\n\nfn g() {\n}\n")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()));
        let line = Size::of(&files).line("house");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["house", "2", "b.rs", "4", "g", "b.rs:3", "2", "0"]);
    }
}
