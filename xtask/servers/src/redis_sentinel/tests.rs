//! Groups whose primary is replaced.

use super::*;

fn get(server: &Redis) -> String {
    server.command(&["get", "one"]).unwrap()
}

#[test]
fn a_field_is_counted_with_its_value_alone() {
    let reply = "name\nflags\nflags\nslave\nname\ntwo\nflags\nslave,s_down";
    assert_eq!(count(reply, "flags", "slave"), 1);
    assert_eq!(count(reply, "name", "flags"), 1);
    assert_eq!(count(reply, "flags", "flags"), 0);
}

#[test]
fn the_url_names_all_sentinels_and_the_group() {
    let group = Sentinel::start().unwrap();
    let (password, ports) = (&group.password, group.sentinel_ports());
    let expected = format!(
        "redis-sentinel://:{password}@127.0.0.1:{}?sentinelServiceName=session&sentinelPassword={password}\
         &node=127.0.0.1:{}&node=127.0.0.1:{}",
        ports[0], ports[1], ports[2]
    );
    assert_eq!(group.url(), expected);
    assert_eq!(group.primary().unwrap(), 0);
}

#[test]
fn a_planned_change_of_the_primary_loses_nothing() {
    let group = Sentinel::start().unwrap();
    group.server(0).command(&["set", "one", "1"]).unwrap();
    group.wait_until_synced().unwrap();
    group.fail_over().unwrap();
    assert_ne!(group.primary().unwrap(), 0);
    assert_eq!([0, 1, 2].map(|number| get(group.server(number))), ["1", "1", "1"]);
    assert!(group.server(0).command(&["set", "one", "2"]).unwrap_err().to_string().contains("READONLY"));
}

#[test]
fn a_killed_primary_is_replaced_and_comes_back_as_a_replica() {
    let mut group = Sentinel::start().unwrap();
    group.kill(0).unwrap();
    group.wait_until_synced().unwrap();
    let primary = group.primary().unwrap();
    assert_ne!(primary, 0);
    group.server(primary).command(&["set", "one", "1"]).unwrap();
    group.start_again(0).unwrap();
    group.wait_until_synced().unwrap();
    assert_eq!(get(group.server(0)), "1");
    assert_eq!(group.primary().unwrap(), primary);
}

#[test]
fn a_replica_that_is_behind_is_waited_for() {
    let group = Sentinel::start().unwrap();
    let (primary, replica) = (group.server(0), group.server(1));
    replica.command(&["config", "set", "masterauth", "wrong"]).unwrap();
    replica.command(&["client", "kill", "type", "master"]).unwrap();
    primary.command(&["set", "one", "1"]).unwrap();
    assert!(!group.is_synced().unwrap());
    replica.command(&["config", "set", "masterauth", &group.password]).unwrap();
    group.wait_until_synced().unwrap();
    assert!(has_all_of(replica, primary));
}
