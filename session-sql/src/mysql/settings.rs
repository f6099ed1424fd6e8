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

/// Reads the settings, each of which has a row. Servers know only some of them.
const SHOW: &str = "
show session variables
where variable_name in (
    'autocommit', 'binlog_format', 'innodb_read_only', 'log_bin', 'max_allowed_packet', 'read_only',
    'transaction_isolation', 'tx_isolation', 'wsrep_on', 'wsrep_sync_wait'
)";

/// Sets the isolation level and the times of a new connection, all in one trip, and checks the server. A node
/// of a cluster takes another trip.
///
/// What is in `/*M! … */` is for MariaDB, and a comment for MySQL.
pub(crate) async fn prepare(connection: &mut MySqlConnection, call_timeout: Duration) -> Result<(), Failure> {
    // The times are in seconds; the first two are whole numbers, and zero would mean no limit to the last.
    let lock_wait = call_timeout.min(LONGEST_LOCK_WAIT).as_secs().max(1);
    let longest = call_timeout.as_secs_f64().max(0.001);
    let set = AssertSqlSafe(format!(
        "set session transaction isolation level read committed;
        set session
            autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
            innodb_lock_wait_timeout = {lock_wait}, lock_wait_timeout = {lock_wait}
            /*M!, max_statement_time = {longest:.3}*/;
        {SHOW}"
    ));
    let mut settings = read(connection, set.into_sql_str()).await?;
    if settings.is_node() {
        let set = AssertSqlSafe(format!(
            "set session wsrep_sync_wait = {WAIT_FOR_ALL}, wsrep_retry_autocommit = 0; {SHOW}"
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

    fn check(&self) -> Result<(), Failure> {
        if ["read_only", "innodb_read_only"].iter().any(|name| !matches!(self.get(name), "OFF" | "")) {
            return Err(MySqlFailure::ReadOnly.into());
        }
        // MariaDB before 11.1 has only `tx_isolation`, and MySQL only the other.
        let isolation = self.get("transaction_isolation");
        let isolation = if isolation.is_empty() { self.get("tx_isolation") } else { isolation };
        if isolation != "READ-COMMITTED" {
            return Err(MySqlFailure::Isolation(isolation.to_owned()).into());
        }
        if self.get("autocommit") != "ON" {
            return Err(MySqlFailure::Autocommit.into());
        }
        if self.get("log_bin") == "ON" && self.get("binlog_format") == "STATEMENT" {
            return Err(MySqlFailure::BinlogFormat.into());
        }
        if self.number("max_allowed_packet") < SMALLEST_PACKET {
            return Err(MySqlFailure::SmallPacket(self.number("max_allowed_packet")).into());
        }
        if self.is_node() && self.number("wsrep_sync_wait") & WAIT_FOR_ALL != WAIT_FOR_ALL {
            return Err(MySqlFailure::SyncWait(self.number("wsrep_sync_wait")).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(changes: &[(&str, &str)]) -> Option<String> {
        let good = [
            ("autocommit", "ON"),
            ("binlog_format", "MIXED"),
            ("innodb_read_only", "OFF"),
            ("log_bin", "OFF"),
            ("max_allowed_packet", "16777216"),
            ("read_only", "OFF"),
            ("tx_isolation", "READ-COMMITTED"),
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
            (
                &[("tx_isolation", "REPEATABLE-READ")],
                "set session transaction isolation level read committed",
            ),
            (&[("transaction_isolation", "SERIALIZABLE")], "is SERIALIZABLE"),
            (&[("autocommit", "OFF")], "set session autocommit = 1"),
            (&[("log_bin", "ON"), ("binlog_format", "STATEMENT")], "binlog_format = ROW"),
            (&[("max_allowed_packet", "1048576")], "max_allowed_packet = 16M"),
            (&[("wsrep_on", "ON")], "wsrep_sync_wait = 7"),
            (&[("wsrep_on", "ON"), ("wsrep_sync_wait", "3")], "wsrep_sync_wait = 7"),
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
            &[("wsrep_on", "ON"), ("wsrep_sync_wait", "15")],
        ] {
            assert_eq!(problem(changes), None, "{changes:?}");
        }
    }
}
