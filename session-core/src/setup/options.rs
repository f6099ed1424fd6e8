//! The parameters of a session factory.

use std::sync::Arc;
use std::time::Duration;

use crate::pyramid::hash_alg::HashAlg;
use crate::pyramid::secret::{Salt, Secret};
use crate::pyramid::set_cookie::SameSite;
use crate::serializer::{JsonSerializer, Serializer};

/// The parameters of a [`SessionFactory`](crate::SessionFactory): Python's thirteen by their names and with their defaults, and ours.
///
/// [`SessionOptions::new`] is what CubicWeb's `CWSessionFactory(secret)` gives. A new site wants [`SessionOptions::hardened`] of
/// it. They are checked when the factory is made, where a mistake is an [`OptionsError`](crate::OptionsError) that names the parameter and the remedy.
///
/// ```
/// use session_core::SessionOptions;
/// use std::time::Duration;
///
/// let mut options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
/// options.timeout = Some(Duration::from_secs(30 * 60));
/// assert_eq!(options.cookie_name, "__Host-session");
/// assert!(options.secure);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionOptions {
    /// What the cookies are signed with; at least 32 bytes.
    pub secret: Secret,
    /// The cookie's name. Python's default: `session`.
    pub cookie_name: String,
    /// How long the browser keeps the cookie, at most 400 days; `None`, Python's default: until it is closed. A session with a
    /// timeout of its own sends that instead, so that "remember me" outlives the browser.
    pub max_age: Option<Duration>,
    /// The cookie's path. Python's default: `/`. `None` or empty: none is sent.
    pub path: Option<String>,
    /// The cookie's domain. Python's default, `None` or empty: none is sent, and the cookie is for this host alone.
    pub domain: Option<String>,
    /// Whether the cookie goes over https alone. Python's default: `false`.
    pub secure: bool,
    /// Whether the cookie is hidden from scripts. CubicWeb's default: `true`.
    pub httponly: bool,
    /// Whether an error response saves the session and sends its cookie. Python's default: `true`. With `false`, nothing is written
    /// and no cookie sent, but an `invalidate` still ends the session.
    pub set_on_exception: bool,
    /// How long a session lives without being used. Python's default: 1200 s. `None`: for ever; zero: no longer than the request.
    pub timeout: Option<Duration>,
    /// How old a cookie gets before it, and the session's deadline, is renewed. CubicWeb's default: 120 s. `None`: never, so the
    /// session ends `timeout` after it began, however much it is used.
    pub reissue_time: Option<Duration>,
    /// The hash under the HMAC. Python's default: sha512.
    pub hashalg: HashAlg,
    /// What stands before the secret in the key. Python's default: `pyramid.session.`.
    pub salt: Salt,
    /// The form of the cookie's body. Python's default: JSON.
    pub serializer: Arc<dyn Serializer>,

    /// When the browser sends the cookie along with what another site asked for. Pyramid's default: Lax. `None`: not said.
    pub samesite: Option<SameSite>,
    /// Whether the cookie is kept apart for each top-level site that embeds ours (CHIPS). Default: `false`.
    pub partitioned: bool,
    /// How long a session lives at all, from its creation or the last sign-in. Default, `None`: for ever, as in Python.
    pub lifetime: Option<Duration>,
    /// Older secrets that still verify. Put the old secret here when `secret` gets a new one.
    pub previous_secrets: Vec<Secret>,
    /// The form of the stored payload. Default: JSON.
    pub data_serializer: Arc<dyn Serializer>,
    /// How long a request tries again when others change the same session. Default: 5 s. Then the change is refused. The time in which it
    /// lets those pass who have lost before it counts; it is looked at after each comparison that is lost.
    pub conflict_timeout: Duration,
    /// Lets through a secret that is short, empty or well known. For tests.
    pub insecure_secret_ok: bool,

    /// Whether what is legal but unwise is refused too.
    pub(crate) strict: bool,
}

impl SessionOptions {
    /// The parameters as CubicWeb has them.
    #[must_use]
    pub fn new(secret: impl Into<Secret>) -> Self {
        Self {
            secret: secret.into(),
            cookie_name: "session".to_owned(),
            max_age: None,
            path: Some("/".to_owned()),
            domain: None,
            secure: false,
            httponly: true,
            set_on_exception: true,
            timeout: Some(Duration::from_secs(1200)),
            reissue_time: Some(Duration::from_secs(120)),
            hashalg: HashAlg::Sha512,
            salt: Salt::default(),
            serializer: Arc::new(JsonSerializer),
            samesite: Some(SameSite::Lax),
            partitioned: false,
            lifetime: None,
            previous_secrets: Vec::new(),
            data_serializer: Arc::new(JsonSerializer),
            conflict_timeout: Duration::from_secs(5),
            insecure_secret_ok: false,
            strict: false,
        }
    }

    /// These parameters as a new site wants them: the cookie is `__Host-session`, Secure, HttpOnly and Lax, a session lives for
    /// 12 hours at most (a "remember me" wants a longer `lifetime`), and what is legal in CubicWeb but unwise is an error. It replaces
    /// what was set before; set your own after it.
    #[must_use]
    pub fn hardened(self) -> Self {
        Self {
            cookie_name: "__Host-session".to_owned(),
            path: Some("/".to_owned()),
            domain: None,
            secure: true,
            httponly: true,
            samesite: Some(SameSite::Lax),
            lifetime: Some(Duration::from_secs(12 * 3600)),
            strict: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of more than thirty-two bytes";

    #[test]
    fn the_defaults_are_cubicwebs() {
        let options = SessionOptions::new(SECRET);
        assert_eq!(options.cookie_name, "session");
        assert_eq!(
            (options.max_age, options.path.as_deref(), options.domain.as_deref()),
            (None, Some("/"), None)
        );
        assert_eq!((options.secure, options.httponly, options.set_on_exception), (false, true, true));
        assert_eq!(options.timeout, Some(Duration::from_secs(1200)));
        assert_eq!(options.reissue_time, Some(Duration::from_secs(120)));
        assert_eq!((options.hashalg, &options.salt), (HashAlg::Sha512, &Salt::from("pyramid.session.")));
        assert!(options.check().is_ok());
    }

    #[test]
    fn the_hardened_options_hold_whatever_was_set_before() {
        let mut options = SessionOptions::new(SECRET);
        (options.cookie_name, options.path, options.domain) =
            ("a".to_owned(), Some("/a".to_owned()), Some("a.org".to_owned()));
        (options.secure, options.httponly, options.samesite) = (false, false, Some(SameSite::None));
        (options.lifetime, options.timeout) = (None, Some(Duration::from_secs(60)));
        let options = options.hardened();
        assert!(options.secure && options.httponly && options.strict);
        assert_eq!(options.cookie_name, "__Host-session");
        assert_eq!((options.path.as_deref(), options.domain.as_deref()), (Some("/"), None));
        assert_eq!(options.samesite, Some(SameSite::Lax));
        assert_eq!(options.lifetime, Some(Duration::from_secs(12 * 3600)));
        assert_eq!(options.timeout, Some(Duration::from_secs(60)), "what is no matter of safety stays");
        assert!(SessionOptions::new(SECRET).hardened().check().is_ok());
    }
}
