//! Tests of the site from the outside: they run the real program and use real connections.

#![cfg(unix)] // The tests send signals and check file modes.
#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

mod browser;
mod database;
mod killed;
mod matrix;
mod outage;
mod program;
mod redis;
mod site;
mod start;
mod two_nodes;
mod two_processes;
mod unreadable;
mod walk;
mod wrong_redis_urls;
mod wrong_urls;
