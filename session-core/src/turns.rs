//! Turns for the requests of one process that fight for one session.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_lock::MutexGuardArc;

use crate::id::StoreKey;

/// Who lost a comparison tries again in turn, each on the other's result, and whoever comes later lets them pass: where the store has a
/// queue, a newcomer would stand in it before the loser again and again.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    fights: Mutex<HashMap<StoreKey, Fight>>,
    /// How many sessions are fought for. It spares everybody else the lock.
    fought_for: AtomicUsize,
}

#[derive(Debug, Default)]
struct Fight {
    turn: Arc<async_lock::Mutex<()>>,
    fighters: usize,
}

/// A turn, from the moment at which it has come until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    // In this order: the next one's turn comes before the fight may be over.
    _turn: MutexGuardArc<()>,
    _fighter: Fighter<'t>,
}

#[derive(Debug)]
struct Fighter<'t> {
    turns: &'t Turns,
    key: StoreKey,
}

impl Turns {
    /// Waits for a turn among those who lost on this session.
    pub(crate) async fn take(&self, key: StoreKey) -> Turn<'_> {
        let turn = self.enter(key);
        let fighter = Fighter { turns: self, key };
        Turn { _turn: turn.lock_arc().await, _fighter: fighter }
    }

    /// Waits until those who have lost on this session by now have had their turns.
    pub(crate) async fn let_pass(&self, key: &StoreKey) {
        if self.fought_for.load(Ordering::Acquire) == 0 {
            return;
        }
        let turn = self.fights().get(key).map(|fight| Arc::clone(&fight.turn));
        if let Some(turn) = turn {
            drop(turn.lock().await);
        }
    }

    fn enter(&self, key: StoreKey) -> Arc<async_lock::Mutex<()>> {
        let mut fights = self.fights();
        let fight = fights.entry(key).or_default();
        fight.fighters += 1;
        let turn = Arc::clone(&fight.turn);
        self.fought_for.store(fights.len(), Ordering::Release);
        turn
    }

    fn leave(&self, key: StoreKey) {
        let mut fights = self.fights();
        if let Entry::Occupied(mut fight) = fights.entry(key) {
            fight.get_mut().fighters -= 1;
            if fight.get().fighters == 0 {
                fight.remove();
            }
        }
        self.fought_for.store(fights.len(), Ordering::Release);
    }

    fn fights(&self) -> MutexGuard<'_, HashMap<StoreKey, Fight>> {
        self.fights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fighter<'_> {
    fn drop(&mut self) {
        self.turns.leave(self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn key(byte: u8) -> StoreKey {
        StoreKey::from_bytes([byte; StoreKey::BYTES])
    }

    fn poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Poll<T> {
        std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn those_who_fight_for_one_session_take_turns_and_for_another_have_turns_of_their_own() {
        let turns = Turns::default();
        let Poll::Ready(first) = poll(&mut Box::pin(turns.take(key(1)))) else {
            panic!("nobody is before it")
        };
        let mut second = Box::pin(turns.take(key(1)));
        assert!(poll(&mut second).is_pending());
        assert!(poll(&mut Box::pin(turns.take(key(2)))).is_ready());
        drop(first);
        assert!(poll(&mut second).is_ready());
    }

    #[test]
    fn a_newcomer_lets_those_pass_who_have_lost_on_its_session_alone() {
        let (turns, one) = (Turns::default(), key(1));
        let mut newcomer = Box::pin(turns.let_pass(&one));
        assert!(poll(&mut newcomer).is_ready(), "nobody fights");
        let Poll::Ready(first) = poll(&mut Box::pin(turns.take(key(1)))) else {
            panic!("nobody is before it")
        };
        assert!(poll(&mut Box::pin(turns.let_pass(&key(2)))).is_ready(), "that is another's fight");
        let mut newcomer = Box::pin(turns.let_pass(&one));
        assert!(poll(&mut newcomer).is_pending());
        drop(first);
        assert!(poll(&mut newcomer).is_ready());
    }

    #[test]
    fn when_a_fight_is_over_nothing_is_left_of_it() {
        let turns = Turns::default();
        let first = Box::pin(turns.take(key(1)));
        let (mut first, mut given_up) = (first, Box::pin(turns.take(key(1))));
        let turn = poll(&mut first);
        assert!(poll(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!(turns.fights().len(), 1);
        drop(turn);
        assert_eq!(turns.fights().len(), 0);
        assert_eq!(turns.fought_for.load(Ordering::Relaxed), 0);
    }
}
