//! Web sessions in a SQL database, for [`session_core`].
//!
//! [`SqliteStore`], [`PostgresStore`] and [`MySqlStore`] keep each session in a row of one table. A call for
//! a session runs one statement if it succeeds, with few exceptions in [`MySqlStore`], and each statement is
//! prepared once per connection. When there are more calls than connections, loads share statements, and so
//! do updates. Writes are compare-and-set, so parallel requests lose no change, and a session that was signed
//! out does not come back. [`PurgeTask`] removes expired sessions in the background.
//!
//! ```
//! use session_core::{SessionFactory, SessionOptions};
//! use session_sql::SqliteStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqliteStore::connect("sqlite::memory:").await?;
//! store.migrate().await?;
//! let sessions = SessionFactory::new(SessionOptions::new("thirty-two bytes of secret, or more"), store)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! * `sqlite` (default): [`SqliteStore`], with SQLite built in.
//! * `postgres`: [`PostgresStore`].
//! * `mysql`: [`MySqlStore`], for MariaDB and MySQL.
//! * `tls-rustls-ring-native-roots`, `tls-rustls-ring-webpki`: TLS to the server, with the certificate
//!   authorities of the operating system, or with those of Mozilla, built in.
//! * `tracing`: events of the purge task and of lost connections on the target `session`. They contain no
//!   key, owner or payload.

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod batch;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod credentials;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod deadline;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod failure;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod lender;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod migrate;
#[cfg(feature = "mysql")]
mod mysql;
mod name;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod page;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod purge;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod retry;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod trace;

/// The driver, in the version whose pools `from_pool` of each store takes.
pub use sqlx;

#[cfg(any(feature = "mysql", feature = "postgres"))]
pub use credentials::{CredentialSource, Credentials};
#[cfg(feature = "mysql")]
pub use mysql::{MySqlOptions, MySqlStore};
pub use name::{BadName, SchemaName, TableName};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore, Statements};
pub use session_core::store::PurgeTask;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore, Synchronous};

/// The README's examples, compiled as documentation tests.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct ReadMe;
