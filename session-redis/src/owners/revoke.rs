//! The end of an owner's sessions.

use bytes::Bytes;
use futures_util::future::join_all;
use session_core::Owner;
use session_core::store::StoreKey;
use tokio::time::Instant;

use crate::arguments::{bytes, number};
use crate::driver::contract::{Command, Driver, Reply};
use crate::error::Failure;
use crate::layout::keys::{Line, Member, OwnerHash, owner_hash};
use crate::layout::value::line_of;
use crate::owners::Owners;
use crate::owners::page::{LONGEST, member};
use crate::scripts::END;

impl<D: Driver> Owners<D> {
    /// Ends the sessions of an owner, except one. Each step may take until `until()`.
    ///
    /// # Errors
    ///
    /// Fails if a step fails, or if a session is in a format that is not known, after it has ended all others
    /// that it can end.
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
        let (mut ended, mut failure, mut after) = (0, None, None);
        loop {
            let page = self.page(hash, after, LONGEST, until()).await?;
            let groups = self.groups(page.members);
            let ends = groups.iter().map(|members| self.end(owner, hash, kept, members, until()));
            for members in join_all(ends).await {
                match members {
                    Ok(members) if members.iter().all(Option::is_some) => ended += members.len() as u64,
                    Ok(_) => failure = failure.or(Some(Failure::BadValue)),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            after = page.next;
            if after.is_none() {
                return failure.map_or(Ok(ended), Err);
            }
        }
    }

    /// Returns the line of a session, or of the one that a rename marker leads to.
    async fn line(&self, key: &StoreKey, until: Instant) -> Result<Option<Line>, Failure> {
        let range = [number(0), number(32)];
        let value = self.driver.command(Command::GetRange, &self.keys.session(key), &range, until).await?;
        value.into_bytes().map(|value| line_of(&value))
    }

    /// Ends sessions of one slot. Returns their members, and `None` for each one that cannot be read.
    async fn end(
        &self,
        owner: &Owner,
        hash: OwnerHash,
        kept: Option<Line>,
        members: &[Member],
        until: Instant,
    ) -> Result<Vec<Option<Bytes>>, Failure> {
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
        let ended: Vec<_> = ended.into_iter().map(ended_member).collect::<Result<_, _>>()?;
        let members: Vec<_> = ended.iter().flatten().cloned().collect();
        if is_cluster && !members.is_empty() {
            // An entry too many does no harm.
            let _ = self.remove_members(hash, members, until).await;
        }
        Ok(ended)
    }
}

fn ended_member(reply: Reply) -> Result<Option<Bytes>, Failure> {
    if reply == Reply::Number(0) { Ok(None) } else { member(reply).map(Member::to_bytes).map(Some) }
}
