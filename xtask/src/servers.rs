//! The servers that all tests of a run share.

use std::env;

use test_servers::{POSTGRES_URL, Postgres};

use crate::failure::Failure;

/// The servers, which run until this is dropped. By default there are none.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    postgres: Option<Postgres>,
}

impl Servers {
    /// Starts those servers whose URL is not in the environment already.
    pub(crate) fn start() -> Result<Self, Failure> {
        Self::start_unless(|variable| env::var_os(variable).is_some_and(|url| !url.is_empty()))
    }

    fn start_unless(is_given: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let postgres = if is_given(POSTGRES_URL) { None } else { Some(Postgres::start()?) };
        Ok(Self { postgres })
    }

    /// Returns the variables to export to the tests, with their values.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.postgres.iter().map(|server| (POSTGRES_URL, server.url()))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_started_server_listens_and_its_url_is_exported() {
        let servers = Servers::start_unless(|_| false).unwrap();
        let [(variable, url)] = <[_; 1]>::try_from(servers.variables().collect::<Vec<_>>()).unwrap();
        assert_eq!(variable, "SESSION_POSTGRES_URL");
        let address = url.split(['@', '/']).find(|part| part.starts_with("127.0.0.1:")).unwrap();
        TcpStream::connect(address).unwrap();
    }

    #[test]
    fn a_server_whose_url_is_given_is_not_started() {
        let servers = Servers::start_unless(|variable| variable == "SESSION_POSTGRES_URL").unwrap();
        assert_eq!(servers.variables().count(), 0);
    }
}
