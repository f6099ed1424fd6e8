//! The source of all randomness: the thread's generator, which the operating system seeds. If that fails it
//! panics; nothing weaker ever takes its place (CVE-2025-66630).

use rand::{Rng as _, RngExt as _};

use crate::id::{RANDOM_BYTES, SessionId};
use crate::store::record::Version;

/// Draws an ID for a session that never had one.
pub(crate) fn id() -> SessionId {
    SessionId::from_random(rand::rng().random())
}

/// Draws another ID for a session that has one.
pub(crate) fn rotated(id: &SessionId) -> SessionId {
    let mut random = [0; RANDOM_BYTES];
    rand::rng().fill_bytes(&mut random);
    id.rotated(random)
}

/// Draws a version for one write.
pub(crate) fn version() -> Version {
    Version::from_bits(rand::rng().next_u64())
}
