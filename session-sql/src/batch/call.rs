//! The calls that can share a statement.

use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Version};

/// The arguments of a call.
pub(crate) trait Call: Send + Sync + 'static {
    /// Returns the key that only one call of a statement may have.
    fn only_key(&self) -> Option<StoreKey> {
        None
    }

    /// Returns the number of bytes that the call adds to a statement.
    fn bytes(&self) -> usize {
        0
    }
}

/// The arguments of a load.
pub(crate) struct Load {
    pub(crate) key: StoreKey,
    pub(crate) now: UnixTime,
}

/// The arguments of an update.
pub(crate) struct Update {
    pub(crate) key: StoreKey,
    pub(crate) record: Record,
    pub(crate) expected: Version,
    pub(crate) now: UnixTime,
}

impl Call for Load {}

impl Call for Update {
    /// Returns the key. If one statement had two records for a row, only one of them would be written.
    fn only_key(&self) -> Option<StoreKey> {
        Some(self.key)
    }

    fn bytes(&self) -> usize {
        let Record { payload, owner, label, .. } = &self.record;
        let owner = owner.as_ref().map_or(0, |owner| owner.as_str().len());
        payload.len() + owner + label.as_ref().map_or(0, |label| label.len())
    }
}
