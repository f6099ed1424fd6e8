//! The memory that a session takes in the server, with `RedisStore` and with tower-sessions-redis-store.
//!
//! `cargo bench --package session-redis --bench memory`
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

mod compare;

use compare::server::Server;
use comparison::engine;
use comparison::rival::Program;
use comparison::sessions::Sessions;
use session_redis::RedisStore;
use tokio::runtime::Runtime;

const SESSIONS: u64 = 100_000;
/// The folder for what the benchmark builds.
const BUILT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/redis");
/// Returns the mean MEMORY USAGE of a thousand random sessions. The keys of indexes are shorter than theirs.
const MEAN_USAGE: &str = "
    local sum, count = 0, 0
    while count < 1000 do
        local key = redis.call('RANDOMKEY')
        if #key > 20 then
            sum = sum + redis.call('MEMORY', 'USAGE', key)
            count = count + 1
        end
    end
    return math.floor(sum / count + 0.5)";

fn main() {
    if engine::selection().is_none() {
        return;
    }
    let (runtime, program) = (Runtime::new().unwrap(), Program::build(env!("CARGO_MANIFEST_DIR"), BUILT));
    println!("\n{SESSIONS} sessions of 400 bytes of JSON: bytes for each\n");
    println!("| sessions | MEMORY USAGE | used_memory |\n|---|---|---|");
    measure("store", |server| runtime.block_on(fill(server, false)));
    measure("store, owned, two sessions for each owner", |server| runtime.block_on(fill(server, true)));
    measure("rival", |server| drop(program.start("rival", server.for_rival(SESSIONS))));
}

async fn fill(server: &Server, is_owned: bool) {
    let store = RedisStore::connect(&server.url()).await.unwrap();
    Sessions::fill(store.clone(), is_owned, SESSIONS).await;
    store.close().await;
}

/// Prints by how much the used memory of a server of its own grows.
fn measure(name: &str, fill: impl FnOnce(&Server)) {
    let server = Server::start();
    let before = server.number("memory", "used_memory");
    fill(&server);
    let after = server.number("memory", "used_memory");
    let usage = server.command(&["eval", MEAN_USAGE, "0"]);
    println!("| {name} | {usage} | {:.0} |", (after - before) as f64 / SESSIONS as f64);
}
