//! Load and update in tables of 1,000, 100,000 and 2,000,000 rows.

use std::time::Duration;

use tokio::runtime::Runtime;

use super::table::Table;
use comparison::engine::{Comparison, Effort};
use comparison::sessions::Sessions;
use comparison::slice::Work;

const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(120) };
const TABLES: [(&str, &str, u64); 3] = [
    ("rows_1000", "1,000 rows", 1_000),
    ("rows_100000", "100,000 rows", 100_000),
    ("rows_2000000", "2,000,000 rows", 2_000_000),
];

pub(crate) fn run<T: Table>(runtime: &Runtime, url: &str) {
    let tables = TABLES.map(|(table, _, rows)| runtime.block_on(filled::<T>(url, table, rows)));
    let contenders = tables.iter().zip(TABLES).map(|(table, (_, name, rows))| {
        Sessions::of(table.store().clone(), true, rows).contender(name, runtime.handle(), None)
    });
    let mut comparison = Comparison::new(contenders.collect(), vec![(1, 0), (2, 0)], EFFORT);
    for tasks in [1, 64] {
        comparison.measure("load", Work::Load, tasks);
        comparison.measure("update", Work::Update, tasks);
    }
    // The first change of a page after a checkpoint writes the whole page to the log.
    tables.iter().for_each(|table| runtime.block_on(table.checkpoint()));
    comparison.measure("update after a checkpoint", Work::Update, 64);
    comparison.print(&format!("{}, number of rows", T::DATABASE));
}

async fn filled<T: Table>(url: &str, name: &str, rows: u64) -> T {
    let table = T::create(url, name).await;
    table.fill_live(0..rows).await;
    table
}
