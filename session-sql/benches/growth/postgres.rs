//! A table in PostgreSQL.

use std::ops::Range;

use session_core::UnixTime;
use session_core::store::StoreKey;
use session_sql::{PostgresOptions, PostgresStore};
use sqlx::{AssertSqlSafe, PgPool, query};

use super::table::{CALL_TIMEOUT, Table};
use comparison::sessions::{NOW, PAYLOAD};

pub(crate) struct PostgresTable {
    pub(crate) name: String,
    pub(crate) store: PostgresStore,
    pub(crate) pool: PgPool,
}

impl Table for PostgresTable {
    type Store = PostgresStore;

    const DATABASE: &str = "PostgreSQL";

    async fn create(url: &str, name: &str) -> Self {
        let mut options = PostgresOptions::default();
        options.table = name.parse().unwrap();
        options.call_timeout = CALL_TIMEOUT;
        let store = PostgresStore::connect_with(url, options).await.unwrap();
        store.migrate().await.unwrap();
        Self { name: name.to_owned(), store, pool: PgPool::connect(url).await.unwrap() }
    }

    fn store(&self) -> &PostgresStore {
        &self.store
    }

    async fn insert(&self, keys: Vec<StoreKey>, numbers: Range<u64>, expires: UnixTime, apart: u32) {
        let insert = AssertSqlSafe(format!(
            "insert into {} (
                key, data, creation_date, modification_date, expires, owner, version, purge_date
            )
            select
                key, $3, $4, $4, $5 + $6 * number, convert_to((number / 2)::text, 'UTF8'), 0, $5 + $6 * number
            from unnest($1::bytea[], $2::bigint[]) as given (key, number)",
            self.name
        ));
        let keys: Vec<_> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let numbers: Vec<_> = numbers.map(u64::cast_signed).collect();
        let insert = query(insert).bind(keys).bind(numbers).bind(PAYLOAD.as_slice());
        let insert = insert.bind(NOW.as_millis()).bind(expires.as_millis()).bind(i64::from(apart));
        insert.execute(&self.pool).await.unwrap();
    }

    async fn analyze(&self) {
        let analyze = AssertSqlSafe(format!("vacuum (analyze) {}", self.name));
        query(analyze).execute(&self.pool).await.unwrap();
    }

    async fn checkpoint(&self) {
        query("checkpoint").execute(&self.pool).await.unwrap();
    }
}

impl PostgresTable {
    /// Returns the size of the table and that of its indexes, in MiB.
    pub(crate) async fn size(&self) -> (i64, i64) {
        let text =
            "select pg_table_size($1::text::regclass) >> 20, pg_indexes_size($1::text::regclass) >> 20";
        sqlx::query_as(text).bind(&self.name).fetch_one(&self.pool).await.unwrap()
    }
}
