//! The settings that are the same for every page.

use std::time::Duration;

use session_core::SessionOptions;
use session_core::pyramid::Secret;

/// The idle timeout after signing in with "Stay signed in", and the absolute lifetime of every session.
pub(crate) const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// The settings of the running site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) transport: Transport,
    pub(crate) store: &'static str,
    pub(crate) framework: &'static str,
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
    /// Returns the session options: the hardened ones. Over plain HTTP, browsers reject Secure and `__Host-`
    /// cookies, so the cookie is neither.
    pub(crate) fn options(self, secret: Secret) -> SessionOptions {
        let mut options = SessionOptions::new(secret).hardened();
        // The hardened lifetime of 12 hours would end a session before "Stay signed in" promises.
        options.lifetime = Some(MONTH);
        match self {
            Self::BehindTls => (),
            Self::PlainHttp => {
                options.cookie_name = "session".to_owned();
                options.secure = false;
            }
        }
        options
    }

    /// Returns the cookie's name and attributes, for a page.
    pub(crate) const fn cookie(self) -> &'static str {
        match self {
            Self::PlainHttp => "session; Path=/; HttpOnly; SameSite=Lax",
            Self::BehindTls => "__Host-session; Path=/; Secure; HttpOnly; SameSite=Lax",
        }
    }

    pub(crate) const fn is_plain(self) -> bool {
        matches!(self, Self::PlainHttp)
    }
}
