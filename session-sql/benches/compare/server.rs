//! The private servers of a benchmark.
//!
//! They wait for the disk, as those do that keep data. Checkpoints are rare, so that none of them meets one
//! contender and not the others.

#![allow(dead_code, reason = "each benchmark uses one of the servers")]

use test_servers::{Mariadb, Postgres};

pub(crate) fn postgres(shared_buffers: &str) -> Postgres {
    let settings = [
        ("fsync", "on"),
        ("shared_buffers", shared_buffers),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "30min"),
    ];
    Postgres::start_with(&settings).expect("a private server can be started")
}

pub(crate) fn mariadb(buffer_pool: &str) -> Mariadb {
    let settings = [
        ("innodb-flush-method", "fsync"),
        ("innodb-buffer-pool-size", buffer_pool),
        ("innodb-log-file-size", "2G"),
    ];
    Mariadb::start_with(&settings).expect("a private server can be started")
}
