//! The servers that all tests of a process share.

use std::env;
use std::sync::OnceLock;

use crate::mariadb::Mariadb;
use crate::postgres::Postgres;
use crate::redis::Redis;

/// The environment variable with the URL of a MariaDB database for tests.
pub const MYSQL_URL: &str = "SESSION_MYSQL_URL";

/// The environment variable with the URL of a PostgreSQL database for tests.
pub const POSTGRES_URL: &str = "SESSION_POSTGRES_URL";

/// The environment variable with the URL of a Redis or Valkey server for tests.
pub const REDIS_URL: &str = "SESSION_REDIS_URL";

/// Returns the URL of a MariaDB database for tests: the one in [`MYSQL_URL`], or that of a private
/// server, which the first call starts and which ends with the process.
///
/// # Panics
///
/// Panics if the private server cannot be started.
#[must_use]
pub fn mysql_url() -> String {
    static SERVER: OnceLock<Mariadb> = OnceLock::new();
    given(MYSQL_URL).unwrap_or_else(|| {
        SERVER.get_or_init(|| Mariadb::start().unwrap_or_else(|error| panic!("{error}"))).url()
    })
}

/// Returns the URL of a PostgreSQL database for tests: the one in [`POSTGRES_URL`], or that of a private
/// server, which the first call starts and which ends with the process.
///
/// # Panics
///
/// Panics if the private server cannot be started.
#[must_use]
pub fn postgres_url() -> String {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    given(POSTGRES_URL).unwrap_or_else(|| {
        SERVER.get_or_init(|| Postgres::start().unwrap_or_else(|error| panic!("{error}"))).url()
    })
}

/// Returns the URL of a Redis or Valkey server for tests: the one in [`REDIS_URL`], or that of a private
/// server, which the first call starts and which ends with the process.
///
/// # Panics
///
/// Panics if the private server cannot be started.
#[must_use]
pub fn redis_url() -> String {
    static SERVER: OnceLock<Redis> = OnceLock::new();
    given(REDIS_URL).unwrap_or_else(|| {
        SERVER.get_or_init(|| Redis::start().unwrap_or_else(|error| panic!("{error}"))).url()
    })
}

fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|url| !url.is_empty())
}
