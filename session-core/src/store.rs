//! The interface that the author of a store implements.
//!
//! A store implements [`SessionStore`], whose documentation is the contract in numbered clauses. A store that
//! can list the sessions of an owner also implements [`OwnerIndex`]. A store whose database does not expire
//! records by itself also implements [`PurgeExpired`]. The module [`after_miss`] and the type [`Entry`] have
//! the parts that stores have in common.
//!
//! The crate `session-testkit` checks the contract with tests, and has a guide that builds a store.

pub mod after_miss;
pub(crate) mod circuit;
pub(crate) mod circuit_breaker;
pub(crate) mod contract;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod memory;
pub(crate) mod owner_index;
#[cfg(feature = "tokio")]
pub(crate) mod purge_task;
pub(crate) mod record;
pub(crate) mod size_limits;
pub(crate) mod touch_patience;

pub use crate::owner::Owner;
pub use crate::time::UnixTime;
pub use async_trait::async_trait;
pub use circuit_breaker::{CircuitBreaker, CircuitBreakerOptions};
pub use contract::{Created, Loaded, PurgeExpired, RENAME_MARKER_LIFETIME, SessionStore, Touched, Written};
pub use entry::{BadEntry, Entry};
pub use error::{StoreError, StoreErrorKind};
pub use key::StoreKey;
pub use owner_index::{ListCursor, OwnedPage, OwnedSession, OwnerIndex};
#[cfg(feature = "tokio")]
pub use purge_task::PurgeTask;
pub use record::{Record, Version};
pub use size_limits::SizeLimits;
pub use touch_patience::TouchPatience;
