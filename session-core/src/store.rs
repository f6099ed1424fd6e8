//! The interface that the author of a store implements.
//!
//! A store implements [`SessionStore`], whose documentation is the contract in numbered clauses. A store that
//! can list the sessions of an owner also implements [`OwnerIndex`]. A store whose database does not expire
//! records by itself also implements [`PurgeExpired`].
//!
//! The crate `session-testkit` checks the contract with tests, and has a guide that builds a store.

pub(crate) mod contract;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod memory;
pub(crate) mod record;

pub use crate::owner::Owner;
pub use crate::time::UnixTime;
pub use async_trait::async_trait;
pub use contract::{Created, Loaded, OwnedSession, OwnerIndex, PurgeExpired, SessionStore, Touched, Written};
pub use error::{StoreError, StoreErrorKind};
pub use key::StoreKey;
pub use record::{Record, Version};
