//! Tests of the query plans.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, PgPool, SqlStr, query_scalar, raw_sql};

use crate::postgres::batch::{Loads, Updates};
use crate::postgres::connect::Connections;
use crate::postgres::options::PostgresOptions;
use crate::postgres::query::Queries;
use crate::postgres::schema::{migrate, statement};

/// A table of ten thousand sessions, in a schema of its own.
struct Sessions {
    connection: PgConnection,
    queries: Queries,
}

impl Sessions {
    async fn new() -> Self {
        let url = test_servers::postgres_url();
        let schema = format!("plans_{:016x}", rand::random::<u64>());
        let options = PostgresOptions { schema: Some(schema.parse().unwrap()), ..PostgresOptions::default() };
        let pool = PgPool::connect(&url).await.unwrap();
        let queries = Queries::new(Connections::borrowed(pool.clone()), &options);
        migrate(&mut pool.acquire().await.unwrap(), &queries.table).await.unwrap();
        let mut sessions = Self { connection: PgConnection::connect(&url).await.unwrap(), queries };
        let fill = format!(
            "insert into {schema}.cwsession
                (key, data, creation_date, modification_date, expires, owner, version, purge_date)
            select sha256(n::text::bytea), '{{}}', 0, 0, n, (n / 500)::text::bytea, n, n
            from generate_series(1, 10000) n;
            analyze {schema}.cwsession;
            set plan_cache_mode = force_generic_plan"
        );
        sessions.run(&fill).await;
        sessions
    }

    async fn run(&mut self, text: &str) {
        raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await.unwrap();
    }

    /// Returns the query plan of a statement for any parameters.
    async fn plan(&mut self, statement: &SqlStr) -> String {
        let parameters =
            (1..20).rev().find(|number| statement.as_str().contains(&format!("${number}"))).unwrap();
        let nulls = vec!["null"; parameters].join(", ");
        self.run(&format!("deallocate all; prepare planned as {}", statement.as_str())).await;
        let explain = AssertSqlSafe(format!("explain (costs off) execute planned ({nulls})"));
        let lines: Vec<String> =
            query_scalar(explain).persistent(false).fetch_all(&mut self.connection).await.unwrap();
        lines.join("\n")
    }

    async fn done(mut self) {
        let schema = self.queries.table.schema.clone().unwrap();
        self.run(&format!("drop schema {schema} cascade")).await;
    }
}

/// Fails unless the plan of each statement has these steps, and scans no table.
async fn each_has_steps(choose: impl Fn(&Queries) -> Vec<SqlStr>, steps: &[&str]) {
    let mut sessions = Sessions::new().await;
    for statement in choose(&sessions.queries) {
        let plan = sessions.plan(&statement).await;
        for step in steps {
            assert!(plan.contains(step), "{}: {plan}", statement.as_str());
        }
        assert!(!plan.contains("Seq Scan on cwsession"), "{}: {plan}", statement.as_str());
    }
    sessions.done().await;
}

#[tokio::test]
async fn statements_for_a_key_use_the_index_by_key() {
    let choose = |all: &Queries| {
        let Queries { load, find, find_both, remove_expired, update, rename, touch, delete, .. } = all;
        let mut statements = [load, find, find_both, remove_expired, update, rename, touch, delete]
            .map(SqlStr::clone)
            .to_vec();
        let many = [Loads::LOAD_MANY, Updates::UPDATE_MANY];
        statements.extend(many.map(|text| statement(text, &all.table)));
        statements
    };
    each_has_steps(choose, &["cwsession_key_key"]).await;
}

#[tokio::test]
async fn a_renamed_key_is_one_lookup_away_from_its_row() {
    let choose = |all: &Queries| vec![all.load.clone(), all.delete.clone()];
    each_has_steps(choose, &["Index Scan using cwsession_pkey"]).await;
}

#[tokio::test]
async fn statements_for_an_owner_use_the_index_by_owner() {
    let choose = |all: &Queries| vec![all.list.clone(), all.revoke.clone()];
    each_has_steps(choose, &["cwsession_by_owner"]).await;
}

#[tokio::test]
async fn a_page_of_a_list_and_a_purge_read_in_the_order_of_their_index() {
    let mut sessions = Sessions::new().await;
    let Queries { list, first_due, reschedule_purge, purge, .. } = &sessions.queries;
    for statement in [list, first_due, reschedule_purge, purge].map(SqlStr::clone) {
        let plan = sessions.plan(&statement).await;
        assert!(!plan.contains("Sort"), "{}: {plan}", statement.as_str());
    }
    sessions.done().await;
}

#[tokio::test]
async fn a_batch_of_a_purge_looks_for_new_dates_in_no_more_rows_than_its_limit() {
    let mut sessions = Sessions::new().await;
    let plan = sessions.plan(&sessions.queries.reschedule_purge.clone()).await;
    let (_, limited) = plan.split_once("Limit").unwrap();
    let steps: Vec<_> = limited.lines().map(str::trim).collect();
    assert!(steps[1].starts_with("->  Index Scan using cwsession_by_purge_date"), "{plan}");
    assert!(steps[2].starts_with("Index Cond") && !steps[3].starts_with("Filter"), "{plan}");
    sessions.done().await;
}

#[tokio::test]
async fn a_purge_uses_the_index_by_date() {
    let choose = |all: &Queries| vec![all.reschedule_purge.clone(), all.purge.clone()];
    each_has_steps(choose, &["Index Scan using cwsession_by_purge_date", "cwsession_pkey"]).await;
    let choose = |all: &Queries| vec![all.first_due.clone()];
    each_has_steps(choose, &["cwsession_by_purge_date"]).await;
}
