//! Pages of an index.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::time::Instant;

use crate::arguments::number;
use crate::driver::contract::{Command, Driver, Reply};
use crate::error::Failure;
use crate::layout::keys::{Line, Member, OwnerHash};
use crate::owners::Owners;

/// The largest number of sessions in a script.
pub(super) const LONGEST: usize = 1_000;

/// Members of an index, in the order of their lines.
pub(super) struct Page {
    pub(super) members: Vec<Member>,
    /// The last line of the page, if there are others after it.
    pub(super) next: Option<Line>,
}

impl<D: Driver> Owners<D> {
    /// Reads the members after a line: those of at most `lines` lines, and all those of each line.
    ///
    /// While a session is renamed in a cluster, it has two members. If they were read at different times, the
    /// first one could be too early and the other one too late to lead to the session.
    pub(super) async fn page(
        &self,
        hash: OwnerHash,
        after: Option<Line>,
        lines: usize,
        until: Instant,
    ) -> Result<Page, Failure> {
        let mut limit = lines + 1;
        loop {
            let members = self.members(hash, after, limit, until).await?;
            let has_all = members.len() < limit;
            if let Some(page) = Page::of(members, has_all, lines) {
                return Ok(page);
            }
            limit *= 2;
        }
    }

    async fn members(
        &self,
        hash: OwnerHash,
        after: Option<Line>,
        limit: usize,
        until: Instant,
    ) -> Result<Vec<Member>, Failure> {
        let from = after.map_or_else(|| Bytes::from_static(b"-"), after_line);
        let [to, word, skipped] = [b"+".as_slice(), b"LIMIT", b"0"].map(Bytes::from_static);
        let arguments = [from, to, word, skipped, number(limit as i64)];
        let index = self.keys.index(hash);
        let members = self.driver.command(Command::ZRangeByLex, &index, &arguments, until).await?;
        members.into_many()?.into_iter().map(member).collect()
    }

    /// Divides members into those whose sessions one script can use: in a cluster, those of one placement.
    pub(super) fn groups(&self, members: Vec<Member>) -> Vec<Vec<Member>> {
        let mut groups: HashMap<[u8; 2], Vec<Member>> = HashMap::new();
        for member in members {
            let group = if self.driver.is_cluster() { member.key.placement() } else { [0; 2] };
            groups.entry(group).or_default().push(member);
        }
        groups.into_values().collect()
    }
}

impl Page {
    /// Makes a page of members, unless all of them have one line, so that it may have others. `has_all` says
    /// that there are no others.
    fn of(mut members: Vec<Member>, has_all: bool, lines: usize) -> Option<Self> {
        if !has_all {
            let last = members.pop()?;
            members.retain(|member| member.line != last.line);
            members.last()?;
        }
        let has_more = truncate(&mut members, lines) || !has_all;
        let next = members.last().map(|last| last.line).filter(|_| has_more);
        Some(Self { members, next })
    }
}

/// Removes the members after the first `lines` lines. Tells whether there were any.
fn truncate(members: &mut Vec<Member>, lines: usize) -> bool {
    let length = members.chunk_by(|one, other| one.line == other.line).take(lines).map(<[_]>::len).sum();
    let has_more = members.len() > length;
    members.truncate(length);
    has_more
}

/// Returns the beginning of the range after all members of a line.
fn after_line(line: Line) -> Bytes {
    let mut bound = [0xFF; 2 + Member::BYTES];
    bound[0] = b'(';
    bound[1..9].copy_from_slice(&line);
    Bytes::copy_from_slice(&bound)
}

pub(super) fn member(reply: Reply) -> Result<Member, Failure> {
    Member::read(&reply.into_bytes()?).ok_or(Failure::BadReply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::store::StoreKey;

    fn members(lines: &[u8]) -> Vec<Member> {
        let key = StoreKey::from_bytes([7; 34]);
        lines.iter().map(|line| Member { line: [*line; 8], cover: 0, tag: [*line; 8], key }).collect()
    }

    #[test]
    fn a_page_has_all_members_of_each_line() {
        for (found, has_all, lines, expected, next) in [
            (&[1, 2, 3, 3][..], false, 3, &[1, 2][..], Some(2)),
            (&[1, 2, 3, 4], false, 3, &[1, 2, 3], Some(3)),
            (&[1, 3, 3], true, 3, &[1, 3, 3], None),
            (&[1, 1, 2, 3, 3, 4], false, 2, &[1, 1, 2], Some(2)),
            (&[1, 1, 2], true, 1, &[1, 1], Some(1)),
            (&[], true, 1, &[], None),
        ] {
            let page = Page::of(members(found), has_all, lines).unwrap();
            assert_eq!(
                (page.members, page.next),
                (members(expected), next.map(|line| [line; 8])),
                "{found:?}"
            );
        }
        assert!(Page::of(members(&[3, 3, 3]), false, 2).is_none());
    }

    #[test]
    fn the_next_page_begins_after_all_members_of_a_line() {
        let [one, two] = [[1; 8], [1, 1, 1, 1, 1, 1, 1, 2]];
        let key = StoreKey::from_bytes([0xFF; 34]);
        let last = Member { line: one, cover: -1, tag: [0xFF; 8], key }.to_bytes();
        let bound = after_line(one);
        assert!(last < bound.slice(1..) && bound.slice(1..) < Bytes::copy_from_slice(&two));
    }
}
