//! The parts that the benchmarks share: the server, and the plain commands.
#![allow(dead_code, reason = "each benchmark uses a part")]

pub(crate) mod bare;
pub(crate) mod server;
