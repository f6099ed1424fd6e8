//! Clusters whose nodes fail, and whose slots move.

use super::slot_move::SlotMove;
use super::*;

/// The slot of all keys with `{one}` in their names.
fn slot(cluster: &RedisCluster) -> u16 {
    cluster.node(0).command(&["cluster", "keyslot", "{one}"]).unwrap().parse().unwrap()
}

/// Runs a command with a key of the slot on a node.
fn ask(cluster: &RedisCluster, node: usize, words: &[&str]) -> String {
    cluster.node(node).command(words).unwrap_or_else(|error| error.to_string())
}

/// Makes keys of the slot on its primary. Their names have all bytes that need an escape.
fn fill(cluster: &RedisCluster, primary: usize, keys: usize) {
    for key in 0..keys {
        let line = format!(r#"set "{{one}}\x00\n\"\\ {key}" {key}"#);
        assert_eq!(cluster.node(primary).quoted_command(&line).unwrap(), "OK");
    }
}

fn count(cluster: &RedisCluster, node: usize) -> String {
    ask(cluster, node, &["cluster", "countkeysinslot", &slot(cluster).to_string()])
}

#[test]
fn a_cluster_has_three_primaries_and_its_url_names_all_nodes() {
    let cluster = RedisCluster::start().unwrap();
    assert_eq!([0, 8000, 16_383].map(|slot| cluster.primary_of(slot).unwrap()), [0, 1, 2]);
    let ports = cluster.ports();
    let others: Vec<_> = ports[1..].iter().map(|port| format!("node=127.0.0.1:{port}")).collect();
    let expected =
        format!("redis-cluster://:{}@127.0.0.1:{}?{}", cluster.password, ports[0], others.join("&"));
    assert_eq!(cluster.url(), expected);
}

#[test]
fn the_replica_of_a_killed_primary_takes_its_place() {
    let mut cluster = RedisCluster::start().unwrap();
    let slot = slot(&cluster);
    let before = cluster.primary_of(slot).unwrap();
    assert_eq!(ask(&cluster, before, &["set", "{one}", "1"]), "OK");
    cluster.wait_until_ok().unwrap();
    cluster.kill(before).unwrap();
    cluster.wait_until_ok().unwrap();
    let after = cluster.primary_of(slot).unwrap();
    assert!(after > 2);
    assert_eq!(ask(&cluster, after, &["get", "{one}"]), "1");

    cluster.start_again(before).unwrap();
    cluster.wait_until_ok().unwrap();
    assert_eq!(cluster.primary_of(slot).unwrap(), after);
    cluster.fail_over(after).unwrap();
    assert_eq!(cluster.primary_of(slot).unwrap(), before);
    assert_eq!(ask(&cluster, before, &["get", "{one}"]), "1");
    assert!(cluster.fail_over(after).unwrap_err().to_string().contains("does not have a replica that runs"));
}

#[test]
fn a_slot_moves_in_steps_with_all_its_keys() {
    let cluster = RedisCluster::start().unwrap();
    let slot = slot(&cluster);
    let from = cluster.primary_of(slot).unwrap();
    let to = (from + 1) % 3;
    fill(&cluster, from, 120);

    let begun = cluster.begin_move(slot, to).unwrap();
    assert_eq!(begun, SlotMove { slot, from, to });
    assert_eq!(cluster.move_keys(&begun, 7).unwrap(), 7);
    assert_eq!([count(&cluster, from), count(&cluster, to)], ["113", "7"]);
    let port = cluster.node(to).port();
    let redirection = format!("ASK {slot} 127.0.0.1:{port}");
    assert!(ask(&cluster, from, &["get", "{one} missing"]).contains(&redirection));
    assert!(cluster.end_move(begun).unwrap_err().to_string().contains("still has 113 keys"));

    assert_eq!(cluster.move_keys(&begun, usize::MAX).unwrap(), 113);
    cluster.end_move(begun).unwrap();
    assert_eq!(cluster.primary_of(slot).unwrap(), to);
    assert_eq!([count(&cluster, from), count(&cluster, to)], ["0", "120"]);
    assert!(ask(&cluster, from, &["get", "{one}"]).contains(&format!("MOVED {slot} 127.0.0.1:{port}")));

    cluster.move_slot(slot, from).unwrap();
    assert_eq!([count(&cluster, from), count(&cluster, to)], ["120", "0"]);
}

#[test]
fn a_replica_that_is_behind_is_waited_for() {
    let cluster = RedisCluster::start().unwrap();
    let primary = cluster.node(cluster.primary_of(slot(&cluster)).unwrap());
    let port = View::of(primary).unwrap().replicas(primary.port())[0];
    let replica = cluster.node(cluster.number(port).unwrap());
    replica.command(&["config", "set", "masterauth", "wrong"]).unwrap();
    replica.command(&["client", "kill", "type", "master"]).unwrap();
    primary.command(&["set", "{one}", "1"]).unwrap();
    assert!(!cluster.is_ok().unwrap());
    replica.command(&["config", "set", "masterauth", &cluster.password]).unwrap();
    cluster.wait_until_ok().unwrap();
    assert!(has_all_of(replica, primary));
}
