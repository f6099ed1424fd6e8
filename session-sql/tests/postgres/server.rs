//! Servers that a test may stop and kill, because no other test uses them meanwhile.

use test_servers::Postgres;

pub(crate) type OwnServer = test_support::OwnServer<Postgres>;
pub(crate) type Down = test_support::Down<Postgres>;
