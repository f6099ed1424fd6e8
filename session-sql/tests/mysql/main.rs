//! Tests of the store in MariaDB: the contract by the kit's rules, and what is MariaDB's own.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod database;
mod scene;
mod server;

// The same for each database.
#[path = "../shared/batches.rs"]
mod batches;
#[path = "../shared/calls.rs"]
mod calls;
#[path = "../shared/purge.rs"]
mod purge;
#[path = "../shared/records.rs"]
mod records;
#[path = "../shared/rows.rs"]
mod rows;
#[path = "../shared/sizes.rs"]
mod sizes;
