//! The hash of a key in the maps of the store in memory.

use std::hash::{BuildHasherDefault, Hasher};

/// A hash that takes the last eight bytes of a key. They are part of a SHA-256 hash, so they are evenly
/// spread already.
pub(crate) type KeyHash = BuildHasherDefault<KeyHasher>;

#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some((_, last)) = bytes.split_last_chunk() {
            self.0 = u64::from_ne_bytes(*last);
        }
    }

    // This is called with the length of the key, which is the same for all keys.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::key::StoreKey;
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    /// Returns a key whose placement is `first` and whose digest ends in `last`.
    pub(crate) fn key(first: u16, last: u64) -> StoreKey {
        let mut bytes = [0; StoreKey::BYTES];
        bytes[..2].copy_from_slice(&first.to_be_bytes());
        bytes[StoreKey::BYTES - 8..].copy_from_slice(&last.to_be_bytes());
        StoreKey::from_bytes(bytes)
    }

    #[test]
    fn keys_hash_by_their_digest() {
        let hashes: HashSet<u64> = (0..100).map(|n| KeyHash::default().hash_one(key(0, n))).collect();
        assert_eq!(hashes.len(), 100);
        assert_eq!(KeyHash::default().hash_one(key(0, 1)), KeyHash::default().hash_one(key(7, 1)));
    }
}
