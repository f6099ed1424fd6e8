//! Tests of the store in Redis: the contract by the kit's rules, and what is Redis's own.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod groups;
mod prefix;
mod server;
