//! The check that a replica of a Redis server has all data.

use super::Redis;

/// Checks whether a server is a replica of another one, and has everything that was written there by now.
pub(crate) fn has_all_of(replica: &Redis, primary: &Redis) -> bool {
    let info = |server: &Redis| server.command(&["info", "replication"]);
    // In this order, since the primary's offset grows.
    let Ok(wanted) = info(primary) else { return false };
    info(replica).is_ok_and(|own| is_level(&own, &wanted, primary.port()))
}

/// Compares what two servers say about their replication; the second is the one at the port.
fn is_level(replica: &str, primary: &str, port: u16) -> bool {
    let offset = |text, name| field(text, name).and_then(|offset| offset.parse::<u64>().ok());
    field(replica, "master_port") == Some(&port.to_string())
        && field(replica, "master_link_status") == Some("up")
        && offset(replica, "slave_repl_offset") >= offset(primary, "master_repl_offset")
}

/// Returns a field of the form `name:value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_level_when_it_follows_the_primary_and_has_its_offset() {
        let replica = "role:slave\r\nmaster_port:7\r\nmaster_link_status:up\r\nslave_repl_offset:10\r\n";
        let primary = |offset| format!("role:master\r\nmaster_repl_offset:{offset}\r\n");
        assert!(is_level(replica, &primary(10), 7) && is_level(replica, &primary(9), 7));
        assert!(!is_level(replica, &primary(11), 7));
        assert!(!is_level(replica, &primary(10), 8));
        assert!(!is_level(&replica.replace("up", "down"), &primary(10), 7));
        assert!(!is_level(&primary(10), &primary(10), 7));
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "# Replication\r\nmaster_port_old:1\r\nmaster_port:22\r\n";
        assert_eq!(field(text, "master_port"), Some("22"));
        assert_eq!(field(text, "master"), None);
    }
}
