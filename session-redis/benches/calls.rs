//! `RedisStore` compared with plain commands on the driver, and with tower-sessions-redis-store.
//!
//! `cargo bench --package session-redis --bench calls`, and after `--` the rows to measure, such as `load`.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

mod compare;

use std::time::Duration;

use compare::bare::Bare;
use compare::server::Server;
use comparison::engine::{self, Comparison, Contender, Effort};
use comparison::rival::Program;
use comparison::sessions::{SESSIONS, Sessions};
use comparison::slice::Work;
use session_redis::{RedisOptions, RedisStore};
use tokio::runtime::Runtime;

/// The folder for what the benchmark builds.
const BUILT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/redis");
const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(80) };
/// The contenders, in the order of `contenders`, whose throughput is divided.
const RATIOS: [(usize, usize); 4] = [(0, 2), (0, 3), (3, 2), (1, 0)];

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    println!("{}", engine::load_average());
    let (runtime, server) = (Runtime::new().unwrap(), Server::start());
    let mut comparison = Comparison::new(contenders(&runtime, &server), RATIOS.to_vec(), EFFORT);
    for (work, tasks) in Work::ALL.into_iter().flat_map(|work| [1, 8, 64].map(|tasks| (work, tasks))) {
        if is_selected(&work.to_string()) {
            comparison.measure(&work.to_string(), work, tasks);
        }
    }
    comparison.print("Redis");
    println!("\n{}", engine::load_average());
}

fn contenders(runtime: &Runtime, server: &Server) -> Vec<Box<dyn Contender>> {
    let (url, process, program) =
        (server.url(), Some(server.process()), Program::build(env!("CARGO_MANIFEST_DIR"), BUILT));
    let (store, owned, bare) = runtime.block_on(async {
        (
            Sessions::fill_with_renamed(RedisStore::connect(&url).await.unwrap(), false).await,
            Sessions::fill_with_renamed(with_prefix(&url, "own:").await, true).await,
            Sessions::fill_with_renamed(Bare::connect(&url).await, false).await,
        )
    });
    vec![
        store.contender("store", runtime.handle(), process),
        owned.contender("store, owned", runtime.handle(), process),
        bare.contender("bare", runtime.handle(), process),
        Box::new(program.start("rival", server.for_rival(SESSIONS))),
    ]
}

async fn with_prefix(url: &str, prefix: &str) -> RedisStore {
    let mut options = RedisOptions::default();
    options.prefix = prefix.parse().unwrap();
    RedisStore::connect_with(url, options).await.unwrap()
}
