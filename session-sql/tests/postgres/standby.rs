//! A primary that comes back as a standby, on the address that the store has.

use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind};
use session_sql::PostgresStore;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use test_servers::Postgres;
use test_support::Readers;
use tokio::task::block_in_place;

use crate::database::Schema;
use crate::scene::{NOW, key, record, text};

/// The time for which the tasks load in each state of the servers.
const LOADING: Duration = Duration::from_millis(300);

/// Two servers, of which one is the standby of the other, and a store.
struct Pair {
    first: Postgres,
    second: Postgres,
    /// A schema in the first server, with the session `key(1)`.
    schema: Schema,
    store: PostgresStore,
}

impl Pair {
    /// Starts the servers. The store knows the first one, and the second one if `knows_both`.
    async fn new(knows_both: bool) -> Self {
        let (first, second) = block_in_place(|| {
            let first = Postgres::start().unwrap();
            let second = first.start_standby().unwrap();
            (first, second)
        });
        let schema = Schema::at(first.url());
        let mut options = schema.options();
        if knows_both {
            options.further_hosts = vec![("127.0.0.1".to_owned(), second.port())];
        }
        let store = PostgresStore::connect_with(schema.url(), options).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
        Self { first, second, schema, store }
    }

    /// Makes the second server the primary, and the first one its standby, which falls behind: it still has
    /// the session `key(1)`, which is deleted in the second server.
    async fn switch(mut self) -> Self {
        block_in_place(|| {
            self.first.stop().unwrap();
            self.second.promote().unwrap();
            self.first.become_standby_of(&self.second).unwrap();
            self.first.pause_receiver().unwrap();
        });
        self.schema = self.schema.moved_to(self.second.url());
        let other = PostgresStore::connect_with(self.schema.url(), self.schema.options()).await.unwrap();
        other.delete(&key(1)).await.unwrap();
        assert_eq!(self.sessions_in(&self.first).await, 1, "it is stale");
        self
    }

    /// Makes the first server the primary again after it has caught up, and ends the second one.
    async fn switch_back(&mut self) {
        block_in_place(|| self.first.continue_receiver().unwrap());
        while self.sessions_in(&self.first).await != self.sessions_in(&self.second).await {}
        block_in_place(|| {
            self.second.stop().unwrap();
            self.first.promote().unwrap();
        });
    }

    /// Counts the sessions that a server shows, without the store.
    async fn sessions_in(&self, server: &Postgres) -> i64 {
        let mut connection = PgConnection::connect(&server.url()).await.unwrap();
        let count = AssertSqlSafe(format!("select count(*) from {}.cwsession", self.schema.name()));
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_primary_that_returns_as_a_standby_serves_no_call_until_it_is_promoted() {
    let pair = Pair::new(false).await;
    let readers = Readers::start(&pair.store);
    tokio::time::sleep(LOADING).await;
    let mut pair = pair.switch().await;
    readers.forbid_the_session();
    let error = pair.store.create(&key(2), &record(2), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("the server is a standby"), "{}", text(&error));
    tokio::time::sleep(LOADING).await;
    let counts = readers.end().await;
    assert!(counts.found > 100 && counts.refused > 0, "{counts:?}");
    assert_eq!((counts.stale, counts.absent), (0, 0), "{counts:?}");

    pair.switch_back().await;
    assert_eq!(pair.store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
    assert_eq!(pair.store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_to_the_new_primary_while_the_former_one_is_a_standby_and_back_after_its_promotion() {
    let pair = Pair::new(true).await;
    let readers = Readers::start(&pair.store);
    tokio::time::sleep(LOADING).await;
    let mut pair = pair.switch().await;
    readers.forbid_the_session();
    assert_eq!(pair.store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
    tokio::time::sleep(LOADING).await;
    // While the new primary is away, the stale standby is the only server that replies.
    block_in_place(|| pair.second.kill().and_then(|()| pair.second.start_again()).unwrap());
    let counts = readers.end().await;
    assert!(counts.found > 10 && counts.absent > 10 && counts.refused > 0, "{counts:?}");
    assert_eq!(counts.stale, 0, "{counts:?}");

    pair.switch_back().await;
    assert_eq!(pair.store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(pair.store.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)));
    assert_eq!(pair.store.create(&key(3), &record(3), NOW).await.unwrap(), Created::Done);
}
