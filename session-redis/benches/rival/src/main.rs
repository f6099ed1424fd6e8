//! The Redis store of tower-sessions, as a program that makes calls when it is told to.
//!
//! `rival URL SESSIONS PROCESS` creates sessions, prints `ready`, and then answers each order on standard
//! input by a slice on standard output (`slice.rs` has the formats of both). PROCESS is the server's.

#[path = "../../../../xtask/comparison/src/processor.rs"]
mod processor;
#[path = "../../../../xtask/comparison/src/slice.rs"]
mod slice;

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use slice::{Order, Slice, Work};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::clients::Client;
use tower_sessions_redis_store::fred::interfaces::ClientLike as _;
use tower_sessions_redis_store::fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, TcpConfig, UnresponsiveConfig,
};

/// The number of sessions beyond those that a slice of deletions may delete.
const SPARE: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, sessions, server] = arguments.as_slice() else {
        return Err("usage: rival URL SESSIONS PROCESS".into());
    };
    let (runtime, server) = (Runtime::new()?, server.parse()?);
    let sessions = runtime.block_on(Sessions::connect(url, sessions.parse()?))?;
    runtime.block_on(sessions.create_until(sessions.loaded));
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    writeln!(output, "ready")?;
    for line in input.lines() {
        let slice = runtime.block_on(sessions.carry(line?.parse()?, Some(server)));
        writeln!(output, "{slice}")?;
    }
    Ok(())
}

/// A store with its sessions.
struct Sessions {
    store: RedisStore<Client>,
    /// The number of sessions that stay.
    loaded: u64,
    created: AtomicU64,
    deleted: AtomicU64,
    turns: AtomicU64,
}

impl Sessions {
    async fn connect(url: &str, loaded: u64) -> Result<Arc<Self>, Box<dyn Error>> {
        let client = client(url)?;
        client.init().await?;
        let [created, turns, deleted] = [0, 0, loaded].map(AtomicU64::new);
        Ok(Arc::new(Self { store: RedisStore::new(client), loaded, created, deleted, turns }))
    }

    /// Creates sessions until there have been this many.
    async fn create_until(self: &Arc<Self>, count: u64) {
        let mut tasks = JoinSet::new();
        let missing = count.saturating_sub(self.created.load(Ordering::Relaxed));
        for task in 0..64 {
            let sessions = Arc::clone(self);
            tasks.spawn(async move {
                for _ in (task..missing).step_by(64) {
                    sessions.call(Work::Create).await;
                }
            });
        }
        tasks.join_all().await;
    }

    async fn carry(self: &Arc<Self>, order: Order, server: Option<u32>) -> Slice {
        if matches!(order.work, Work::Delete | Work::Rename) {
            self.create_until(self.deleted.load(Ordering::Relaxed) + SPARE).await;
        }
        let sessions = Arc::clone(self);
        let call = move || {
            let sessions = Arc::clone(&sessions);
            async move { sessions.call(order.work).await }
        };
        Slice::run(order, server, call).await
    }

    /// Makes one call. There is no other way to prolong a session than to save it. A renamed session is
    /// deleted and created, as tower-sessions does it.
    async fn call(&self, work: Work) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let number = (turn * 7_919) % self.loaded;
        let done = match work {
            Work::Load => self.store.load(&id(number)).await.map(|record| assert!(record.is_some())),
            Work::Update | Work::Touch => self.store.save(&record(number, turn)).await,
            Work::Create => self.store.create(&mut record(next(&self.created), 0)).await,
            Work::Rename => {
                self.store.delete(&id(next(&self.deleted))).await.expect("the store deletes a session");
                self.store.create(&mut record(next(&self.created), 0)).await
            }
            Work::Delete => self.store.delete(&id(next(&self.deleted))).await,
        };
        done.expect("the store makes the call");
    }
}

fn next(number: &AtomicU64) -> u64 {
    number.fetch_add(1, Ordering::Relaxed)
}

/// Makes a client with the settings of that of session-redis.
fn client(url: &str) -> Result<Client, Box<dyn Error>> {
    let [second, limit] = [1, 5].map(Duration::from_secs);
    let performance = PerformanceConfig { default_command_timeout: limit, ..PerformanceConfig::default() };
    let connection = ConnectionConfig {
        connection_timeout: second,
        internal_command_timeout: second,
        max_redirections: 0,
        max_command_attempts: 3,
        unresponsive: UnresponsiveConfig { max_timeout: Some(3 * second), interval: second / 2 },
        tcp: TcpConfig { nodelay: Some(true), ..Default::default() },
        ..Default::default()
    };
    let policy = ReconnectPolicy::new_exponential(0, 20, 500, 2);
    Ok(Client::new(Config::from_url(url)?, Some(performance), Some(connection), Some(policy)))
}

/// Returns the ID with this number. Its bits are spread like those of a random one.
fn id(number: u64) -> Id {
    let mix = |word: u64| {
        let word = word.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (word ^ (word >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    Id(i128::from(mix(number + 1)) << 64 | i128::from(mix(number + 1_000_000_007)))
}

/// Returns a record that has 400 bytes as JSON.
fn record(number: u64, turn: u64) -> Record {
    let value = |name: &str| (name.to_owned(), serde_json::Value::from("x".repeat(86)));
    let mut data: HashMap<_, _> = ["name", "mail", "theme", "cart"].map(value).into();
    data.insert("count".to_owned(), (1_000 + turn % 9_000).into());
    let seconds = time::Duration::seconds(86_400 + turn.cast_signed() % 1_000);
    Record { id: id(number), data, expiry_date: time::OffsetDateTime::now_utc() + seconds }
}
