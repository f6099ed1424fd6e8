use super::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A connection of the tests: its number.
type Number = u32;

/// A server that counts what is asked of it.
#[derive(Default)]
struct Server {
    opened: AtomicU32,
    closed: AtomicU32,
    tested: AtomicU32,
    is_down: AtomicBool,
    is_silent: AtomicBool,
    /// The number of tests that are answered by the error of a statement.
    errors: AtomicU32,
}

impl Connector for Arc<Server> {
    type Connection = Number;

    async fn open(&self) -> Result<Number, Failure> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(Failure::Closed);
        }
        Ok(self.opened.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn test(&self, _: &mut Number) -> Result<(), Failure> {
        self.tested.fetch_add(1, Ordering::Relaxed);
        if self.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.errors.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        {
            return Err(Failure::BadCursor);
        }
        if self.is_down.load(Ordering::Relaxed) { Err(Failure::Closed) } else { Ok(()) }
    }

    fn is_lost(failure: &Failure) -> bool {
        matches!(failure, Failure::Closed)
    }

    async fn close(&self, _: Number) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

const LIMITS: Limits = Limits {
    connections: 2,
    patience: Duration::from_secs(5),
    fresh: Duration::from_secs(1),
    test_timeout: Duration::from_secs(1),
    idle_timeout: Duration::from_secs(60),
    max_lifetime: Duration::from_secs(600),
};

/// Makes a pool that has connection 1.
fn pool(limits: Limits) -> (Arc<Server>, Pool<Arc<Server>>) {
    let server = Arc::new(Server::default());
    server.opened.store(1, Ordering::Relaxed);
    let pool = Pool::with(vec![1], Arc::clone(&server), limits);
    (server, pool)
}

async fn lent(pool: &Pool<Arc<Server>>) -> Lent<Arc<Server>> {
    pool.lend().await.map_err(|failure| failure.to_string()).unwrap()
}

async fn number_of_lent(pool: &Pool<Arc<Server>>) -> Number {
    let mut lent = lent(pool).await;
    let number = *lent.connection();
    lent.give_back();
    number
}

fn count(counter: &AtomicU32) -> u32 {
    counter.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_used_again_and_another_one_opened_only_if_it_is_in_use() {
    let (server, pool) = pool(LIMITS);
    assert_eq!(number_of_lent(&pool).await, 1);
    let first = lent(&pool).await;
    assert_eq!(number_of_lent(&pool).await, 2);
    first.give_back();
    assert_eq!(number_of_lent(&pool).await, 1, "the one that was used last");
    assert_eq!((count(&server.opened), count(&server.tested)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn callers_beyond_the_limit_wait_in_the_order_of_their_arrival() {
    let (server, pool) = pool(LIMITS);
    let pool = Arc::new(pool);
    let held = [lent(&pool).await, lent(&pool).await];
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for caller in 0..5 {
        let (pool, served) = (Arc::clone(&pool), Arc::clone(&served));
        waiting.push(tokio::spawn(async move {
            let lent = lent(&pool).await;
            served.lock().unwrap().push(caller);
            lent.give_back();
        }));
        tokio::task::yield_now().await;
    }
    assert!(served.lock().unwrap().is_empty());
    held.into_iter().for_each(Lent::give_back);
    for caller in waiting {
        caller.await.unwrap();
    }
    assert_eq!(*served.lock().unwrap(), [0, 1, 2, 3, 4]);
    assert_eq!(count(&server.opened), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_not_used_for_a_second_is_tested_first() {
    let (server, pool) = pool(LIMITS);
    sleep(LIMITS.fresh).await;
    assert_eq!((number_of_lent(&pool).await, count(&server.tested)), (1, 1));
    assert_eq!((number_of_lent(&pool).await, count(&server.tested)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn connections_to_a_server_that_was_restarted_are_all_replaced_at_once() {
    let (server, pool) = pool(LIMITS);
    let pair = [lent(&pool).await, lent(&pool).await];
    pair.into_iter().for_each(Lent::give_back);
    sleep(LIMITS.fresh).await;
    server.is_down.store(true, Ordering::Relaxed);
    assert!(pool.lend().await.is_err(), "no new one can be opened");
    assert_eq!(count(&server.tested), 1, "the other one is not even tested");
    server.is_down.store(false, Ordering::Relaxed);
    assert_eq!(number_of_lent(&pool).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_open_when_all_were_given_up_is_not_used_again() {
    let (_, pool) = pool(LIMITS);
    let [first, second] = [lent(&pool).await, lent(&pool).await];
    #[cfg(feature = "tracing")]
    let log = crate::trace::tests::Log::begin();
    first.give_up();
    #[cfg(feature = "tracing")]
    assert!(log.end().contains("a connection to the database is lost"));
    second.give_back();
    assert_eq!(number_of_lent(&pool).await, 3);
}

#[tokio::test(start_paused = true)]
async fn the_connection_of_a_dropped_call_is_tested_and_used_again() {
    let (server, pool) = pool(Limits { connections: 1, ..LIMITS });
    drop(lent(&pool).await);
    assert_eq!((number_of_lent(&pool).await, count(&server.tested)), (1, 1));
    server.is_down.store(true, Ordering::Relaxed);
    drop(lent(&pool).await);
    tokio::task::yield_now().await;
    server.is_down.store(false, Ordering::Relaxed);
    assert_eq!(number_of_lent(&pool).await, 2, "it did not reply");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_dropped_calls_statement_is_not_one_of_the_connection() {
    for (errors, number) in [(1, 1), (2, 2)] {
        let (server, pool) = pool(Limits { connections: 1, ..LIMITS });
        server.errors.store(errors, Ordering::Relaxed);
        drop(lent(&pool).await);
        assert_eq!((number_of_lent(&pool).await, count(&server.tested)), (number, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_tested_only_once() {
    let (server, pool) = pool(Limits { connections: 1, ..LIMITS });
    server.is_down.store(true, Ordering::Relaxed);
    drop(lent(&pool).await);
    tokio::task::yield_now().await;
    assert_eq!(count(&server.tested), 1);
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_reported_by_many_and_acted_on_once() {
    let (_, pool) = pool(LIMITS);
    let [first, second] = [lent(&pool).await, lent(&pool).await];
    first.give_up();
    assert_eq!(number_of_lent(&pool).await, 3);
    second.give_up();
    assert_eq!(number_of_lent(&pool).await, 3, "it was opened after the loss");
}

#[tokio::test(start_paused = true)]
async fn a_test_without_a_reply_takes_the_caller_no_longer_than_its_limit() {
    let (server, pool) = pool(Limits { test_timeout: Duration::from_millis(500), ..LIMITS });
    sleep(LIMITS.fresh).await;
    server.is_silent.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    assert_eq!(number_of_lent(&pool).await, 2);
    assert!(begun.elapsed() < Duration::from_millis(510), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_connection_of_a_dropped_call_is_discarded_if_the_call_has_said_so() {
    let (server, pool) = pool(Limits { connections: 1, ..LIMITS });
    let mut first = lent(&pool).await;
    first.discard_on_drop();
    drop(first);
    let mut second = lent(&pool).await;
    second.discard_on_drop();
    second.give_back();
    assert_eq!((number_of_lent(&pool).await, count(&server.tested)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_closed_when_it_was_not_used_for_long_and_replaced_when_it_is_old() {
    let (server, pool) = pool(LIMITS);
    for _ in 0..60 {
        sleep(Duration::from_secs(9)).await;
        assert_eq!(number_of_lent(&pool).await, 1);
    }
    sleep(Duration::from_secs(59)).await;
    assert_eq!((number_of_lent(&pool).await, count(&server.closed)), (1, 0));
    sleep(Duration::from_secs(9)).await;
    assert_eq!(number_of_lent(&pool).await, 2, "after ten minutes");
    sleep(Duration::from_secs(90)).await;
    assert_eq!((count(&server.closed), number_of_lent(&pool).await), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_closed_pool_lends_nothing_and_waits_for_what_is_lent() {
    let (server, pool) = pool(LIMITS);
    let pool = Arc::new(pool);
    let first = lent(&pool).await;
    let closing = tokio::spawn({
        let pool = Arc::clone(&pool);
        async move { pool.close().await }
    });
    sleep(Duration::from_secs(1)).await;
    assert!(!closing.is_finished());
    first.give_back();
    closing.await.unwrap();
    assert!(matches!(pool.lend().await, Err(Failure::Closed)));
    assert_eq!(count(&server.closed), 1);
    pool.close().await;
}
