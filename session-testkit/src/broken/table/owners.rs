//! The index of owners.

use session_core::store::{Record, StoreError, StoreKey};
use session_core::{Owner, UnixTime};

use super::{Flaw, Listing, Table, failure};

impl Table {
    pub(in crate::broken) fn revoke(
        &mut self,
        owner: &Owner,
        except: Option<&StoreKey>,
    ) -> Result<u64, StoreError> {
        let revoked = self.to_revoke(owner, except);
        if revoked.is_empty() && self.has(Flaw::RevokeFailsOnNobody) {
            return Err(failure("there is no such owner"));
        }
        for (owner, key) in &revoked {
            self.revoke_one(owner, key);
        }
        let most = if self.has(Flaw::RevokeCountsOne) { 1 } else { u64::MAX };
        Ok(most.min(revoked.len() as u64))
    }

    /// The lines of the index that a revocation is about.
    pub(in crate::broken) fn to_revoke(
        &self,
        owner: &Owner,
        except: Option<&StoreKey>,
    ) -> Vec<(Owner, StoreKey)> {
        let kept = except.filter(|_| !self.has(Flaw::RevokesTheExcepted)).map(|key| self.became(key));
        let limit = if self.has(Flaw::RevokesTheFirst) { 1 } else { usize::MAX };
        let is_missed = |key: &StoreKey, listing: &Listing| {
            self.has(Flaw::RevokeMissesTheRenamed) && self.moved.values().any(|moved| moved.to == *key)
                || self.has(Flaw::RevokeLeavesTheEndless) && listing.expires.is_none()
                || self.has(Flaw::RevokeLeavesTheExpired)
                    && listing.expires.is_some_and(|expires| Some(expires) <= self.clock)
        };
        let lines = self.listed.iter().filter(|((other, key), listing)| {
            self.is_owned_by(other, owner) && kept != Some(*key) && !is_missed(key, listing)
        });
        lines.take(limit).map(|(line, _)| line.clone()).collect()
    }

    pub(in crate::broken) fn revoke_one(&mut self, owner: &Owner, key: &StoreKey) {
        self.listed.remove(&(owner.clone(), *key));
        let revivers = [Flaw::RevivesTheRevoked, Flaw::UpdateRacesRevoke, Flaw::TouchRacesRevoke];
        let is_revived = revivers.iter().any(|flaw| self.has(*flaw));
        let row = self.take_with(key, Flaw::RevokeLeavesMarkers).filter(|_| is_revived);
        self.ended.extend(row.map(|row| (*key, row)));
    }

    /// Whether the key is that of a session that was revoked, where that can be undone.
    pub(in crate::broken) fn was_revoked(&self, key: &StoreKey) -> bool {
        self.ended.contains_key(key)
    }

    /// Takes every line off the owner's list.
    pub(in crate::broken) fn remove_list(&mut self, owner: &Owner) {
        self.listed.retain(|(other, _), _| other != owner);
    }

    /// The key that the session of this key has now.
    pub(in crate::broken) fn became(&self, key: &StoreKey) -> StoreKey {
        let moved = self.moved.get(key).filter(|_| !self.has(Flaw::RevokesWhatTheExceptedBecame));
        moved.map_or(*key, |moved| moved.to)
    }

    pub(super) fn is_listed_for(&self, other: &Owner, owner: &Owner) -> bool {
        let (other, owner) = (other.as_str(), owner.as_str());
        match () {
            () if self.has(Flaw::FoldsOwners) => other.to_lowercase() == owner.to_lowercase(),
            () if self.has(Flaw::ListMatchesPatterns) => is_like(other.as_bytes(), owner.as_bytes()),
            () if self.has(Flaw::CutsOwnersAtNul) => other.split('\0').next() == owner.split('\0').next(),
            () if self.has(Flaw::CutsOwnersAtColon) => other.split(':').next() == owner.split(':').next(),
            () => other == owner,
        }
    }

