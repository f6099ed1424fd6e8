//! Tests of what the statements cost: their plans, and what they leave on the server.

use session_core::UnixTime;
use session_core::store::{Loaded, Record, StoreKey, Version};
use sqlx::mysql::{MySqlConnection, MySqlPoolOptions, MySqlRow};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqlStr, query, query_scalar, raw_sql};
use url::Url;

use crate::mysql::batch::{Loads, Updates, of_size};
use crate::mysql::connect::Connections;
use crate::mysql::options::MySqlOptions;
use crate::mysql::query::Queries;
use crate::mysql::schema::{migrate, statement};

/// A table of sessions, in a database of its own.
struct Sessions {
    connection: MySqlConnection,
    queries: Queries,
    database: String,
    /// The key of a session.
    key: Vec<u8>,
}

/// A step of a plan: the type of access to the table, the index, and the remarks.
type Step = [String; 3];

impl Sessions {
    async fn new() -> Self {
        Self::of(10_000).await
    }

    async fn of(number: u32) -> Self {
        let mut url: Url = test_servers::mysql_url().parse().unwrap();
        let database = format!("plans_{:016x}", rand::random::<u64>());
        let create = AssertSqlSafe(format!("create database {database}"));
        raw_sql(create).execute(&mut MySqlConnection::connect(url.as_str()).await.unwrap()).await.unwrap();
        url.set_path(&database);
        let pool = MySqlPoolOptions::new().max_connections(1).connect_lazy(url.as_str()).unwrap();
        let queries = Queries::new(Connections::borrowed(pool), &MySqlOptions::default());
        let mut connection = MySqlConnection::connect(url.as_str()).await.unwrap();
        assert!(migrate(&mut connection, &queries.table).await.unwrap());
        let fill = format!(
            "insert into cwsession
                (`key`, data, creation_date, modification_date, expires, owner, version, purge_date)
            select rpad(unhex(sha2(seq, 256)), 34, x'00'), '{{}}', 0, 0, seq, seq div 500, seq, seq
            from seq_1_to_{number};
            analyze table cwsession"
        );
        raw_sql(AssertSqlSafe(fill)).execute(&mut connection).await.unwrap();
        let key = query_scalar("select `key` from cwsession limit 1");
        let key = key.fetch_one(&mut connection).await.unwrap();
        Self { connection, queries, database, key }
    }

    /// Returns the steps of a statement that read the table. `kinds` has a letter for each parameter: `k` for
    /// a key, `o` for an owner, `b` for a time before which many sessions expire, `l` for the limit of a
    /// purge, `n` for another number.
    async fn plan(&mut self, statement: &SqlStr, kinds: &str) -> Vec<Step> {
        assert_eq!(statement.as_str().matches('?').count(), kinds.len(), "{}", statement.as_str());
        let text = AssertSqlSafe(format!("explain {}", statement.as_str()));
        let explain = kinds.chars().fold(query(text).persistent(false), |explain, kind| match kind {
            'k' => explain.bind(self.key.clone()),
            'o' => explain.bind(b"7".to_vec()),
            'b' => explain.bind(9_000_i64),
            'l' => explain.bind(1_000_i64),
            _ => explain.bind(0_i64),
        });
        let rows = explain.fetch_all(&mut self.connection).await.unwrap();
        let text = |row: &MySqlRow, name: &str| row.get::<Option<String>, _>(name).unwrap_or_default();
        let is_of_table = |row: &&MySqlRow| ["s", "t", "cwsession"].contains(&&*text(row, "table"));
        let step = |row: &MySqlRow| ["type", "key", "Extra"].map(|name| text(row, name));
        rows.iter().filter(is_of_table).map(step).collect()
    }

    /// Fails unless the statement reads the table by this index, and never as a whole.
    async fn check(&mut self, index: &str, statement: &SqlStr, kinds: &str) {
        let plan = self.plan(statement, kinds).await;
        assert!(plan.iter().all(|[access, ..]| access != "ALL" && access != "index"), "{plan:?}");
        assert!(plan.iter().any(|[_, key, _]| key == index), "{plan:?}: {}", statement.as_str());
        assert!(plan.iter().all(|[.., remarks]| !remarks.contains("filesort")), "{plan:?}");
    }

    /// Returns how many statements of these kinds the store's connection has run: `select` and `update`.
    async fn counted(&self) -> [u64; 2] {
        let mut lease = self.queries.connections.lend().await.unwrap();
        [status(lease.connection(), "com_select").await, status(lease.connection(), "com_update").await]
    }

    /// Returns the statement for four updates, and the number of its parameters.
    fn update_many(&self) -> (SqlStr, usize) {
        let update_many = statement(&of_size(Updates::UPDATE_MANY, 4), &self.queries.table);
        let parameters = update_many.as_str().matches('?').count();
        (update_many, parameters)
    }

    async fn done(mut self) {
        let drop_database = AssertSqlSafe(format!("drop database {}", self.database));
        raw_sql(drop_database).execute(&mut self.connection).await.unwrap();
    }
}

/// Returns what the server has counted for a connection.
async fn status(connection: &mut MySqlConnection, counter: &str) -> u64 {
    let status = raw_sql(AssertSqlSafe(format!("show session status like '{counter}'")));
    status.fetch_one(connection).await.unwrap().get::<String, _>(1).parse().unwrap()
}

