//! Contention for the requests of one process that queue for one session.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_lock::MutexGuardArc;

use crate::store::key::StoreKey;

/// Who lost a comparison tries again in turn, each on the other's result, and whoever comes later lets them pass: where the store has a
/// queue, a newcomer would stand in it before the loser again and again.
#[derive(Debug, Default)]
pub(crate) struct Contention {
    queues: Mutex<HashMap<StoreKey, Queue>>,
    /// How many sessions are fought for. It spares everybody else the lock.
    contended: AtomicUsize,
}

#[derive(Debug, Default)]
struct Queue {
    turn: Arc<async_lock::Mutex<()>>,
    waiters: usize,
}

/// A turn, from the moment at which it has come until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    // In this order: the next one's turn comes before the queue may be over.
    _turn: MutexGuardArc<()>,
    _waiter: Waiter<'t>,
}

#[derive(Debug)]
struct Waiter<'t> {
    contention: &'t Contention,
    key: StoreKey,
}

impl Contention {
    /// Waits for a turn among those who lost on this session.
    pub(crate) async fn take(&self, key: StoreKey) -> Turn<'_> {
        let turn = self.enter(key);
        let waiter = Waiter { contention: self, key };
        Turn { _turn: turn.lock_arc().await, _waiter: waiter }
    }

    /// Waits until those who have lost on this session by now have had their contention.
    pub(crate) async fn wait_for_losers(&self, key: &StoreKey) {
        if self.contended.load(Ordering::Acquire) == 0 {
            return;
        }
        let turn = self.queues().get(key).map(|queue| Arc::clone(&queue.turn));
        if let Some(turn) = turn {
            drop(turn.lock().await);
        }
    }

    fn enter(&self, key: StoreKey) -> Arc<async_lock::Mutex<()>> {
        let mut queues = self.queues();
        let queue = queues.entry(key).or_default();
        queue.waiters += 1;
        let turn = Arc::clone(&queue.turn);
        self.contended.store(queues.len(), Ordering::Release);
        turn
    }

    fn leave(&self, key: StoreKey) {
        let mut queues = self.queues();
        if let Entry::Occupied(mut queue) = queues.entry(key) {
            queue.get_mut().waiters -= 1;
            if queue.get().waiters == 0 {
                queue.remove();
            }
        }
        self.contended.store(queues.len(), Ordering::Release);
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<StoreKey, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.contention.leave(self.key);
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
        let contention = Contention::default();
        let Poll::Ready(first) = poll(&mut Box::pin(contention.take(key(1)))) else {
            panic!("nobody is before it")
        };
        let mut second = Box::pin(contention.take(key(1)));
        assert!(poll(&mut second).is_pending());
        assert!(poll(&mut Box::pin(contention.take(key(2)))).is_ready());
        drop(first);
        assert!(poll(&mut second).is_ready());
    }

    #[test]
    fn a_newcomer_lets_those_pass_who_have_lost_on_its_session_alone() {
        let (contention, one) = (Contention::default(), key(1));
        let mut newcomer = Box::pin(contention.wait_for_losers(&one));
        assert!(poll(&mut newcomer).is_ready(), "nobody queues");
        let Poll::Ready(first) = poll(&mut Box::pin(contention.take(key(1)))) else {
            panic!("nobody is before it")
        };
        assert!(
            poll(&mut Box::pin(contention.wait_for_losers(&key(2)))).is_ready(),
            "that is another's queue"
        );
        let mut newcomer = Box::pin(contention.wait_for_losers(&one));
        assert!(poll(&mut newcomer).is_pending());
        drop(first);
        assert!(poll(&mut newcomer).is_ready());
    }

    #[test]
    fn when_a_fight_is_over_nothing_is_left_of_it() {
        let contention = Contention::default();
        let first = Box::pin(contention.take(key(1)));
        let (mut first, mut given_up) = (first, Box::pin(contention.take(key(1))));
        let turn = poll(&mut first);
        assert!(poll(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!(contention.queues().len(), 1);
        drop(turn);
        assert_eq!(contention.queues().len(), 0);
        assert_eq!(contention.contended.load(Ordering::Relaxed), 0);
    }
}
