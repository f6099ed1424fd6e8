//! The sharded locks of the store in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of shards, each with a lock of its own.
pub(crate) const SHARDS: usize = 64;

/// Takes a lock.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A poisoned lock is safe to use: no code of the caller runs under it, and ours does not panic in the
    // middle of a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
