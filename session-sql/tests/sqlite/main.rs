//! Tests of the store in SQLite: the contract by the kit's rules, and what is SQLite's own.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod connections;
mod locked;
mod migrate;
mod previous_release;
mod purge;
mod rows;
mod scene;
