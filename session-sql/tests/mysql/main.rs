//! Tests of the store in MariaDB: the contract by the kit's rules, and what is MariaDB's own.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod connections;
mod database;
mod endure;
mod failures;
mod migrate;
mod purge_locks;
mod scene;
mod server;
mod settings;
#[cfg(any(feature = "tls-rustls-ring-native-roots", feature = "tls-rustls-ring-webpki"))]
mod tls;
mod too_many_connections;

// The same for each database.
#[path = "../shared/batches.rs"]
mod batches;
#[path = "../shared/calls.rs"]
mod calls;
#[path = "../shared/late_calls.rs"]
mod late_calls;
#[path = "../shared/locked_row.rs"]
mod locked_row;
#[path = "../shared/purge.rs"]
mod purge;
#[path = "../shared/rows.rs"]
mod rows;
#[path = "../shared/sizes.rs"]
mod sizes;
