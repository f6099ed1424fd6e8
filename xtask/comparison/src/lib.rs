//! Comparisons of stores with other ways to keep sessions, for the benchmarks.
//!
//! The engine lets contenders work in turn. A contender runs in this process, or is the program of a rival,
//! which has the files `slice.rs` and `processor.rs` in common with this crate.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "a comparison exists to print its figures")]

pub mod engine;
mod processor;
pub mod rival;
pub mod sessions;
pub mod slice;
