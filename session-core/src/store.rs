//! What the author of a store needs.
//!
//! A store implements [`SessionStore`], whose documentation is the contract in numbered clauses. If it can list the sessions of an
//! owner, it also implements [`OwnerIndex`]; if its database does not expire records by itself, [`PurgeExpired`].
//!
//! The crate `session-testkit` has the contract as tests, and a guide that builds a store.

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
