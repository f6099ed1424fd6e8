//! What is the same on every page: how the site is run.

use std::time::Duration;

use session_core::SessionOptions;
use session_core::pyramid::Secret;

/// How long "stay signed in" lasts without a visit. No session lives longer, however much it is used.
pub(crate) const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// How the site is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) transport: Transport,
    pub(crate) store: &'static str,
    pub(crate) framework: &'static str,
}

/// How browsers reach the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As the program itself listens.
    PlainHttp,
    /// By https, through a proxy.
    BehindTls,
}

impl Transport {
    /// The session's options: a new site's, except that over plain http browsers take no cookie that is Secure or called `__Host-`.
    pub(crate) fn options(self, secret: Secret) -> SessionOptions {
        let mut options = SessionOptions::new(secret).hardened();
        // Under the 12 hours that it is otherwise, "stay signed in" would promise too much.
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

    /// What the cookie is like, in words.
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
