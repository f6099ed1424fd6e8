//! The check whether a server may drop live sessions.

use tokio::time::Instant;

use crate::driver::Driver;
use crate::error::Failure;
use crate::trace;

/// Warns if a server drops keys when its memory is full. All sessions that expire are among them.
///
/// # Errors
///
/// Fails if the server cannot be asked, but not if the user has no right to ask it.
pub(crate) async fn check(driver: &impl Driver, until: Instant) -> Result<(), Failure> {
    match driver.memory(until).await {
        Ok(memory) => {
            if let Some(policy) = policy(&String::from_utf8_lossy(&memory)) {
                trace::warning(
                    "the server drops live sessions when its memory is full: set maxmemory-policy to noeviction",
                    policy,
                );
            }
            Ok(())
        }
        Err(Failure::MissingRight(right)) => {
            trace::warning("it was not checked whether the server drops live sessions", &right);
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Returns the policy by which a server drops keys, or `None` if it drops none.
fn policy(memory: &str) -> Option<&str> {
    let field =
        |name| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    field("maxmemory").filter(|limit| *limit != "0")?;
    field("maxmemory_policy").filter(|policy| *policy != "noeviction")
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
