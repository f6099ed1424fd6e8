//! The settings that are the same for every page.

use std::time::Duration;

use session_core::SessionOptions;
use session_core::pyramid::{BadCookieName, CookieName, Secret};

/// The idle timeout after signing in with "Stay signed in", and the absolute lifetime of every session.
pub(crate) const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// The settings of the running site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) transport: Transport,
    pub(crate) cookie_name: &'static str,
    pub(crate) store: &'static str,
    pub(crate) framework: &'static str,
}

impl Site {
    /// Returns the session options: the hardened ones. Over plain HTTP, browsers reject Secure and `__Host-`
    /// cookies, so the cookie is neither.
    pub(crate) fn options(self, secret: Secret) -> SessionOptions {
        let mut options = SessionOptions::new(secret).hardened();
        // The hardened lifetime of 12 hours would end a session before "Stay signed in" promises.
        options.lifetime = Some(MONTH);
        options.cookie_name = self.cookie_name.to_owned();
        options.secure = !self.transport.is_plain();
        options
    }

    /// Returns the cookie's name and attributes, for a page.
    pub(crate) fn cookie(self) -> String {
        let secure = if self.transport.is_plain() { "" } else { " Secure;" };
        format!("{}; Path=/;{secure} HttpOnly; SameSite=Lax", self.cookie_name)
    }
}

/// The transport by which browsers reach the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain HTTP, directly to this program.
    PlainHttp,
    /// HTTPS, through a proxy.
    BehindTls,
}

impl Transport {
    /// Returns the cookie's name: the given one, or else that of the transport.
    ///
    /// # Errors
    ///
    /// Fails if no cookie may have the name, or not over this transport.
    pub(crate) fn cookie_name(self, given: Option<String>) -> Result<&'static str, CookieNameError> {
        let Some(name) = given else {
            return Ok(if self.is_plain() { "session" } else { "__Host-session" });
        };
        let lower = name.to_ascii_lowercase();
        if let Err(problem) = name.parse::<CookieName>() {
            Err(CookieNameError::Bad { name, problem })
        } else if self.is_plain() && HTTPS_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            Err(CookieNameError::NeedsHttps { name })
        } else {
            // There is one site in a process, and it is served until the process ends.
            Ok(name.leak())
        }
    }

    pub(crate) const fn is_plain(self) -> bool {
        matches!(self, Self::PlainHttp)
    }
}

/// The prefixes of names with which browsers keep a cookie over https only, in lower case.
const HTTPS_PREFIXES: [&str; 3] = ["__host-", "__secure-", "__http-"];

/// The error for a name of the cookie. Its text names the problem and the remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CookieNameError {
    #[error("--cookie-name {name:?}: {problem}; choose another name")]
    Bad { name: String, problem: BadCookieName },
    #[error(
        "--cookie-name {name:?}: browsers keep such a cookie over https only; add --https, or leave out the prefix"
    )]
    NeedsHttps { name: String },
}
