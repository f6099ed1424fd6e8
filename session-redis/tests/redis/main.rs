//! Tests of the store in Redis: the contract by the kit's rules, and what is Redis's own.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod connections;
mod costs;
mod endure;
mod entries;
mod events;
mod failover;
mod groups;
mod owned;
mod prefix;
mod raw;
mod replica;
mod rights;
mod scene;
mod scripts;
mod server;
mod sizes;
mod tls;
mod values;
