//! A table in MariaDB.

use std::fmt::Write as _;
use std::ops::Range;

use session_core::UnixTime;
use session_core::store::StoreKey;
use session_sql::{MySqlOptions, MySqlStore};
use sqlx::{AssertSqlSafe, MySqlPool, query, raw_sql};

use super::table::{CALL_TIMEOUT, Table};
use comparison::sessions::{NOW, PAYLOAD};

pub(crate) struct MysqlTable {
    name: String,
    store: MySqlStore,
    pool: MySqlPool,
}

impl Table for MysqlTable {
    type Store = MySqlStore;

    const DATABASE: &str = "MariaDB";

    async fn create(url: &str, name: &str) -> Self {
        let mut options = MySqlOptions::default();
        options.table = name.parse().unwrap();
        options.call_timeout = CALL_TIMEOUT;
        let store = MySqlStore::connect_with(url, options).await.unwrap();
        store.migrate().await.unwrap();
        Self { name: name.to_owned(), store, pool: MySqlPool::connect(url).await.unwrap() }
    }

    fn store(&self) -> &MySqlStore {
        &self.store
    }

    async fn insert(&self, keys: Vec<StoreKey>, numbers: Range<u64>, expires: UnixTime, apart: u32) {
        let insert = AssertSqlSafe(format!(
            "insert into {} (
                `key`, data, creation_date, modification_date, expires, owner, version, purge_date
            )
            select
                unhex(given.`key`), ?, ?, ?, ? + ? * (? + given.place - 1), cast((? + given.place - 1) div 2 as char), 0,
                ? + ? * (? + given.place - 1)
            from json_table(?, '$[*]' columns (place for ordinality, `key` char(68) path '$')) as given",
            self.name
        ));
        let keys: Vec<_> = keys.iter().map(|key| format!("\"{}\"", hex(key.as_bytes()))).collect();
        let (now, first, expires) = (NOW.as_millis(), numbers.start, expires.as_millis());
        let insert = query(insert).bind(PAYLOAD.as_slice()).bind(now).bind(now);
        let insert = insert.bind(expires).bind(apart).bind(first).bind(first);
        let insert = insert.bind(expires).bind(apart).bind(first);
        let insert = insert.bind(format!("[{}]", keys.join(",")));
        insert.execute(&self.pool).await.unwrap();
    }

    async fn analyze(&self) {
        let analyze = AssertSqlSafe(format!("analyze table {}", self.name));
        raw_sql(analyze).execute(&self.pool).await.unwrap();
    }

    async fn checkpoint(&self) {
        // The server waits until no transaction writes, and has written its pages.
        let flush = AssertSqlSafe(format!("flush tables {} for export; unlock tables", self.name));
        raw_sql(flush).execute(&self.pool).await.unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