#[tokio::test]
async fn statements_for_a_key_use_the_index_by_key() {
    let mut sessions = Sessions::new().await;
    let Queries { load, find, find_both, find_id, remove_expired, update, rename, touch, delete, .. } =
        &sessions.queries;
    let all = [
        (load, "nkn"),
        (find, "k"),
        (find_both, "kk"),
        (find_id, "k"),
        (remove_expired, "kn"),
        (update, "nnnknnnnkknknn"),
        (rename, "nnnknnnnkknkknn"),
        (touch, "nnnnkn"),
        (delete, "k"),
    ];
    for (statement, kinds) in all.map(|(statement, kinds)| (statement.clone(), kinds)) {
        sessions.check("by_key", &statement, kinds).await;
    }
    for text in [Loads::LOAD_MANY, Updates::LOCK_MANY] {
        let statement = statement(&of_size(text, 4), &sessions.queries.table);
        sessions.check("by_key", &statement, "kkkk").await;
    }
    sessions.done().await;
}

#[tokio::test]
async fn a_locked_row_is_written_by_its_id() {
    let mut sessions = Sessions::new().await;
    let (update_many, parameters) = sessions.update_many();
    sessions.check("PRIMARY", &update_many, &"n".repeat(parameters)).await;
    let delete_renamed = sessions.queries.delete_renamed.clone();
    sessions.check("PRIMARY", &delete_renamed, "n").await;
    sessions.done().await;
}

#[tokio::test]
async fn updates_that_share_a_statement_need_no_table_on_the_disk() {
    let mut sessions = Sessions::new().await;
    let (update_many, parameters) = sessions.update_many();
    let before = status(&mut sessions.connection, "created_tmp_disk_tables").await;
    let update_many = (0..parameters).fold(query(update_many), |update_many, _| update_many.bind(1_i64));
    assert_eq!(update_many.execute(&mut sessions.connection).await.unwrap().rows_affected(), 1);
    assert_eq!(status(&mut sessions.connection, "created_tmp_disk_tables").await, before);
    sessions.done().await;
}

#[tokio::test]
async fn calls_that_wait_share_a_statement() {
    let mut sessions = Sessions::new().await;
    let rows = raw_sql("select `key`, version from cwsession limit 4");
    let rows = rows.fetch_all(&mut sessions.connection).await.unwrap();
    let key = |row: usize| StoreKey::from_bytes(rows[row].get::<Vec<u8>, _>(0).try_into().unwrap());
    let keys = [0, 1, 2, 3].map(key);
    let version = |row: usize| Version::from_bits(rows[row].get::<i64, _>(1).cast_unsigned());
    let (queries, now) = (&sessions.queries, UnixTime::from_millis(0));

    let before = sessions.counted().await;
    let load = |row: usize| queries.load(&keys[row], now);
    let loaded = tokio::join!(load(0), load(1), load(2), load(3));
    for loaded in [loaded.0, loaded.1, loaded.2, loaded.3] {
        assert!(matches!(loaded.unwrap(), Loaded::Found(_)));
    }
    let record = Record::new(b"{}".as_slice(), now, Version::from_bits(1));
    let update = |row: usize| queries.update(&keys[row], &record, version(row), now);
    let updated = tokio::join!(update(0), update(1), update(2), update(3));
    for updated in [updated.0, updated.1, updated.2, updated.3] {
        assert!(updated.unwrap());
    }
    // The first call has a statement of its own. Updates that share one have read the versions before.
    let [selects, updates] = sessions.counted().await;
    assert_eq!([selects, updates], [before[0] + 2 + 1, before[1] + 2]);
    sessions.done().await;
}

#[tokio::test]
async fn statements_for_an_owner_use_the_index_by_owner_in_its_order() {
    let mut sessions = Sessions::new().await;
    let Queries { list, revoke, .. } = &sessions.queries;
    for (statement, kinds) in [(list.clone(), "onnl"), (revoke.clone(), "on")] {
        sessions.check("by_owner", &statement, kinds).await;
    }
    sessions.done().await;
}

#[tokio::test]
async fn a_purge_uses_the_index_by_date_in_its_order_also_in_a_small_table() {
    for number in [10_000, 20] {
        let mut sessions = Sessions::of(number).await;
        let Queries { first_due, find_prolonged, purge, .. } = &sessions.queries;
        let all = [(first_due, "nb"), (find_prolonged, "nblb"), (purge, "nbbl")];
        for (statement, kinds) in all.map(|(statement, kinds)| (statement.clone(), kinds)) {
            sessions.check("by_purge_date", &statement, kinds).await;
        }
        sessions.done().await;
    }
}

#[tokio::test]
async fn a_purge_closes_no_prepared_statement() {
    let mut sessions = Sessions::new().await;
    let prolong = raw_sql("update cwsession set expires = 100000 where id <= 3");
    prolong.execute(&mut sessions.connection).await.unwrap();
    let queries = &sessions.queries;
    assert_eq!(queries.purge(UnixTime::from_millis(9_000), 5).await.unwrap(), 5);
    let mut lease = queries.connections.lend().await.unwrap();
    for (counter, expected) in [("com_update", 1), ("com_delete_multi", 1), ("com_stmt_close", 0)] {
        assert_eq!(status(lease.connection(), counter).await, expected, "{counter}");
    }
    drop(lease);
    sessions.done().await;
}
