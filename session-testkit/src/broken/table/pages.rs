//! The pages of an owner's list.

use session_core::store::{ListCursor, OwnedPage, OwnedSession, StoreError, StoreKey};
use session_core::{Owner, UnixTime};

use super::{Flaw, Listing, SECOND, Table, failure};

/// How many sessions a page holds, where a list ends after one.
const PAGE: usize = 100;

/// Where a session stands in its owner's list. A cursor is the position of the last session of a page.
type Position = [u8; StoreKey::BYTES];

impl Table {
    pub(in crate::broken) fn page(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let after: Option<Position> = after
            .map(|cursor| cursor.as_bytes().try_into())
            .transpose()
            .map_err(|_| failure("the cursor is not one of this store"))?;
        let starts_at = after.filter(|_| !self.has(Flaw::PagesByOffset));
        let mut left = self.positions(owner, starts_at, after.is_some(), now);
        if left.is_empty() && after.is_none() && self.has(Flaw::ListFailsOnNobody) {
            return Err(failure("there is no such owner"));
        }
        let skipped = after.filter(|_| self.has(Flaw::PagesByOffset)).map_or(0, count_of);
        let is_skipping_one = after.is_some() && self.has(Flaw::CursorSkipsOne);
        let skipped_now = skipped + usize::from(is_skipping_one);
        if skipped_now > 0 {
            left.sort_unstable_by_key(|(position, ..)| *position);
            left.drain(..skipped_now.min(left.len()));
        }
        let limit = self.limit(limit);
        let is_last = self.is_last(left.len(), limit);
        if limit < left.len() {
            left.select_nth_unstable_by_key(limit, |(position, ..)| *position);
            left.truncate(limit);
        }
        left.sort_unstable_by_key(|(position, ..)| *position);
        let next = match left.last() {
            Some(_) if is_last && self.has(Flaw::PagesGoRound) => Some([0; StoreKey::BYTES]),
            Some(_) if !is_last && self.has(Flaw::PagesByOffset) => Some(of_count(skipped + left.len())),
            Some((position, ..)) if !is_last => Some(*position),
            Some(_) | None => None,
        };
        let sessions = left.into_iter().map(|(_, key, listing)| self.shown(key, listing)).collect();
        Ok(OwnedPage { sessions, next: next.map(ListCursor::new) })
    }

    fn limit(&self, limit: u32) -> usize {
        match () {
            () if self.has(Flaw::ListsOneOfAnOwner) => 1,
            () if self.has(Flaw::ListsOnePage) => PAGE,
            () if self.has(Flaw::ListsWithoutLimit) => usize::MAX,
            () => limit.max(1) as usize,
        }
    }

    fn is_last(&self, left: usize, limit: usize) -> bool {
        let ends_here = self.has(Flaw::ListsOneOfAnOwner) || self.has(Flaw::ListsOnePage);
        left <= limit || ends_here || self.has(Flaw::EndsBeforeAFullPage) && left == limit * 2
    }

    /// All that is on the owner's list after this position.
    fn positions(
        &self,
        owner: &Owner,
        after: Option<Position>,
        is_later_page: bool,
        now: UnixTime,
    ) -> Vec<(Position, &StoreKey, &Listing)> {
        let shows_expired =
            self.has(Flaw::ListsTheExpired) || is_later_page && self.has(Flaw::LaterPagesShowTheExpired);
        let now = if self.has(Flaw::ListEndsASecondEarly) { now + SECOND } else { now };
        let is_shown =
            |listing: &Listing| shows_expired || listing.expires.is_none_or(|expires| now < expires);
        self.listed
            .iter()
            .filter(|((other, _), listing)| self.is_listed_for(other, owner) && is_shown(listing))
            .filter(|((other, key), _)| !self.is_former(other, key))
            .map(|((_, key), listing)| (self.position(key, listing), key, listing))
            .filter(|(position, ..)| after.is_none_or(|after| after < *position))
            .collect()
    }

    fn position(&self, key: &StoreKey, listing: &Listing) -> Position {
        match () {
            () if self.has(Flaw::PagesByKey) => *key.as_bytes(),
            // The session that was used last comes first.
            () if self.has(Flaw::PagesByUse) => {
                let mut position = of_number(u64::MAX - listing.last_used.as_millis().unsigned_abs());
                position[8..16].copy_from_slice(&listing.place.to_be_bytes());
                position
            }
            () => of_number(listing.place),
        }
    }

    /// Returns the place of the session in lists. It gets one if it has none.
    pub(super) fn place(&mut self, key: &StoreKey) -> u64 {
        let next = self.last_place + 1;
        let place = *self.places.entry(*key).or_insert(next);
        self.last_place = self.last_place.max(place);
        place
    }

    /// Gives the session this place in lists, and returns the one that it had.
    pub(in crate::broken) fn put_at(&mut self, key: &StoreKey, place: u64) -> u64 {
        for ((_, listed), listing) in &mut self.listed {
            if listed == key {
                listing.place = place;
            }
        }
        self.places.insert(*key, place).unwrap_or(place)
    }

    fn shown(&self, key: &StoreKey, listing: &Listing) -> OwnedSession {
        let Listing { created, last_used, label, .. } = listing.clone();
        let label = label.filter(|_| !self.has(Flaw::ListForgetsLabels));
        OwnedSession::new(*key, created, last_used, label)
    }
}

fn of_number(number: u64) -> Position {
    let mut position = [0; StoreKey::BYTES];
    position[..8].copy_from_slice(&number.to_be_bytes());
    position
}

fn of_count(count: usize) -> Position {
    of_number(count as u64)
}

fn count_of(position: Position) -> usize {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&position[..8]);
    u64::from_be_bytes(bytes) as usize
}
