//! The doubt whether a server is still the primary.
//!
//! A server can become a replica at any time, and then loads could be stale: they might find a session that
//! was ended on the new primary. The nodes of a cluster refuse loads when they are replicas, but a server on
//! its own serves them. So after each new connection, and after a write that was refused by a replica, the
//! server is asked before the next command. Not asked are reads that were under way when the connection was
//! lost, which the driver sends again itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The doubt. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubt(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    raised: AtomicU64,
    /// The number of times that it had been raised when the server was last found to be the primary.
    resolved: AtomicU64,
}

impl Doubt {
    pub(super) fn raise(&self) {
        self.0.raised.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns the number of times that it was raised, unless it is resolved.
    pub(super) fn unresolved(&self) -> Option<u64> {
        let raised = self.0.raised.load(Ordering::SeqCst);
        (raised != self.0.resolved.load(Ordering::SeqCst)).then_some(raised)
    }

    /// Resolves the doubt, unless it was raised again since there was this number.
    pub(super) fn resolve(&self, raised: u64) {
        self.0.resolved.fetch_max(raised, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_that_is_raised_again_meanwhile_is_not_resolved() {
        let doubt = Doubt::default();
        assert_eq!(doubt.unresolved(), None);
        doubt.raise();
        let first = doubt.unresolved().unwrap();
        doubt.raise();
        doubt.resolve(first);
        let second = doubt.unresolved().unwrap();
        doubt.resolve(second);
        doubt.resolve(first);
        assert_eq!(doubt.unresolved(), None);
    }
}
