//! Load and update in tables of 1,000, 100,000 and 2,000,000 rows.

use std::time::Duration;

use sqlx::query;
use tokio::runtime::Runtime;

use super::table::Table;
use crate::compare::engine::{Comparison, Contender, Effort};
use crate::compare::sessions::Sessions;
use crate::compare::slice::Work;

const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(120) };
const TABLES: [(&str, &str, u64); 3] = [
    ("rows_1000", "1,000 rows", 1_000),
    ("rows_100000", "100,000 rows", 100_000),
    ("rows_2000000", "2,000,000 rows", 2_000_000),
];

pub(crate) fn run(runtime: &Runtime, url: &str) {
    let tables = TABLES.map(|(table, name, rows)| contender(runtime, url, table, name, rows));
    let mut comparison = Comparison::new(tables.into(), vec![(1, 0), (2, 0)], EFFORT);
    for tasks in [1, 64] {
        comparison.measure("load", Work::Load, tasks);
        comparison.measure("update", Work::Update, tasks);
    }
    // The first change of a page after a checkpoint writes the whole page to the log.
    runtime.block_on(checkpoint(url));
    comparison.measure("update after a checkpoint", Work::Update, 64);
    comparison.print("PostgreSQL, number of rows");
}

fn contender(runtime: &Runtime, url: &str, table: &str, name: &'static str, rows: u64) -> Box<dyn Contender> {
    let store = runtime.block_on(async {
        let table = Table::create(url, table).await;
        table.fill_live(0..rows).await;
        table.store
    });
    Sessions::of(store, rows).contender(name, runtime.handle())
}

async fn checkpoint(url: &str) {
    let pool = sqlx::PgPool::connect(url).await.unwrap();
    query("checkpoint").execute(&pool).await.unwrap();
    pool.close().await;
}
