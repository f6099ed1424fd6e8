//! Servers that a test may stop and kill, because no other test uses them meanwhile.

use test_servers::Mariadb;

pub(crate) type OwnServer = test_support::OwnServer<Mariadb>;
pub(crate) type Down = test_support::Down<Mariadb>;
