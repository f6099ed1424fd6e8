//! Lists of an owner's sessions.

use bytes::Bytes;
use futures_util::future::try_join_all;
use session_core::store::{ListCursor, OwnedPage, OwnedSession, Record, StoreKey};
use session_core::{Owner, UnixTime};
use tokio::time::Instant;

use crate::driver::contract::{Driver, Reply};
use crate::error::Failure;
use crate::layout::keys::{Line, Member, first, owner_hash};
use crate::layout::value::{Value, read};
use crate::owners::Owners;
use crate::owners::page::LONGEST;
use crate::scripts::FOLLOW;

impl<D: Driver> Owners<D> {
    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
        until: Instant,
    ) -> Result<OwnedPage, Failure> {
        let after = after.map(|after| Line::try_from(after.as_bytes()).map_err(|_| Failure::BadCursor));
        let limit = (limit as usize).clamp(1, LONGEST);
        let found = self.page(owner_hash(owner), after.transpose()?, limit, until).await?;
        let next = found.next.map(|line| ListCursor::new(line.to_vec()));
        let groups = self.groups(found.members);
        let sessions = groups.iter().map(|members| self.sessions(owner, members, now, until));
        Ok(OwnedPage { sessions: try_join_all(sessions).await?.concat(), next })
    }

    /// Returns those of the sessions of one script that live and have the owner.
    async fn sessions(
        &self,
        owner: &Owner,
        members: &[Member],
        now: UnixTime,
        until: Instant,
    ) -> Result<Vec<OwnedSession>, Failure> {
        let names: Vec<_> = members.iter().map(|member| self.keys.session(&member.key)).collect();
        let lines: Vec<_> = members.iter().map(|member| Bytes::copy_from_slice(&member.line)).collect();
        let found = self.follow(&names, &lines, until).await?;
        let mut sessions: Vec<OwnedSession> = Vec::new();
        for (member, (digest, record)) in
            members.iter().zip(found).filter_map(|(member, it)| Some((member, it?)))
        {
            let key = StoreKey::from_bytes(first(&[&member.key.placement(), &*digest].concat()));
            let is_new = sessions.iter().all(|session| session.key != key);
            if is_new && record.is_live(now) && record.owner.as_ref() == Some(owner) {
                sessions.push(OwnedSession::new(key, record.created, record.last_used, record.label));
            }
        }
        Ok(sessions)
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
