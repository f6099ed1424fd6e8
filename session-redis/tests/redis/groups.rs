//! A sentinel group and a cluster for all tests that cause no fault.

use std::sync::LazyLock;

use test_servers::{RedisCluster, Sentinel};

static SENTINEL: LazyLock<Sentinel> = LazyLock::new(|| Sentinel::start().expect("a group can be started"));
static CLUSTER: LazyLock<RedisCluster> =
    LazyLock::new(|| RedisCluster::start().expect("a cluster can be started"));

/// Returns the URL of the sentinel group, which the first call starts.
pub(crate) fn sentinel_url() -> String {
    SENTINEL.url()
}

/// Returns the URL of the cluster, which the first call starts.
pub(crate) fn cluster_url() -> String {
    CLUSTER.url()
}

/// Runs a command on each node of the cluster.
pub(crate) fn cluster_nodes(words: &[&str]) {
    for number in 0..CLUSTER.ports().len() {
        CLUSTER.node(number).command(words).expect("each node carries out the command");
    }
}

/// Returns the URLs of the primaries of the cluster.
pub(crate) fn cluster_primary_urls() -> Vec<String> {
    (0..3).map(|number| CLUSTER.node(number).url()).collect()
}
