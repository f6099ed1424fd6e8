//! The parts that the comparisons share: the engine, the sessions, and the process of the rival.
#![allow(dead_code, reason = "each benchmark uses a part")]
#![allow(unreachable_pub, reason = "one of the files is also a file of the rival's program")]

pub(crate) mod engine;
pub(crate) mod rival;
pub(crate) mod server;
pub(crate) mod sessions;
pub(crate) mod slice;
