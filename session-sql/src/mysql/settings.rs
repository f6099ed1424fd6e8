//! The settings of a connection, and those of the server that matter to the store.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr, raw_sql};

use crate::failure::Failure;
use crate::mysql::error::MySqlFailure;
use crate::mysql::options::SMALLEST_PACKET;

/// The longest time for which a statement waits for a lock.
const LONGEST_LOCK_WAIT: Duration = Duration::from_secs(3);

/// The bits of `wsrep_sync_wait` with which reads and writes wait for what other nodes have acknowledged.
const WAIT_FOR_ALL: u64 = 7;

/// The value of `sql_select_limit` that limits nothing.
const NO_LIMIT: &str = "18446744073709551615";

/// Reads the settings, each of which has a row, and whether a node of a cluster takes statements. Servers
/// know only some of them.
const SHOW: &str = "
show session variables
where variable_name in (
    'autocommit', 'binlog_format', 'innodb_read_only', 'log_bin', 'max_allowed_packet', 'read_only',
    'sql_mode', 'sql_safe_updates', 'sql_select_limit', 'transaction_isolation', 'transaction_read_only',
    'tx_isolation', 'tx_read_only', 'version', 'wsrep_dirty_reads', 'wsrep_on', 'wsrep_sync_wait'
);
show status like 'wsrep_ready'";

/// Sets the isolation level and the times of a new connection, all in one trip, and checks the server. A node
/// of a cluster takes another trip.
///
/// What is in `/*M! … */` is for MariaDB, and a comment for MySQL. A client that has vanished keeps its locks
/// until the server ends its transaction.
pub(crate) async fn prepare(
    connection: &mut MySqlConnection,
    call_timeout: Duration,
    idle_timeout: Duration,
) -> Result<(), Failure> {
    // The times are in seconds. Zero would mean no limit to the last two.
    let lock_wait = call_timeout.min(LONGEST_LOCK_WAIT).as_secs().max(1);
    let wait = idle_timeout.as_secs() + 60;
    let longest = call_timeout.as_secs_f64().max(0.001);
    let idle_transaction = call_timeout.as_secs() + 2;
    let set = AssertSqlSafe(format!(
        "set session transaction isolation level read committed;
        set session transaction read write;
        set session
            autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
            sql_safe_updates = 0, sql_select_limit = {NO_LIMIT}, lc_messages = 'en_US',
            innodb_lock_wait_timeout = {lock_wait}, lock_wait_timeout = {lock_wait}, wait_timeout = {wait}
            /*M!, max_statement_time = {longest:.3}, idle_transaction_timeout = {idle_transaction}*/;
        {SHOW}"
    ));
    let mut settings = read(connection, set.into_sql_str()).await?;
    if settings.is_node() {
        // A statement that another node has overruled is run again by the store, which knows its outcome.
        let set = AssertSqlSafe(format!(
            "set session wsrep_sync_wait = {WAIT_FOR_ALL}, wsrep_dirty_reads = 0, wsrep_retry_autocommit = 0;
            {SHOW}"
        ));
        settings = read(connection, set.into_sql_str()).await?;
    }
    settings.check()
}

/// Fails unless the settings of a connection are those that the store needs.
pub(crate) async fn check(connection: &mut MySqlConnection) -> Result<(), Failure> {
    read(connection, SHOW.into_sql_str()).await?.check()
}

/// Returns a statement that reads this number.
pub(crate) fn number(number: i64) -> SqlStr {
    AssertSqlSafe(format!("select {number}")).into_sql_str()
}

/// The settings, by their names.
struct Settings(HashMap<String, String>);

async fn read(connection: &mut MySqlConnection, statement: SqlStr) -> Result<Settings, Failure> {
    let rows = raw_sql(statement).fetch_all(connection).await?;
    let setting = |row: &sqlx::mysql::MySqlRow| Ok((row.try_get(0)?, row.try_get(1)?));
    Ok(Settings(rows.iter().map(setting).collect::<Result<_, sqlx::Error>>()?))
}