    fn is_owned_by(&self, other: &Owner, owner: &Owner) -> bool {
        other == owner || self.has(Flaw::RevokesByPrefix) && other.as_str().starts_with(owner.as_str())
    }

    /// Puts the record on its owner's list, and takes it off that of the owner before. `before` is that owner, if there was a record.
    pub(super) fn relist(&mut self, key: &StoreKey, before: Option<Option<&Owner>>, record: &Record) {
        let owner = record.owner.as_ref();
        let is_kept = match owner {
            Some(_) => self.has(Flaw::ListKeepsFormerOwners) || self.has(Flaw::RevokesForFormerOwners),
            None => self.has(Flaw::ListKeepsTheSignedOut),
        };
        if let Some(before) = before.filter(|before| *before != owner && !is_kept) {
            self.unlist(key, before);
        }
        let is_missed = before == Some(None) && self.has(Flaw::ListMissesUpdates);
        if let Some(owner) = owner.filter(|_| !is_missed) {
            let line = (owner.clone(), *key);
            let mut listing = Listing { place: self.place(key), ..Listing::of(record) };
            if let Some(former) = self.listed.get(&line) {
                self.keep_former(former, &mut listing);
            }
            self.listed.insert(line, listing);
        }
    }

    /// A write leaves nothing of the session's former line, but for two flaws.
    fn keep_former(&self, former: &Listing, listing: &mut Listing) {
        if self.has(Flaw::UpdateUnlists) {
            listing.expires = former.expires;
        }
        if self.has(Flaw::ListKeepsLaterTimes) {
            listing.created = listing.created.max(former.created);
            listing.last_used = listing.last_used.max(former.last_used);
        }
    }

    /// Whether the line is that of an owner whose session has another one now, where lists look at the records, too.
    pub(super) fn is_former(&self, owner: &Owner, key: &StoreKey) -> bool {
        let is_of = |record: &Record| record.owner.as_ref() == Some(owner);
        self.has(Flaw::RevokesForFormerOwners) && !self.rows.get(key).is_some_and(|row| is_of(&row.record))
    }

    /// Puts the record on its owner's list until a time that is not its deadline.
    pub(super) fn list_until(&mut self, key: &StoreKey, record: &Record, expires: Option<UnixTime>) {
        self.list_also(key, &Record { expires, ..record.clone() });
    }

    pub(in crate::broken) fn unlist(&mut self, key: &StoreKey, owner: Option<&Owner>) {
        if let Some(owner) = owner {
            self.listed.remove(&(owner.clone(), *key));
        }
    }

    /// Puts a line on the list that no record stands behind.
    pub(in crate::broken) fn list_also(&mut self, key: &StoreKey, record: &Record) {
        if let Some(owner) = &record.owner {
            let place = self.place(key);
            self.listed.insert((owner.clone(), *key), Listing { place, ..Listing::of(record) });
        }
    }
}

/// Whether SQL's `like` takes the text for one that the pattern describes.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        ([b'%', rest @ ..], _) => (0..=text.len()).any(|start| is_like(&text[start..], rest)),
        ([b'_', pattern @ ..], [_, text @ ..]) => is_like(text, pattern),
        ([first, pattern @ ..], [letter, text @ ..]) => first == letter && is_like(text, pattern),
        ([_, ..], []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_sql_reads_them() {
        for (text, pattern) in [("anna", "anna"), ("anna", "a%"), ("anna", "_nn_"), ("", "%"), ("a%b", "a%b")]
        {
            assert!(is_like(text.as_bytes(), pattern.as_bytes()), "{text} {pattern}");
        }
        for (text, pattern) in [("anna", "ann"), ("ann", "anna"), ("anna", "_"), ("", "_")] {
            assert!(!is_like(text.as_bytes(), pattern.as_bytes()), "{text} {pattern}");
        }
    }
}
