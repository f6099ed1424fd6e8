//! Tools for testing what keeps web sessions, and what is built on it.
//!
//! Both are stores around another store: [`CountingStore`] says which calls were made, [`FaultyStore`] makes some of them fail.
//! With the feature `http` there are HTTP `stories`, by which the author of a framework's adapter proves it.
//!
//! ```
//! use session_core::{MemoryStore, SessionFactory, SessionOptions};
//! use session_testkit::{CountingStore, Op};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = CountingStore::new(MemoryStore::new());
//! let calls = store.calls();
//! let sessions = SessionFactory::new(SessionOptions::new("thirty-two bytes of secret, or more"), store)?;
//!
//! let exchange = sessions.begin([]);
//! exchange.session().await?.insert("name", "Ada")?;
//! let effects = exchange.finish(200, |rest| drop(tokio::spawn(rest))).await?;
//! assert!(effects.set_cookie.is_some());
//! assert_eq!(calls.take(), [Op::Create]);
//! # Ok(())
//! # }
//! ```

mod counting;
mod faulty;
mod op;
#[cfg(feature = "http")]
pub mod stories;

pub use counting::{Calls, CountingStore};
pub use faulty::{Fault, Faults, FaultyStore};
pub use op::Op;
pub use session_core::ManualClock;
