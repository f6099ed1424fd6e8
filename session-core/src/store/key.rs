//! The key under which a store keeps a session.

use std::fmt;

/// Bytes that say where a store keeps the session. They are random at first and stay through every renewal.
pub(crate) const PLACEMENT_BYTES: usize = 2;

/// What a store knows a session by: two bytes of placement, then SHA-256 over the cookie's name and the session's id.
///
/// It is a hash, so a leaked table holds no usable cookie, and a lookup's timing tells nothing about an id
/// (CVE-2019-16782). `Debug` is redacted all the same.
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
    /// The length of every key.
    pub const BYTES: usize = PLACEMENT_BYTES + 32;

    /// The key that these bytes are, as a store read them back.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for a store to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// The two bytes that a renewal keeps: a store that places records by them can rename a record where it lies.
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
    fn the_placement_is_where_the_key_begins() {
        let key = StoreKey::from_bytes(std::array::from_fn(|at| at as u8));
        assert_eq!(key.placement(), [0, 1]);
    }

    #[test]
    fn nothing_prints_a_key() {
        assert_eq!(format!("{:?}", StoreKey::from_bytes([0xAB; StoreKey::BYTES])), "StoreKey(..)");
    }
}
