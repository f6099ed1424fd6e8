//! Rust source, read word by word and without a compiler.

pub(crate) mod crates;
pub(crate) mod door;
pub(crate) mod files;
pub(crate) mod paths;
pub(crate) mod pieces;
pub(crate) mod tokens;
