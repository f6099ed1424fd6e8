//! Circles of imports between the files of a crate.

use std::collections::BTreeSet;

use crate::rust::crates::File;
use crate::rust::door;
use crate::rust::paths::{From, imports};
use crate::rust::tokens::tokens;

/// Returns the groups of files that import one another, directly or through others.
///
/// Files that only declare and re-export, such as most `lib.rs`, are left aside.
pub(super) fn circles(files: &[File]) -> Vec<Vec<&str>> {
    let modules: Vec<Module<'_>> = files.iter().filter_map(Module::of).collect();
    let reached: Vec<BTreeSet<usize>> = (0..modules.len()).map(|from| reachable(&modules, from)).collect();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for at in 0..modules.len() {
        let group =
            (0..modules.len()).filter(|other| reached[at].contains(other) && reached[*other].contains(&at));
        let group: Vec<&str> = group.map(|at| modules[at].file).collect();
        if group.len() > 1 && !found.contains(&group) {
            found.push(group);
        }
    }
    found
}

/// A file that is more than a door.
struct Module<'a> {
    file: &'a str,
    /// Its path in the crate; a root's is empty.
    path: Vec<&'a str>,
    /// The paths, from the crate's root, by which it imports.
    imports: Vec<Vec<&'a str>>,
}

impl<'a> Module<'a> {
    fn of((file, text): &'a File) -> Option<Self> {
        let tokens = tokens(text);
        door::first_other_item(&tokens)?;
        let path = module_path(file);
        let imports = imports(&tokens).into_iter().map(|import| absolute(&path, import.from)).collect();
        Some(Self { file, path, imports })
    }
}

/// Returns the names of a file's module: those of `a/b.rs` are `a` and `b`.
fn module_path(file: &str) -> Vec<&str> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if matches!(stem, "lib" | "main") { Vec::new() } else { stem.split('/').collect() }
}

/// Returns the names from the crate's root of a path that stands in the module `own`.
fn absolute<'a>(own: &[&'a str], from: From<'a>) -> Vec<&'a str> {
    match from {
        From::Crate(names) => names,
        From::Own(names) => [own, &names[..]].concat(),
        From::Super { levels, names } => [&own[..own.len().saturating_sub(levels)], &names[..]].concat(),
    }
}

/// Returns the modules that `from` imports, and those that they import, and so on.
fn reachable(modules: &[Module<'_>], from: usize) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(current) = open.pop() {
        for import in &modules[current].imports {
            let target = target(modules, import);
            open.extend(target.filter(|target| *target != current && found.insert(*target)));
        }
    }
    found
}

/// Returns the module with the longest path that an import begins with.
fn target(modules: &[Module<'_>], import: &[&str]) -> Option<usize> {
    let fitting = (0..modules.len()).filter(|at| import.starts_with(&modules[*at].path));
    fitting.max_by_key(|at| modules[*at].path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        circles(&files).iter().map(|group| group.join(" ")).collect()
    }

    #[test]
    fn files_that_import_downwards_form_no_circle() {
        let files = [("a.rs", "use crate::b::B; use crate::c::C;"), ("b.rs", "use super::c::C; fn f() {}")];
        assert_eq!(shown(&[&files[..], &[("c.rs", "fn f() -> crate::c::D {}")]].concat()), [""; 0]);
    }

    #[test]
    fn a_circle_is_found_through_crate_and_through_super() {
        let files = [("a.rs", "fn f() { crate::b::g() }"), ("b.rs", "fn g() { super::c::h() }")];
        let last = [("c.rs", "fn h() { crate::{d, a::f}; }"), ("d.rs", "fn i() {}")];
        assert_eq!(shown(&[files, last].concat()), ["a.rs b.rs c.rs"]);
    }

    #[test]
    fn a_file_and_the_one_below_it_that_import_each_other_are_a_circle() {
        let parent = ("a.rs", "mod b;\nfn f() { b::g() }");
        assert_eq!(shown(&[parent, ("a/b.rs", "use super::f;\nfn g() {}")]), ["a.rs a/b.rs"]);
        assert_eq!(
            shown(&[parent, ("a/b.rs", "use super::c::X;\nfn g() {}"), ("a/c.rs", "struct X;")]),
            [""; 0]
        );
    }

    #[test]
    fn a_root_counts_only_if_it_holds_code() {
        let file = ("a.rs", "fn f() -> crate::X {}");
        assert_eq!(shown(&[("lib.rs", "mod a; pub use a::f; pub use b::X;"), file]), [""; 0]);
        assert_eq!(shown(&[("lib.rs", "mod a; pub use a::f; struct X;"), file]), ["lib.rs a.rs"]);
    }

    #[test]
    fn two_circles_are_two() {
        let files = [("a.rs", "use crate::b::B;fn f(){}"), ("b.rs", "use crate::a::A;fn f(){}")];
        let more = [("c.rs", "use crate::d::D;fn f(){}"), ("d.rs", "use crate::c::C;fn f(){}")];
        assert_eq!(shown(&[files, more].concat()), ["a.rs b.rs", "c.rs d.rs"]);
    }
}
