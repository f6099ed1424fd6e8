//! The name of a cookie.

use std::str::FromStr;

/// The names that no cookie may have, because they read as attributes. Webob refuses them too.
const RESERVED: [&str; 9] =
    ["path", "domain", "comment", "max-age", "expires", "secure", "httponly", "samesite", "partitioned"];

/// A cookie's name: a token of RFC 9110 that is not the name of an attribute and does not begin with `$`.
///
/// ```
/// use session_core::pyramid::CookieName;
///
/// assert_eq!("__Host-session".parse::<CookieName>().unwrap().as_str(), "__Host-session");
/// assert!("a b".parse::<CookieName>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

impl CookieName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CookieName {
    type Err = BadCookieName;

    fn from_str(name: &str) -> Result<Self, BadCookieName> {
        let reserved = RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word));
        let token = !name.is_empty() && name.bytes().all(is_token_byte);
        if token && !reserved && !name.starts_with('$') {
            Ok(Self(name.to_owned()))
        } else {
            Err(BadCookieName)
        }
    }
}

/// The error for a name that no cookie may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie's name must consist of letters, digits and !#$%&'*+-.^_`|~, must not begin with $, and must not be the name of an attribute"
)]
#[non_exhaustive]
pub struct BadCookieName;

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
