//! The reply to the command INFO: what a server says about itself.

/// Returns a field of the form `name:value`.
pub(crate) fn field<'i>(info: &'i str, name: &str) -> Option<&'i str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Tells whether the server is a replica of another one, so that it may not have the last writes.
pub(crate) fn is_replica(info: &str) -> bool {
    matches!(field(info, "role"), Some("slave" | "replica"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let info = "# Replication\r\nrole_of:x\r\nrole:slave\r\n";
        assert_eq!(field(info, "role"), Some("slave"));
        assert_eq!(field(info, "master"), None);
        assert!(is_replica(info) && is_replica("role:replica") && !is_replica("role:master"));
    }
}
