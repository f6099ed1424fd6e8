//! The options of a Redis store.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use session_core::store::SizeLimits;

/// The sizes that the store holds. Redis's own limit is 512 MiB for a value. Owners and labels are short,
/// because a list reads those of 1,000 sessions at once, while the server does nothing else.
pub(crate) const SIZE_LIMITS: SizeLimits = SizeLimits { payload: 64 << 20, owner: 4 << 10, label: 4 << 10 };

/// The upper limit of the call timeout, so that adding it to a point in time cannot overflow.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The options of a [`RedisStore`](crate::RedisStore).
///
/// ```
/// use session_redis::RedisOptions;
/// use std::time::Duration;
///
/// let mut options = RedisOptions::default();
/// options.prefix = "shop:".parse()?;
/// assert_eq!(options.call_timeout, Duration::from_secs(5));
/// # Ok::<(), session_redis::BadPrefix>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedisOptions {
    /// The beginning of all keys. Default: `sess:`.
    ///
    /// Stores with different prefixes do not see each other's sessions. Two applications on one server need
    /// different ones, because a session ID of one would otherwise name a session of the other if both have
    /// the same secret.
    pub prefix: KeyPrefix,
    /// The longest time that a store call may take, at most 24 hours. Default: 5 s.
    ///
    /// A call that takes longer fails with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable).
    pub call_timeout: Duration,
    /// The longest time that a touch may wait for the server, while more than half of the session's idle
    /// timeout is left. Default: 250 ms. It is limited to `call_timeout`, which applies from then on.
    ///
    /// A touch prolongs a session that was only read. If it fails, the request succeeds without a new cookie,
    /// and the next request tries again.
    pub touch_timeout: Duration,
}

impl RedisOptions {
    /// Returns the call timeout, within its limit.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout.min(LONGEST)
    }

    /// Returns the touch timeout, within its limit.
    pub(crate) fn touch_timeout(&self) -> Duration {
        self.touch_timeout.min(self.call_timeout())
    }
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: KeyPrefix("sess:".to_owned()),
            call_timeout: Duration::from_secs(5),
            touch_timeout: Duration::from_millis(250),
        }
    }
}

/// The beginning of all keys of a store: 1 to 64 bytes without braces.
///
/// With more than 6 bytes each session takes 8 more bytes of the server's memory or more, because Redis
/// allocates a key of more than 44 bytes in a larger size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// Returns the prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        if text.is_empty() || text.len() > 64 || text.contains(['{', '}']) {
            return Err(BadPrefix(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot begin the keys of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot begin the keys of a store: it must have 1 to 64 bytes, and no brace, since a cluster places keys by what is in braces"
)]
pub struct BadPrefix(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_has_some_bytes_and_no_brace() {
        assert_eq!("s:".parse::<KeyPrefix>().unwrap().as_str(), "s:");
        for text in ["", "{a}:", "a}", &"x".repeat(65)] {
            let error = text.parse::<KeyPrefix>().unwrap_err();
            assert!(error.to_string().contains("1 to 64 bytes"), "{error}");
        }
    }
}
