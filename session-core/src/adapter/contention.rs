//! Queues for the requests of one process that had a version conflict.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_lock::MutexGuardArc;

use crate::store::key::StoreKey;

/// The queues of requests that had a version conflict, one queue for each session.
///
/// After a version conflict, requests retry one at a time, each on the result of the one before. New requests
/// for the session wait for them first. Otherwise, on a store that queues its writers, new requests could get
/// ahead of a waiting one again and again.
#[derive(Debug, Default)]
pub(crate) struct Contention {
    queues: Mutex<HashMap<StoreKey, Queue>>,
    /// The number of sessions that have a queue. While it is 0, requests skip the lock.
    contended: AtomicUsize,
}

#[derive(Debug, Default)]
struct Queue {
    turn: Arc<async_lock::Mutex<()>>,
    waiters: usize,
}

/// A request's turn, which lasts until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    // The order matters: the next request gets its turn before the queue can be removed.
    _turn: MutexGuardArc<()>,
    _waiter: Waiter<'t>,
}

#[derive(Debug)]
struct Waiter<'t> {
    contention: &'t Contention,
    key: StoreKey,
}

impl Contention {
    /// Waits for a turn among the requests that had a version conflict on this session.
    pub(crate) async fn take(&self, key: StoreKey) -> Turn<'_> {
        let turn = self.enter(key);
        let waiter = Waiter { contention: self, key };
        Turn { _turn: turn.lock_arc().await, _waiter: waiter }
    }

    /// Waits until the requests that are queued for this session now have had their turn.
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
    fn requests_for_one_session_take_turns_and_another_session_has_a_queue_of_its_own() {
        let contention = Contention::default();
        let Poll::Ready(first) = poll(&mut Box::pin(contention.take(key(1)))) else {
            panic!("the first request has to wait")
        };
        let mut second = Box::pin(contention.take(key(1)));
        assert!(poll(&mut second).is_pending());
        assert!(poll(&mut Box::pin(contention.take(key(2)))).is_ready());
        drop(first);
        assert!(poll(&mut second).is_ready());
    }

    #[test]
    fn a_new_request_waits_only_for_the_queue_of_its_own_session() {
        let (contention, one) = (Contention::default(), key(1));
        let mut newcomer = Box::pin(contention.wait_for_losers(&one));
        assert!(poll(&mut newcomer).is_ready(), "no request is queued");
        let Poll::Ready(first) = poll(&mut Box::pin(contention.take(key(1)))) else {
            panic!("the first request has to wait")
        };
        assert!(
            poll(&mut Box::pin(contention.wait_for_losers(&key(2)))).is_ready(),
            "the queue belongs to another session"
        );
        let mut newcomer = Box::pin(contention.wait_for_losers(&one));
        assert!(poll(&mut newcomer).is_pending());
        drop(first);
        assert!(poll(&mut newcomer).is_ready());
    }

    #[test]
    fn a_queue_is_removed_when_its_last_request_leaves() {
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
