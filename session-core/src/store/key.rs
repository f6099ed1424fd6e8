//! The key under which a store keeps a session.

use std::fmt;

/// The length of a key's placement: bytes by which a store may choose where to keep a session. They are
/// random at first and stay the same through every renewal.
pub(crate) const PLACEMENT_BYTES: usize = 2;

/// The key under which a store keeps a session: two bytes of placement, then a SHA-256 hash of the cookie's
/// name and the session ID.
///
/// Because it is a hash, a leaked table holds no usable cookie, and the timing of a lookup reveals nothing
/// about a session ID (CVE-2019-16782). `Debug` is redacted all the same.
///
/// ```
/// use session_core::store::StoreKey;
///
/// let key = StoreKey::from_bytes([7; StoreKey::BYTES]);
/// assert_eq!(key.placement(), [7, 7]);
/// assert_eq!(format!("{key:?}"), "StoreKey(..)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey([u8; StoreKey::BYTES]);

impl StoreKey {
    /// The length of a key in bytes.
    pub const BYTES: usize = PLACEMENT_BYTES + 32;

    /// Creates the key from its bytes, as a store has kept them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the key, for a store to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Returns the two bytes that stay the same when a session is renewed. If a store chooses a record's
    /// shard by them, a rename stays within the shard.
    #[must_use]
    pub const fn placement(&self) -> [u8; PLACEMENT_BYTES] {
        [self.0[0], self.0[1]]
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placement_is_the_first_two_bytes_of_the_key() {
        let key = StoreKey::from_bytes(std::array::from_fn(|at| at as u8));
        assert_eq!(key.placement(), [0, 1]);
    }

    #[test]
    fn nothing_prints_a_key() {
        assert_eq!(format!("{:?}", StoreKey::from_bytes([0xAB; StoreKey::BYTES])), "StoreKey(..)");
    }
}
