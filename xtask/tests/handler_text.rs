//! A handler is the same text on each framework: what differs is the path of the error's type, and whether Rocket's is async.

use std::fs;
use std::path::Path;

/// The function `visit` in the README of this adapter, without what may differ.
fn visit(adapter: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace");
    let readme = root.join("integrations").join(adapter).join("README.md");
    let text = fs::read_to_string(&readme).unwrap_or_else(|error| panic!("{}: {error}", readme.display()));
    let from = text.find("fn visit(").unwrap_or_else(|| panic!("{} shows `visit`", readme.display()));
    let function = text[from..].split_inclusive("\n}").next().expect("a split has a first part");
    function.replace(&format!("session_{adapter}::Error"), "Error")
}

#[test]
fn the_handler_of_the_readmes_is_the_same_on_each_framework() {
    let axum = visit("axum");
    assert!(axum.contains("session.update(\"visits\""), "{axum}");
    for adapter in ["warp", "rocket"] {
        assert_eq!(visit(adapter), axum, "{adapter}");
    }
}
