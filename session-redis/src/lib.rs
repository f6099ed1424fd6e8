//! Web sessions in Redis or Valkey, for [`session_core`].
//!
//! [`RedisStore`] keeps each session under one key. On one server each call for a session is one command,
//! with few exceptions. Writes are compare-and-set, so parallel requests lose no change, and a session that
//! was signed out does not come back. An index by owner lists and revokes sessions. The server removes
//! expired sessions by itself.
//!
//! # Features
//!
//! * `enable-rustls-ring`, `enable-rustls`: TLS to the server, with the certificates that the system trusts.
//! * `sentinel-auth`: other credentials for the sentinels than for the servers.
//! * `tracing`: each loss and each return of the connection, and each repetition of a command, is an event on
//!   the target `session`.
//! * `unix-sockets`: connections through a socket of the file system.

mod arguments;
mod check;
mod commands;
mod connect;
mod driver;
mod error;
mod gather;
mod info;
mod layout;
mod options;
mod owners;
mod scripts;
mod store;
mod trace;

/// The driver, in the version whose client [`RedisStore::from_client`] takes.
pub use fred;

pub use options::{BadPrefix, KeyPrefix, RedisOptions};
pub use store::RedisStore;

/// The README's examples, compiled as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
