//! `cargo xtask measure`: how large the crates' files and functions are, and whether files import in circles.

mod circles;
mod functions;
mod limits;
mod names;
mod size;

use crate::failure::Failure;
use crate::rust::crates::{self, ALL, KIT};
use crate::rust::door;
use crate::rust::tokens::tokens;
use crate::workspace;
use size::Size;

/// The crate whose root is kept small.
const CORE: &str = "session-core";

/// Prints the size of each crate, and fails if one is beyond its limits.
pub(crate) fn run() -> Result<(), Failure> {
    let mut found = Vec::new();
    println!("{}", size::HEADING);
    for (name, folder) in ALL {
        let files = crates::read(&workspace::root(), folder)?;
        let size = Size::of(&files);
        println!("{}", size.line(name));
        if *name != KIT.0 {
            found.extend(limits::offences(&format!("{folder}/src"), &size));
        }
        if *name == CORE {
            match files.iter().find(|(name, _)| name == "lib.rs") {
                Some((_, lib)) => found.extend(check_root(lib)),
                None => {
                    found.push(format!("{folder}/src/lib.rs is not there, so its root cannot be measured"))
                }
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::Finding(format!("{} beyond the limits:\n{}", found.len(), found.join("\n"))))
}

/// Prints the public names of the core's root, and returns the offence if there are too many.
fn check_root(lib: &str) -> Option<String> {
    if let Some(line) = door::first_other_item(&tokens(lib)) {
        let problem = "an item is defined at the root; define it in a file, and re-export it";
        return Some(format!("{CORE}/src/lib.rs:{line}: {problem}"));
    }
    let names = names::public_names(lib);
    if names.iter().any(|name| name.ends_with('*')) {
        return Some(format!("{CORE}/src/lib.rs: a glob re-exports names that nobody counts; name each"));
    }
    println!("    public names at its root: {} ({})", names.len(), names.join(", "));
    limits::root_offence(CORE, names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_of_few_names_is_good() {
        assert_eq!(check_root("//! A crate.\nmod a;\npub use a::A;"), None);
    }

    #[test]
    fn names_that_would_not_be_counted_are_found() {
        let glob = check_root("mod a;\npub use a::*;").unwrap();
        assert!(glob.contains("name each"), "{glob}");
        let item = check_root("mod a;\npub struct B;").unwrap();
        assert!(item.starts_with("session-core/src/lib.rs:2: an item is defined at the root"), "{item}");
    }

    #[test]
    fn a_root_of_too_many_names_is_found() {
        let names: Vec<String> = (0..22).map(|n| format!("A{n}")).collect();
        assert!(check_root(&format!("mod a;\npub use a::{{{}}};", names.join(", "))).is_some());
    }
}
