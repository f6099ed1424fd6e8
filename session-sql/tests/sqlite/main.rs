//! Tests of the store in SQLite: the contract by the kit's rules, and what is SQLite's own.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod connections;
mod locked;
mod migrate;
mod previous_release;
mod scene;

// The same for each database.
#[path = "../shared/batches.rs"]
mod batches;
#[path = "../shared/calls.rs"]
mod calls;
#[path = "../shared/purge.rs"]
mod purge;
#[path = "../shared/rows.rs"]
mod rows;
#[path = "../shared/sizes.rs"]
mod sizes;
