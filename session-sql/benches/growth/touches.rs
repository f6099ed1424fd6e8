//! Touches of one table: how many rewrite no index, and whether the table grows.

use std::time::{Duration, Instant};

use sqlx::query_as;
use tokio::runtime::Runtime;

use super::postgres::PostgresTable;
use super::table::Table as _;
use comparison::sessions::Sessions;
use comparison::slice::{Order, Work};

const SESSIONS: u64 = 50_000;
/// The touches end at this number, or after this time.
const TOUCHES: u64 = 1_000_000;
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) fn run(runtime: &Runtime, url: &str) {
    runtime.block_on(async {
        let table = PostgresTable::create(url, "touched").await;
        table.fill_live(0..SESSIONS).await;
        let before = table.size().await;
        let sessions = Sessions::of(table.store.clone(), true, SESSIONS);
        let (begun, mut touches) = (Instant::now(), 0);
        while touches < TOUCHES && begun.elapsed() < LONGEST {
            let order = Order { work: Work::Touch, tasks: 64, time: Duration::from_secs(1) };
            touches += sessions.carry(order, None).await.calls;
        }
        println!("\n{touches} touches of {SESSIONS} sessions in {:.0} s\n", begun.elapsed().as_secs_f64());
        // A connection's counts are there when it is closed.
        table.store.close().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        print(&table, before).await;
    });
}

async fn print(table: &PostgresTable, before: (i64, i64)) {
    let text =
        "select n_tup_upd, n_tup_hot_upd, autovacuum_count from pg_stat_user_tables where relname = $1";
    let (updates, hot, vacuums): (i64, i64, i64) =
        query_as(text).bind(&table.name).fetch_one(&table.pool).await.unwrap();
    let after = table.size().await;
    println!("HOT: {hot} of {updates}, {:.2} %", hot as f64 / updates as f64 * 100.0);
    println!("autovacuum: {vacuums} times");
    println!("table: {} MiB before, {} MiB after", before.0, after.0);
    println!("indexes: {} MiB before, {} MiB after", before.1, after.1);
}
