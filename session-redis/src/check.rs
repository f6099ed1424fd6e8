//! The check of a server when a store is opened.

use tokio::time::Instant;

use crate::driver::contract::Driver;
use crate::error::Failure;
use crate::info::{field, is_replica};
use crate::trace;

/// Checks that a server is neither a node of a cluster that the driver does not know, nor a replica. Warns if
/// it drops keys when its memory is full: all sessions that expire are among them.
///
/// # Errors
///
/// Fails if it is one of these, or cannot be asked. If the user has no right to ask, nothing is checked.
pub(crate) async fn check(driver: &impl Driver, until: Instant) -> Result<(), Failure> {
    match driver.info(until).await {
        Ok(info) => {
            let info = String::from_utf8_lossy(&info);
            if let Some(policy) = policy(&info) {
                trace::warning(
                    "the server drops live sessions when its memory is full: set maxmemory-policy to noeviction",
                    policy,
                );
            }
            let is_node = field(&info, "cluster_enabled") == Some("1");
            match (driver.is_cluster(), is_node, is_replica(&info)) {
                (false, true, _) => Err(Failure::NodeOfCluster),
                (false, _, true) => Err(Failure::Replica),
                _ => Ok(()),
            }
        }
        Err(Failure::MissingRight(right)) => {
            trace::warning("it was not checked whether the server drops live sessions", &right);
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Returns the policy by which a server drops keys, or `None` if it drops none.
fn policy(info: &str) -> Option<&str> {
    field(info, "maxmemory").filter(|limit| *limit != "0")?;
    field(info, "maxmemory_policy").filter(|policy| *policy != "noeviction")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_limit_and_a_policy_drops_keys() {
        let info = |limit, policy| format!("# Memory\r\nmaxmemory:{limit}\r\nmaxmemory_policy:{policy}\r\n");
        assert_eq!(policy(&info(100, "volatile-lru")), Some("volatile-lru"));
        assert_eq!(policy(&info(0, "volatile-lru")), None);
        assert_eq!(policy(&info(100, "noeviction")), None);
        assert_eq!(policy(""), None);
    }
}
