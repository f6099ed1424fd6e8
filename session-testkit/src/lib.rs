//! Proves a store of sessions, and tools for testing what is built on one.
//!
//! [`conformance!`] makes a `#[test]` of each rule of the store contract; [`Suite`] runs the same rules and gives a [`Report`]. The
//! guide [`your_store`] goes from an empty file to a proven store. With the feature `http` there are HTTP `stories`, by which the author
//! of a framework's adapter proves it, and the guide `your_adapter`.
//!
//! ```
//! use session_core::MemoryStore;
//!
//! session_testkit::conformance!(memory, MemoryStore::new);
//! # fn main() {}
//! ```
//!
//! Two stores go around another one: [`CountingStore`] says which calls were made, [`FaultyStore`] makes some of them fail.
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
//! let effects = exchange.finish(200).await?;
//! assert!(effects.set_cookie.is_some());
//! assert_eq!(calls.take(), [Op::Create]);
//! # Ok(())
//! # }
//! ```
//!
//! # Testing an application
//!
//! [`cookie`] returns the Cookie header of a session that is signed in, or prepared in another way. Send it with a request to your
//! application, so that its tests need no sign-in page. [`TestRequest`] has a session without a server, for tests that call a handler
//! directly, and shows what was saved.
//!
//! # Features
//!
//! * `bench`: a benchmark for any store, by criterion.
//! * `http`: the HTTP stories.

#[cfg(feature = "bench")]
pub mod bench;
mod broken;
mod capability;
mod conformance;
mod counting;
mod faulty;
mod harness;
pub mod histories;
mod manual_clock;
mod model;
mod op;
mod pages;
mod play;
mod program;
mod report;
mod rule;
mod rules;
mod seed;
mod stage;
#[cfg(feature = "http")]
pub mod stories;
mod suite;
mod test_request;
mod violation;
#[cfg(feature = "http")]
pub mod your_adapter;

pub use crate::manual_clock::ManualClock;
pub use broken::{BrokenHarness, BrokenStore, Flaw};
pub use capability::Capability;
pub use counting::{Calls, CountingStore};
pub use faulty::{Fault, Faults, FaultyStore};
pub use harness::{Fresh, Harness, HarnessError, Outage, Restart, Time};
pub use op::Op;
pub use play::Outcome;
pub use report::{Report, Row};
pub use rule::{Level, Rule};
pub use rules::all as rules;
pub use suite::Suite;
pub use test_request::{NoCookie, TestRequest, cookie};
pub use violation::Violation;

#[doc = include_str!("../docs/your_store.md")]
pub mod your_store {}

/// What the macros call.
#[doc(hidden)]
pub mod __private {
    pub use crate::conformance::{agree, check};
}
