//! Private servers for tests: in temporary folders, on free ports, ended with their owner.
//!
//! A server and its folder are gone when the value that stands for it is dropped, and also when the process
//! that started it ends in any other way: by a panic, by Ctrl-C, or killed. So a server may be in a `static`.
//!
//! The calls block until the server has done what was asked. A server needs Unix; killing one needs Linux.

mod account;
mod disk;
mod error;
mod folder;
mod galera;
mod instance;
mod mariadb;
mod pgbouncer;
mod port;
mod postgres;
mod processes;
pub mod programs;
mod random;
mod redis;
mod redis_cluster;
mod redis_sentinel;
mod shared;

pub use disk::OnDisk;
pub use error::Error;
pub use galera::Galera;
pub use mariadb::{MARIADB_PROGRAMS, Mariadb};
pub use pgbouncer::{PGBOUNCER_PROGRAM, Pgbouncer};
pub use postgres::{POSTGRES_PROGRAMS, Postgres};
pub use redis::{REDIS_PROGRAMS, Redis};
pub use redis_cluster::RedisCluster;
pub use redis_cluster::slot_move::SlotMove;
pub use redis_sentinel::Sentinel;
pub use shared::{MYSQL_URL, POSTGRES_URL, REDIS_URL, mysql_url, postgres_url, redis_url};