impl Settings {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }

    /// Tells whether the server is a node of a Galera cluster.
    fn is_node(&self) -> bool {
        self.get("wsrep_on") == "ON"
    }

    /// Returns the first of these settings that the server knows: two of them have had other names.
    fn either(&self, one: &'static str, other: &'static str) -> (&'static str, &str) {
        if self.get(one).is_empty() { (other, self.get(other)) } else { (one, self.get(one)) }
    }

    fn check(&self) -> Result<(), Failure> {
        let (_, transactions_read_only) = self.either("transaction_read_only", "tx_read_only");
        let read_only = [self.get("read_only"), self.get("innodb_read_only"), transactions_read_only];
        if read_only.iter().any(|value| !matches!(*value, "OFF" | "")) {
            return Err(MySqlFailure::ReadOnly.into());
        }
        if self.is_node() && self.get("wsrep_ready") != "ON" {
            return Err(MySqlFailure::NotReady.into());
        }
        if self.get("log_bin") == "ON" && self.get("binlog_format") == "STATEMENT" {
            return Err(MySqlFailure::BinlogFormat.into());
        }
        if self.number("max_allowed_packet") < SMALLEST_PACKET {
            return Err(MySqlFailure::SmallPacket(self.number("max_allowed_packet")).into());
        }
        if !self.is_new_enough() {
            return Err(MySqlFailure::OldServer(self.get("version").to_owned()).into());
        }
        if self.is_node() && self.number("wsrep_sync_wait") & WAIT_FOR_ALL != WAIT_FOR_ALL {
            return Err(MySqlFailure::SyncWait(self.number("wsrep_sync_wait")).into());
        }
        self.check_session()
    }

    /// Tells whether the server knows `skip locked`: MariaDB since 10.6, MySQL since 8.0.
    fn is_new_enough(&self) -> bool {
        let version = self.get("version");
        let mut numbers = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        let release = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        release >= if version.contains("MariaDB") { (10, 6) } else { (8, 0) }
    }

    /// Fails unless the settings of the session are those that the store needs. It sets those of its own.
    fn check_session(&self) -> Result<(), Failure> {
        let (isolation, level) = self.either("transaction_isolation", "tx_isolation");
        let [sql_mode, limit, dirty_reads] =
            ["sql_mode", "sql_select_limit", "wsrep_dirty_reads"].map(|name| self.get(name));
        let is_strict = sql_mode.contains("STRICT_") && !sql_mode.contains("EMPTY_STRING_IS_NULL");
        for (name, value, is_right, needed) in [
            (isolation, level, level == "READ-COMMITTED", "'READ-COMMITTED'"),
            ("autocommit", self.get("autocommit"), self.get("autocommit") == "ON", "1"),
            ("sql_mode", sql_mode, is_strict, "'STRICT_ALL_TABLES'"),
            ("sql_safe_updates", self.get("sql_safe_updates"), self.get("sql_safe_updates") == "OFF", "0"),
            ("sql_select_limit", limit, limit == NO_LIMIT, NO_LIMIT),
            ("wsrep_dirty_reads", dirty_reads, matches!(dirty_reads, "OFF" | ""), "0"),
        ] {
            if !is_right {
                return Err(MySqlFailure::Setting { name, value: value.to_owned(), needed }.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;
    use test_servers::Mariadb;

    use super::*;

    fn problem(changes: &[(&str, &str)]) -> Option<String> {
        let good = [
            ("autocommit", "ON"),
            ("binlog_format", "MIXED"),
            ("innodb_read_only", "OFF"),
            ("log_bin", "OFF"),
            ("max_allowed_packet", "16777216"),
            ("read_only", "OFF"),
            ("sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"),
            ("sql_safe_updates", "OFF"),
            ("sql_select_limit", NO_LIMIT),
            ("tx_isolation", "READ-COMMITTED"),
            ("tx_read_only", "OFF"),
            ("version", "10.11.14-MariaDB-0+deb12u2"),
            ("wsrep_dirty_reads", "OFF"),
            ("wsrep_on", "OFF"),
            ("wsrep_sync_wait", "0"),
        ];
        let all = good.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings(all.collect()).check().err().map(|failure| failure.to_string())
    }

    #[test]
    fn a_setting_that_the_store_cannot_work_with_is_named_with_the_remedy() {
        for (changes, expected) in [
            (&[("read_only", "ON")][..], "read-only"),
            (&[("read_only", "NO_LOCK_NO_ADMIN")], "read-only"),
            (&[("innodb_read_only", "ON")], "read-only"),
            (&[("tx_isolation", "REPEATABLE-READ")], "set session tx_isolation = 'READ-COMMITTED'"),
            (&[("transaction_isolation", "SERIALIZABLE")], "transaction_isolation is SERIALIZABLE"),
            (&[("tx_read_only", "ON")], "read-only"),
            (&[("autocommit", "OFF")], "set session autocommit = 1"),
            (&[("sql_mode", "NO_ENGINE_SUBSTITUTION")], "set session sql_mode = 'STRICT_ALL_TABLES'"),
            (&[("sql_mode", "STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL")], "sql_mode"),
            (&[("sql_safe_updates", "ON")], "set session sql_safe_updates = 0"),
            (&[("sql_select_limit", "10")], "set session sql_select_limit = 18446744073709551615"),
            (&[("wsrep_dirty_reads", "ON")], "set session wsrep_dirty_reads = 0"),
            (&[("version", "10.5.28-MariaDB-log")], "version 10.5.28-MariaDB-log, but the store needs"),
            (&[("version", "5.7.44")], "needs MariaDB 10.6 or MySQL 8.0"),
            (&[("log_bin", "ON"), ("binlog_format", "STATEMENT")], "binlog_format = ROW"),
            (&[("max_allowed_packet", "1048576")], "max_allowed_packet = 16M"),
            (&[("wsrep_on", "ON"), ("wsrep_sync_wait", "7"), ("wsrep_ready", "OFF")], "not ready"),
            (&[("wsrep_on", "ON"), ("wsrep_ready", "ON")], "wsrep_sync_wait = 7"),
            (&[("wsrep_on", "ON"), ("wsrep_ready", "ON"), ("wsrep_sync_wait", "3")], "wsrep_sync_wait = 7"),
        ] {
            let problem = problem(changes).unwrap();
            assert!(problem.contains(expected), "{changes:?}: {problem}");
        }
    }

    #[test]
    fn other_settings_are_accepted() {
        for changes in [
            &[][..],
            &[("binlog_format", "STATEMENT")],
            &[("log_bin", "ON"), ("binlog_format", "ROW")],
            &[("transaction_isolation", "READ-COMMITTED"), ("tx_isolation", "")],
            &[("wsrep_on", "ON"), ("wsrep_ready", "ON"), ("wsrep_sync_wait", "15")],
            &[("wsrep_ready", "OFF")],
            &[("version", "12.3.1-MariaDB")],
            &[("version", "8.4.10")],
        ] {
            assert_eq!(problem(changes), None, "{changes:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_gets_the_settings_whatever_those_of_the_server_are() {
        let server = Mariadb::start().unwrap();
        let others = "set global
            tx_isolation = 'SERIALIZABLE', tx_read_only = 1, autocommit = 0, sql_mode = 'ORACLE',
            sql_safe_updates = 1, sql_select_limit = 1, lc_messages = 'de_DE', innodb_lock_wait_timeout = 50,
            lock_wait_timeout = 50, wait_timeout = 50, max_statement_time = 50, idle_transaction_timeout = 50";
        let mut admin = MySqlConnection::connect(&server.url()).await.unwrap();
        raw_sql(others).execute(&mut admin).await.unwrap();
        let mut connection = MySqlConnection::connect(&server.url()).await.unwrap();
        let times = (Duration::from_millis(2_500), Duration::from_secs(600));
        prepare(&mut connection, times.0, times.1).await.unwrap();
        let all = read(&mut connection, "show session variables".into_sql_str()).await.unwrap();
        for (name, value) in [
            ("tx_isolation", "READ-COMMITTED"),
            ("tx_read_only", "OFF"),
            ("autocommit", "ON"),
            ("sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"),
            ("sql_safe_updates", "OFF"),
            ("sql_select_limit", NO_LIMIT),
            ("lc_messages", "en_US"),
            ("innodb_lock_wait_timeout", "2"),
            ("lock_wait_timeout", "2"),
            ("wait_timeout", "660"),
            ("max_statement_time", "2.500000"),
            ("idle_transaction_timeout", "4"),
        ] {
            assert_eq!(all.get(name), value, "{name}");
        }
    }
}
