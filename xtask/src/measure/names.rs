//! The public names at a crate's root.

use crate::rust::paths::branch_names;
use crate::rust::tokens::{begins, tokens};

/// Returns each name of a `pub use`, and each `pub mod`, in the order of `lib.rs`.
pub(super) fn public_names(lib: &str) -> Vec<String> {
    let tokens = tokens(lib);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if begins(&tokens[at..], &["pub", "use"]) {
            found.extend(branch_names(&tokens[at + 2..]));
        } else if begins(&tokens[at..], &["pub", "mod"]) {
            found.extend(tokens.get(at + 2).map(|name| name.text.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_public_use_and_each_public_module_counts() {
        let lib = "pub use a::A;\npub use b::{B, c::{C, D as E}, *};\npub mod f;\npub use g::{self};";
        assert_eq!(public_names(lib), ["A", "B", "C", "E", "b::*", "f", "g"]);
    }

    #[test]
    fn what_is_not_public_does_not_count() {
        let lib = "use a::A;\npub(crate) use b::B;\nmod c;\npub(crate) mod d;\n#[cfg(test)] mod tests { pub use e::E; }";
        assert_eq!(public_names(lib), [""; 0]);
    }
}
