//! The names of the keys, and the members of an owner's index. The scripts make the name of a line's key.

use bytes::{BufMut as _, Bytes, BytesMut};
use session_core::Owner;
use session_core::store::{StoreKey, Version};
use sha2::{Digest as _, Sha256};

/// The number that a session keeps through all renames.
pub(crate) type Line = [u8; 8];

/// The random name of an entry in an owner's index.
pub(crate) type Tag = [u8; 8];

/// The first bytes of the hash of an owner.
pub(crate) type OwnerHash = [u8; 8];

/// The beginning of all keys of a store.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: Bytes,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: Bytes::copy_from_slice(prefix.as_bytes()) }
    }

    /// Returns the key of a session, or of its rename marker. A cluster places it by what is in the braces.
    pub(crate) fn session(&self, key: &StoreKey) -> Bytes {
        let (placement, digest) = key.as_bytes().split_at(2);
        let mut name = BytesMut::with_capacity(self.prefix.len() + 6 + digest.len());
        name.put_slice(&self.prefix);
        name.put_u8(b'{');
        for byte in placement {
            name.put_slice(&[hex(byte >> 4), hex(byte & 15)]);
        }
        name.put_u8(b'}');
        name.put_slice(digest);
        name.freeze()
    }

    /// Returns the beginning of the keys of all indexes.
    pub(crate) fn indexes(&self) -> Bytes {
        [&self.prefix, b"o:".as_slice()].concat().into()
    }

    /// Returns the key of an owner's index. It has a hash of the owner, because keys stand in logs of the
    /// server.
    pub(crate) fn index(&self, owner: OwnerHash) -> Bytes {
        [&self.prefix, b"o:".as_slice(), &owner].concat().into()
    }
}

const fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

/// Returns the part of an owner's hash that names its index. Two owners may share an index: whatever reads it
/// compares the owners themselves.
pub(crate) fn owner_hash(owner: &Owner) -> OwnerHash {
    first(Sha256::digest(owner.as_str().as_bytes()).as_slice())
}

/// Returns the line of a session that is created under this key with this version.
pub(crate) fn line(key: &StoreKey, version: Version) -> Line {
    let digest = u64::from_be_bytes(first(&key.as_bytes()[2..]));
    (digest ^ version.to_bits()).to_be_bytes()
}

/// Returns the first bytes.
///
/// # Panics
///
/// Panics if there are fewer.
pub(crate) fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    *bytes.first_chunk().expect("there are enough bytes")
}

/// A member of an owner's index. Members are in the order of their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) line: Line,
    /// The time until which the member stands for the session, in milliseconds.
    pub(crate) cover: i64,
    pub(crate) tag: Tag,
    pub(crate) key: StoreKey,
}

impl Member {
    pub(crate) const BYTES: usize = 24 + StoreKey::BYTES;

    pub(crate) fn to_bytes(self) -> Bytes {
        let cover = self.cover.to_be_bytes();
        [&self.line, &cover, &self.tag, self.key.as_bytes().as_slice()].concat().into()
    }

    /// Reads a member, or returns `None` if it is not one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        Some(Self {
            line: first(bytes),
            cover: i64::from_be_bytes(first(&bytes[8..])),
            tag: first(&bytes[16..]),
            key: StoreKey::from_bytes(first(&bytes[24..])),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_placed_by_the_first_two_bytes_of_its_key() {
        let key = StoreKey::from_bytes(std::array::from_fn(|at| at as u8 + 0xA9));
        let name = Keys::new("sess:").session(&key);
        assert_eq!(&name[..11], b"sess:{a9aa}");
        assert_eq!(&name[11..], &key.as_bytes()[2..]);
    }

    #[test]
    fn a_member_is_read_as_it_was_written() {
        let key = StoreKey::from_bytes([7; 34]);
        let member = Member { line: [1; 8], cover: i64::MAX, tag: [2; 8], key };
        assert_eq!(Member::read(&member.to_bytes()), Some(member));
        assert_eq!(Member::read(&member.to_bytes()[1..]), None);
    }

    #[test]
    fn sessions_under_one_key_have_different_lines() {
        let key = StoreKey::from_bytes([7; 34]);
        assert_ne!(line(&key, Version::from_bits(1)), line(&key, Version::from_bits(2)));
    }

    #[test]
    fn no_key_contains_the_name_of_an_owner() {
        let index = Keys::new("sess:").index(owner_hash(&Owner::from("ada")));
        assert!(!index.windows(3).any(|part| part == b"ada"));
    }
}
