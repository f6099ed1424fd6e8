//! Random numbers from the standard library.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Returns a random number, good enough for ports and for passwords of tests.
pub(crate) fn random() -> u64 {
    // Each `RandomState` has keys of its own, so the hash of nothing differs.
    RandomState::new().build_hasher().finish()
}
