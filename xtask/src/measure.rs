//! `cargo xtask measure`: how large the crates' files and functions are, and whether files import in circles.

mod circles;
mod functions;
mod limits;
mod names;
mod size;

use crate::failure::Failure;
use crate::rust::crates::{self, ALL, KIT};
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
            let lib = files.iter().find(|(name, _)| name == "lib.rs");
            found.extend(check_root(lib.map_or("", |(_, text)| text)));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::Finding(format!("{} beyond the limits:\n{}", found.len(), found.join("\n"))))
}

/// Prints the public names of the core's root, and returns the offence if there are too many.
fn check_root(lib: &str) -> Option<String> {
    let names = names::public_names(lib);
    println!("    public names at its root: {} ({})", names.len(), names.join(", "));
    limits::root_offence(CORE, names.len())
}
