//! Tests of the store in PostgreSQL: the contract by the kit's rules, and what is PostgreSQL's own.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod conformance;
mod connections;
mod database;
mod endure;
mod failures;
mod migrate;
mod purge;
mod rows;
mod scene;
mod server;
mod tls;
