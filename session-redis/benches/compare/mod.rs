//! The parts that the benchmarks share: the engine, the sessions, and the process of the rival.
#![allow(dead_code, reason = "each benchmark uses a part")]
#![allow(unreachable_pub, reason = "some of the files are also files of the rival's program")]

pub(crate) mod bare;
pub(crate) mod engine;
pub(crate) mod processor;
pub(crate) mod rival;
pub(crate) mod server;
pub(crate) mod sessions;
pub(crate) mod slice;
