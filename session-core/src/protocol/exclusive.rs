//! The choice between two sessions of a user who wants to have one only.

use crate::protocol::expiry::is_ahead;
use crate::store::key::StoreKey;
use crate::time::UnixTime;

/// A session's place among those of its user. The latest sign-in is the one that stays; of two in the same
/// millisecond, the one with the greater key does. So of several sign-ins at once all agree on the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seniority {
    created: UnixTime,
    key: StoreKey,
}

/// The precedence between a session that has just been signed in exclusively and another one of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precedence {
    /// The other session is this one.
    Same,
    /// The other session is older, and ends.
    EndIt,
    /// The other session is newer, so this one ends.
    GiveWay,
}

impl Seniority {
    /// Returns the place of the session under this key.
    pub(crate) const fn new(key: StoreKey, created: UnixTime) -> Self {
        Self { created, key }
    }

    /// Tells which of this session, which has just been signed in, and another one ends.
    ///
    /// A session from a clock that was ahead ends, too: the user could not sign in before that time.
    pub(crate) fn against(&self, other: Self) -> Precedence {
        if other.key == self.key {
            Precedence::Same
        } else if other < *self || is_ahead(other.created, self.created) {
            Precedence::EndIt
        } else {
            Precedence::GiveWay
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn session(key: u8, millis: u64) -> Seniority {
        Seniority::new(StoreKey::from_bytes([key; StoreKey::BYTES]), START + Duration::from_millis(millis))
    }

    #[test]
    fn the_latest_sign_in_stays_and_of_two_at_once_the_greater_key() {
        let own = session(5, 1000);
        assert_eq!(own.against(own), Precedence::Same);
        assert_eq!(own.against(session(9, 999)), Precedence::EndIt);
        assert_eq!(own.against(session(1, 1001)), Precedence::GiveWay);
        assert_eq!(own.against(session(4, 1000)), Precedence::EndIt);
        assert_eq!(own.against(session(6, 1000)), Precedence::GiveWay);
    }

    #[test]
    fn of_any_number_of_sign_ins_at_once_exactly_one_gives_way_to_none() {
        let all = [(3, 7), (1, 7), (2, 5), (9, 6), (8, 7)].map(|(key, at)| session(key, at));
        let stays = |one: &&Seniority| all.iter().all(|other| one.against(*other) != Precedence::GiveWay);
        assert_eq!(all.iter().filter(stays).collect::<Vec<_>>(), [&session(8, 7)]);
    }

    #[test]
    fn a_session_from_a_clock_that_was_ahead_ends() {
        assert_eq!(session(1, 0).against(session(9, 300_000)), Precedence::GiveWay);
        assert_eq!(session(1, 0).against(session(9, 300_001)), Precedence::EndIt);
    }
}
