//! Web sessions in a SQL database, for [`session_core`].
//!
//! [`SqliteStore`] keeps each session in a row of one table. Every call for a session is one statement when it succeeds, prepared
//! once on each connection, that compares and sets: parallel requests lose no change, and nothing that was signed out comes back.
//! [`PurgeTask`] removes what has expired, in the background.
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
//! * `tracing`: events on the target `session` for what the purge task did. They hold no key, owner or payload.

#[cfg(feature = "sqlite")]
mod failure;
mod purge;
#[cfg(feature = "sqlite")]
mod sqlite;
mod table;
mod trace;

/// The driver, in the version whose pools the stores take.
pub use sqlx;

pub use purge::PurgeTask;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore, Synchronous};
pub use table::{BadTableName, TableName};

/// The README's examples are compiled as all others are.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct ReadMe;
