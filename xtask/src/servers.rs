//! The servers that all tests of a run share.

use std::env;

use test_servers::{MYSQL_URL, Mariadb, POSTGRES_URL, Postgres, REDIS_URL, Redis};

use crate::failure::Failure;

/// The servers, which run until this is dropped. By default there are none.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    postgres: Option<Postgres>,
    mariadb: Option<Mariadb>,
    redis: Option<Redis>,
}

impl Servers {
    /// Starts those servers whose URL is not in the environment already.
    pub(crate) fn start() -> Result<Self, Failure> {
        Self::start_unless(|variable| env::var_os(variable).is_some_and(|url| !url.is_empty()))
    }

    fn start_unless(is_given: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let postgres = if is_given(POSTGRES_URL) { None } else { Some(Postgres::start()?) };
        let mariadb = if is_given(MYSQL_URL) { None } else { Some(Mariadb::start()?) };
        let redis = if is_given(REDIS_URL) { None } else { Some(Redis::start()?) };
        Ok(Self { postgres, mariadb, redis })
    }

    /// Returns the variables to export to the tests, with their values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        let postgres = self.postgres.iter().map(|server| (POSTGRES_URL, server.url()));
        let mariadb = self.mariadb.iter().map(|server| (MYSQL_URL, server.url()));
        let redis = self.redis.iter().map(|server| (REDIS_URL, server.url()));
        postgres.chain(mariadb).chain(redis)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn started_servers_listen_and_their_urls_are_exported() {
        let servers = Servers::start_unless(|_| false).unwrap();
        let (variables, urls): (Vec<_>, Vec<_>) = servers.variables().unzip();
        assert_eq!(variables, ["SESSION_POSTGRES_URL", "SESSION_MYSQL_URL", "SESSION_REDIS_URL"]);
        for url in urls {
            let address = url.split(['@', '/']).find(|part| part.starts_with("127.0.0.1:")).unwrap();
            TcpStream::connect(address).unwrap();
        }
    }

    #[test]
    fn a_server_whose_url_is_given_is_not_started() {
        let servers = Servers::start_unless(|variable| variable == "SESSION_POSTGRES_URL").unwrap();
        let variables: Vec<_> = servers.variables().map(|(variable, _)| variable).collect();
        assert_eq!(variables, ["SESSION_MYSQL_URL", "SESSION_REDIS_URL"]);
    }
}
