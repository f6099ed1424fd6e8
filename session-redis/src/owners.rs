//! The sessions of each owner, in a sorted set.
//!
//! On one server the scripts change the set together with the session. In a cluster the two lie on different
//! nodes: a session is entered before it is written, and an entry is removed after its session has ended or
//! moved. So an interrupted call may leave an entry too many, which is recognised because its session is not
//! there, but never a session without an entry.

mod list;
mod page;
mod revoke;

use bytes::Bytes;
use session_core::UnixTime;
use session_core::store::StoreKey;
use tokio::time::Instant;

use crate::arguments::{optional, time};
use crate::driver::contract::{Command, Driver};
use crate::error::Failure;
use crate::layout::keys::{Keys, Line, Member, OwnerHash, Tag, first};
use crate::layout::value::index_time_to_live;
use crate::scripts::ENTER_ONE;

/// The index of sessions by owner.
pub(crate) struct Owners<D> {
    driver: D,
    keys: Keys,
    in_scripts: Bytes,
}

/// An entry that is over, as a script tells it.
pub(crate) struct Over {
    line: Line,
    tag: Tag,
    hash: OwnerHash,
    cover: i64,
}

impl Over {
    const BYTES: usize = 32;

    /// Reads line, tag, owner's hash and cover.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        Some(Self {
            line: first(bytes),
            tag: first(&bytes[8..]),
            hash: first(&bytes[16..]),
            cover: i64::from_be_bytes(first(&bytes[24..])),
        })
    }

    /// Reads the same, and the key of the session.
    pub(crate) fn read_with_key(bytes: &[u8]) -> Option<(Self, StoreKey)> {
        let (over, key) = bytes.split_at_checked(Self::BYTES)?;
        Some((Self::read(over)?, StoreKey::from_bytes(key.try_into().ok()?)))
    }
}

impl<D: Driver> Owners<D> {
    pub(crate) fn new(driver: D, keys: Keys) -> Self {
        let in_scripts = if driver.is_cluster() { Bytes::new() } else { keys.indexes() };
        Self { driver, keys, in_scripts }
    }

    /// Returns the beginning of the keys of indexes, for scripts that change the index themselves. In a
    /// cluster it is empty, because they cannot.
    pub(crate) fn in_scripts(&self) -> Bytes {
        self.in_scripts.clone()
    }

    /// Enters a session, before it is written.
    pub(crate) async fn enter(
        &self,
        hash: OwnerHash,
        member: Member,
        now: UnixTime,
        until: Instant,
    ) -> Result<(), Failure> {
        let arguments = [member.to_bytes(), optional(index_time_to_live(member.cover, now)), time(now)];
        self.driver.script(&ENTER_ONE, &[self.keys.index(hash)], &arguments, until).await.map(|_| ())
    }

    /// Enters a session once more, with a later cover. `entry` has its line, tag and owner's hash.
    pub(crate) async fn enter_again(
        &self,
        entry: &[u8],
        cover: i64,
        key: StoreKey,
        now: UnixTime,
        until: Instant,
    ) -> Result<(), Failure> {
        let entry: &[u8; 24] = entry.try_into().map_err(|_| Failure::BadReply)?;
        let member = Member { line: first(entry), cover, tag: first(&entry[8..]), key };
        self.enter(first(&entry[16..]), member, now, until).await
    }

    /// Removes the entry of a session that was not written after all.
    pub(crate) async fn take_back(&self, hash: OwnerHash, member: Member, until: Instant) {
        if self.driver.is_cluster() {
            // An entry too many does no harm.
            let _ = self.remove_members(hash, vec![member.to_bytes()], until).await;
        }
    }

    /// Removes an entry that is over. The write has succeeded, whatever becomes of this.
    pub(crate) async fn remove(&self, over: Over, key: StoreKey, until: Instant) {
        let member = Member { line: over.line, cover: over.cover, tag: over.tag, key };
        let _ = self.remove_members(over.hash, vec![member.to_bytes()], until).await;
    }

    async fn remove_members(
        &self,
        hash: OwnerHash,
        members: Vec<Bytes>,
        until: Instant,
    ) -> Result<(), Failure> {
        self.driver.command(Command::ZRem, &self.keys.index(hash), &members, until).await.map(|_| ())
    }
}
