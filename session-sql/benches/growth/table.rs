//! A table of a store, filled by SQL.

use std::ops::Range;
use std::time::Duration;

use session_core::UnixTime;
use session_sql::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, PgPool, SqlSafeStr as _, query};

use crate::compare::sessions::{NOW, PAYLOAD, key};

/// The rows of one statement that fills a table.
const CHUNK: u64 = 50_000;

/// A table of its own, with the store and a pool for other statements.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) store: PostgresStore,
    pub(crate) pool: PgPool,
}

impl Table {
    pub(crate) async fn create(url: &str, name: &str) -> Self {
        let mut options = PostgresOptions::default();
        options.table = name.parse().unwrap();
        // 10,000 calls at once may take long on a busy machine.
        options.call_timeout = Duration::from_secs(60);
        let store = PostgresStore::connect_with(url, options).await.unwrap();
        store.migrate().await.unwrap();
        Self { name: name.to_owned(), store, pool: PgPool::connect(url).await.unwrap() }
    }

    /// Inserts the records of `sessions::record`, of version 0, with this expiry.
    pub(crate) async fn fill(&self, numbers: Range<u64>, expires: UnixTime) {
        let insert = AssertSqlSafe(format!(
            "insert into {} (
                key, data, creation_date, modification_date, expires, owner, version, purge_date
            )
            select key, $3, $4, $4, $5, convert_to((number / 2)::text, 'UTF8'), 0, $5
            from unnest($1::bytea[], $2::bigint[]) as given (key, number)",
            self.name
        ))
        .into_sql_str();
        for first in numbers.clone().step_by(CHUNK as usize) {
            let numbers = first..(first + CHUNK).min(numbers.end);
            let keys: Vec<_> = numbers.clone().map(|number| key(number).as_bytes().to_vec()).collect();
            let numbers: Vec<_> = numbers.map(u64::cast_signed).collect();
            let insert = query(insert.clone()).bind(keys).bind(numbers).bind(PAYLOAD.as_slice());
            insert.bind(NOW.as_millis()).bind(expires.as_millis()).execute(&self.pool).await.unwrap();
        }
        self.sql("vacuum (analyze)").await;
    }

    /// Inserts records that are live at `NOW`.
    pub(crate) async fn fill_live(&self, numbers: Range<u64>) {
        self.fill(numbers, UnixTime::from_millis(NOW.as_millis() + 1_200_000)).await;
    }

    /// Runs a command on the table.
    pub(crate) async fn sql(&self, command: &str) {
        query(AssertSqlSafe(format!("{command} {}", self.name))).execute(&self.pool).await.unwrap();
    }

    /// Returns the size of the table and that of its indexes, in MiB.
    pub(crate) async fn size(&self) -> (i64, i64) {
        let text =
            "select pg_table_size($1::text::regclass) >> 20, pg_indexes_size($1::text::regclass) >> 20";
        sqlx::query_as(text).bind(&self.name).fetch_one(&self.pool).await.unwrap()
    }
}
