//! The programs of the repository's README, compiled as documentation tests.
//!
//! They need every crate of the workspace, which none that is published may ask for.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
