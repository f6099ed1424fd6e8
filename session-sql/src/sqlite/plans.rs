//! Tests of the query plans.

use sqlx::{AssertSqlSafe, SqlStr, query_as};

use crate::name::TableName;
use crate::sqlite::batch::{Loads, Updates};
use crate::sqlite::connect::Connections;
use crate::sqlite::options::SqliteOptions;
use crate::sqlite::query::Queries;
use crate::sqlite::schema::{migrate, statement};

async fn queries() -> Queries {
    queries_of(TableName::default()).await
}

async fn queries_of(table: TableName) -> Queries {
    let options = SqliteOptions { table, ..SqliteOptions::default() };
    let connections = Connections::open("sqlite::memory:", &options).await.unwrap();
    migrate(&connections, &options.table).await.unwrap();
    Queries::new(connections, &options)
}

/// Returns the steps of the query plan, one per line.
async fn plan(queries: &Queries, statement: &SqlStr) -> String {
    let text = format!("explain query plan {}", statement.as_str());
    let steps: Vec<(i64, i64, i64, String)> = query_as(AssertSqlSafe(text))
        .fetch_all(queries.connections.lend_reader().await.unwrap().connection())
        .await
        .unwrap();
    let steps: Vec<_> = steps.into_iter().map(|(.., step)| step.replace("COVERING ", "")).collect();
    steps.join("\n")
}

/// Fails unless the plan of each statement has this step, and scans no table.
async fn each_has_step(queries: &Queries, statements: &[&SqlStr], step: &str) {
    for statement in statements {
        let plan = plan(queries, statement).await;
        assert!(plan.contains(step), "{}: {plan}", statement.as_str());
        // The rows that are given to a shared statement are read from beginning to end.
        let tables = plan.replace("SCAN cwsession_given", "");
        assert!(!tables.contains("SCAN cwsession") && !tables.contains("SCAN s"), "{plan}");
        assert!(!plan.contains("ORDER BY"), "{}: {plan}", statement.as_str());
    }
}

#[tokio::test]
async fn statements_for_a_key_use_the_index_by_key() {
    let all = queries().await;
    let by_key = "USING INDEX sqlite_autoindex_cwsession_1 (key=?)";
    let statements = [&all.find, &all.find_both, &all.remove_expired, &all.update, &all.touch, &all.delete];
    each_has_step(&all, &statements, by_key).await;
    each_has_step(&all, &[&all.load, &all.rename], &format!("SEARCH s {by_key}")).await;
    let many = [(Loads::LOAD_MANY, "(1, x'', 1), (2, x'', 2)"), (Updates::UPDATE_MANY, UPDATES)];
    let many = many.map(|(text, rows)| statement(&text.replace("{rows}", rows), &all.table));
    each_has_step(&all, &[&many[0], &many[1]], by_key).await;
}

#[tokio::test]
async fn no_name_of_a_table_makes_a_shared_statement_ambiguous() {
    for name in ["given", "g", "s", "t", "key", "values"] {
        let all = queries_of(name.parse().unwrap()).await;
        for (text, rows) in [(Loads::LOAD_MANY, "(1, x'', 1)"), (Updates::UPDATE_MANY, UPDATES)] {
            let plan = plan(&all, &statement(&text.replace("{rows}", rows), &all.table)).await;
            assert!(plan.contains("(key=?)"), "{name}: {plan}");
        }
    }
}

/// The rows of two updates.
const UPDATES: &str = "(x'', 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (x'', 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)";

#[tokio::test]
async fn a_renamed_key_is_one_lookup_away_from_its_row() {
    let all = queries().await;
    each_has_step(&all, &[&all.load], "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)").await;
    each_has_step(&all, &[&all.delete], "SEARCH cwsession USING INTEGER PRIMARY KEY (rowid=?)").await;
}

#[tokio::test]
async fn statements_for_an_owner_use_the_index_by_owner() {
    let all = queries().await;
    each_has_step(&all, &[&all.revoke], "USING INDEX cwsession_by_owner (owner=?)").await;
    each_has_step(&all, &[&all.list], "USING INDEX cwsession_by_owner (owner=? AND rowid>?)").await;
}

#[tokio::test]
async fn a_purge_uses_the_index_by_date_and_its_order() {
    let all = queries().await;
    let by_date = "USING INDEX cwsession_by_purge_date (purge_date<?)";
    each_has_step(&all, &[&all.reschedule_purge, &all.purge], by_date).await;
}
