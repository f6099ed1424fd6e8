//! The purge date at which a batch of a purge begins.

use std::sync::atomic::{AtomicI64, Ordering};

/// The start of a batch that knows of none before it.
pub(crate) const EARLIEST: i64 = i64::MIN;

/// The first purge date of the last batch, if that batch was full.
pub(crate) struct PurgeStart(AtomicI64);

impl PurgeStart {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(EARLIEST))
    }

    /// Returns the start of the next batch. It is set again only if that batch is full, too.
    pub(crate) fn take(&self) -> i64 {
        self.0.swap(EARLIEST, Ordering::Relaxed)
    }

    pub(crate) fn set(&self, first: i64) {
        self.0.store(first, Ordering::Relaxed);
    }
}
