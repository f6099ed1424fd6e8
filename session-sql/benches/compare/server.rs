//! The private PostgreSQL server of a benchmark.

use test_servers::Postgres;

/// Starts a server that waits for the disk, as one that keeps data does.
///
/// Checkpoints are rare, so that none of them meets one contender and not the others.
pub(crate) fn postgres(shared_buffers: &str) -> Postgres {
    let settings = [
        ("fsync", "on"),
        ("shared_buffers", shared_buffers),
        ("max_wal_size", "8GB"),
        ("checkpoint_timeout", "30min"),
    ];
    Postgres::start_with(&settings).expect("a private server can be started")
}
