//! The sessions of each owner, in a sorted set.
//!
//! On one server the scripts change the set together with the session. In a cluster the two lie on different
//! nodes: a session is entered before it is written, and an entry is removed after its session has ended or
//! moved. So an interrupted call may leave an entry too many, which is recognised because its session is not
//! there, but never a session without an entry.

use std::collections::HashMap;

use bytes::Bytes;
use session_core::store::{ListCursor, OwnedPage, OwnedSession, Record, StoreKey};
use session_core::{Owner, UnixTime};
use tokio::time::Instant;

use crate::arguments::{bytes, number, optional, time};
use crate::driver::{Command, Driver, Reply};
use crate::error::Failure;
use crate::layout::keys::{Keys, Line, Member, OwnerHash, Tag, first, owner_hash};
use crate::layout::value::{Value, line_of, read, time_to_live};
use crate::scripts::{END, ENTER_ONE, FOLLOW};

/// The largest number of sessions in a script.
const PAGE: usize = 1_000;

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
        let arguments = [member.to_bytes(), optional(time_to_live(member.cover, now)), time(now)];
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

    /// Reads members in the order of their lines, after the one that the cursor names.
    async fn members(
        &self,
        hash: OwnerHash,
        after: Option<&Bytes>,
        limit: usize,
        until: Instant,
    ) -> Result<Vec<Member>, Failure> {
        let from = after.map_or_else(|| Bytes::from_static(b"-"), |after| [b"(", &**after].concat().into());
        let limit = number(limit as i64);
        let arguments =
            [from, b"+".as_slice().into(), b"LIMIT".as_slice().into(), b"0".as_slice().into(), limit];
        let index = self.keys.index(hash);
        let members = self.driver.command(Command::ZRangeByLex, &index, &arguments, until).await?;
        members.into_many()?.into_iter().map(member).collect()
    }

    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
        until: Instant,
    ) -> Result<OwnedPage, Failure> {
        let after = after.map(|after| Bytes::copy_from_slice(after.as_bytes()));
        if after.as_ref().is_some_and(|after| Member::read(after).is_none()) {
            return Err(Failure::BadCursor);
        }
        let limit = (limit as usize).clamp(1, PAGE);
        let mut members = self.members(owner_hash(owner), after.as_ref(), limit + 1, until).await?;
        let has_more = members.len() > limit;
        members.truncate(limit);
        let next = members.last().filter(|_| has_more).map(|last| ListCursor::new(last.to_bytes().to_vec()));
        let mut page = OwnedPage { sessions: Vec::new(), next };
        for members in self.groups(&members) {
            self.add_sessions(&mut page, owner, &members, now, until).await?;
        }
        Ok(page)
    }

    /// Adds those of the sessions to a page that live and have the owner.
    async fn add_sessions(
        &self,
        page: &mut OwnedPage,
        owner: &Owner,
        members: &[Member],
        now: UnixTime,
        until: Instant,
    ) -> Result<(), Failure> {
        let names: Vec<_> = members.iter().map(|member| self.keys.session(&member.key)).collect();
        let lines: Vec<_> = members.iter().map(|member| Bytes::copy_from_slice(&member.line)).collect();
        let found = self.follow(&names, &lines, until).await?;
        for (member, (digest, record)) in
            members.iter().zip(found).filter_map(|(member, it)| Some((member, it?)))
        {
            let key = StoreKey::from_bytes(first(&[&member.key.placement(), &*digest].concat()));
            let is_new = page.sessions.iter().all(|session| session.key != key);
            if is_new && record.is_live(now) && record.owner.as_ref() == Some(owner) {
                page.sessions.push(OwnedSession::new(key, record.created, record.last_used, record.label));
            }
        }
        Ok(())
    }

    /// Returns for each key the session that it leads to, if there is one: the digest of its key, and its
    /// record without the payload. A line that is not empty must be the session's.
    pub(crate) async fn follow(
        &self,
        names: &[Bytes],
        lines: &[Bytes],
        until: Instant,
    ) -> Result<Vec<Option<(Bytes, Record)>>, Failure> {
        let found = self.driver.script(&FOLLOW, names, lines, until).await?.into_many()?;
        found.into_iter().map(followed).collect()
    }

    /// Ends the sessions of an owner, except one. Each step may take until `until()`.
    pub(crate) async fn revoke(
        &self,
        owner: &Owner,
        except: Option<StoreKey>,
        until: impl Fn() -> Instant,
    ) -> Result<u64, Failure> {
        let hash = owner_hash(owner);
        let kept = match except {
            Some(key) => self.line(&key, until()).await?,
            None => None,
        };
        let (mut ended, mut after) = (0, None);
        loop {
            let members = self.members(hash, after.as_ref(), PAGE, until()).await?;
            let Some(last) = members.last() else { return Ok(ended) };
            after = Some(last.to_bytes());
            for members in self.groups(&members) {
                ended += self.end(owner, hash, kept, &members, until()).await?;
            }
        }
    }

    /// Returns the line of a session, or of the one that a rename marker leads to.
    async fn line(&self, key: &StoreKey, until: Instant) -> Result<Option<Line>, Failure> {
        let range = [number(0), number(32)];
        let value = self.driver.command(Command::GetRange, &self.keys.session(key), &range, until).await?;
        value.into_bytes().map(|value| line_of(&value))
    }

    /// Ends sessions of one slot, and returns how many.
    async fn end(
        &self,
        owner: &Owner,
        hash: OwnerHash,
        kept: Option<Line>,
        members: &[Member],
        until: Instant,
    ) -> Result<u64, Failure> {
        let is_cluster = self.driver.is_cluster();
        let index = if is_cluster { Bytes::new() } else { self.keys.index(hash) };
        let owner = Bytes::copy_from_slice(owner.as_str().as_bytes());
        let mut arguments = vec![index, Bytes::copy_from_slice(&hash), owner, bytes(kept)];
        for member in members {
            arguments.push(Bytes::copy_from_slice(&member.line));
            arguments.push(Bytes::copy_from_slice(&member.key.placement()));
        }
        let names: Vec<_> = members.iter().map(|member| self.keys.session(&member.key)).collect();
        let ended = self.driver.script(&END, &names, &arguments, until).await?.into_many()?;
        let ended: Vec<_> =
            ended.into_iter().map(|reply| member(reply).map(Member::to_bytes)).collect::<Result<_, _>>()?;
        let count = ended.len() as u64;
        if is_cluster && !ended.is_empty() {
            // An entry too many does no harm.
            let _ = self.remove_members(hash, ended, until).await;
        }
        Ok(count)
    }

    /// Divides members into those whose sessions one script can use: in a cluster, those of one placement.
    fn groups(&self, members: &[Member]) -> Vec<Vec<Member>> {
        if !self.driver.is_cluster() {
            return if members.is_empty() { Vec::new() } else { vec![members.to_vec()] };
        }
        let mut groups: HashMap<[u8; 2], Vec<Member>> = HashMap::new();
        for member in members {
            groups.entry(member.key.placement()).or_default().push(*member);
        }
        groups.into_values().collect()
    }
}

fn member(reply: Reply) -> Result<Member, Failure> {
    Member::read(&reply.into_bytes()?).ok_or(Failure::BadReply)
}

fn followed(reply: Reply) -> Result<Option<(Bytes, Record)>, Failure> {
    if reply == Reply::Number(0) {
        return Ok(None);
    }
    let mut digest = reply.into_bytes()?;
    if digest.len() < 32 {
        return Err(Failure::BadReply);
    }
    let value = digest.split_off(32);
    match read(&value)? {
        Value::Session(record) => Ok(Some((digest, record))),
        Value::Marker { .. } => Ok(None),
    }
}
