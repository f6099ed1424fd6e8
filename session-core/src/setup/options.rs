//! The options of a session factory.

use std::sync::Arc;
use std::time::Duration;

use crate::pyramid::hash_alg::HashAlg;
use crate::pyramid::secret::{Salt, Secret};
use crate::pyramid::set_cookie::SameSite;
use crate::serializer::{JsonSerializer, Serializer};

/// The options of a [`SessionFactory`](crate::SessionFactory): Python's thirteen parameters by their names
/// and with their defaults, and the options of this library.
///
/// [`SessionOptions::new`] has the defaults of CubicWeb's `CWSessionFactory(secret)`. A new site should use
/// [`SessionOptions::hardened`] as well. The options are checked when the factory is created: a mistake is an
/// [`OptionsError`](crate::OptionsError) that names the option and the remedy.
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
    /// The secret that cookies are signed with. It must have at least 32 bytes, and be neither well known nor
    /// one repeated character. It has no default.
    pub secret: Secret,
    /// The cookie's name. Default: `session`, as in Python. The prefixes `__Host-` and `__Secure-` need
    /// `secure`, and `__Host-` also needs the path `/` and no domain. `__Http-` and `__Host-Http-` need
    /// `httponly` as well.
    ///
    /// Cookies know no ports ([RFC 6265, 8.5]), so two programs on different ports of one host need different
    /// names. With one name each overwrites the other's cookie.
    ///
    /// [RFC 6265, 8.5]: https://www.rfc-editor.org/rfc/rfc6265#section-8.5
    pub cookie_name: String,
    /// The time for which the browser keeps the cookie, in whole seconds, from one second to 400 days.
    /// Default: `None`, as in Python, which means until the browser is closed.
    ///
    /// The browser drops the cookie this long after it was last sent, even if the session is in use. A
    /// `max_age` of at most `reissue_time` plus one second would sign users out in use, so it is a
    /// [warning](Self::warnings), and an error after [`hardened`](Self::hardened). So is one that is shorter
    /// than `timeout` or `lifetime`, if `reissue_time` is `None`.
    ///
    /// A session with a timeout of its own sends that timeout instead, so that "remember me" outlasts the
    /// browser.
    pub max_age: Option<Duration>,
    /// The path to which the browser sends the cookie, with all paths below it. Default: `/`, as in Python.
    ///
    /// It has at most 1024 bytes, begins with `/`, and is written as browsers write it in a URL, because they
    /// compare it byte for byte: with `%20` for a space and `%C3%A9` for é. It contains no query or fragment,
    /// no segment `.` or `..`, no comma and no semicolon. A cookie for `/app/` is not sent to `/app`.
    ///
    /// If it is `None` or empty, no `Path` is sent, and the browser keeps a cookie for each folder. That is a
    /// [warning](Self::warnings), and an error after [`hardened`](Self::hardened).
    pub path: Option<String>,
    /// The domain to which the browser sends the cookie, with all its subdomains. Default: `None`, as in
    /// Python. If it is `None` or empty, no `Domain` is sent, and the cookie is for this host only.
    ///
    /// It is a host name such as `example.com`, an IPv4 address or `localhost`, without a scheme, a port or a
    /// path. A name beyond ASCII is written in Punycode. Upper case and one leading dot change nothing.
    /// Browsers keep the cookie only if the site's host is this domain or a subdomain of it, and if the
    /// domain is not a public suffix such as `co.uk` or `github.io`. This library knows neither the host nor
    /// the list of public suffixes, so it cannot check that.
    pub domain: Option<String>,
    /// `true` if the browser may send the cookie over https only. Default: `false`, as in Python.
    ///
    /// Chromium and Firefox also keep such a cookie from `http://localhost`, but Safari does not. To develop
    /// with Safari, use https or set this to `false`, with a `cookie_name` without a prefix.
    pub secure: bool,
    /// `true` if the cookie is hidden from scripts. Default: `true`, as in CubicWeb.
    pub httponly: bool,
    /// `true` if an error response (with a status of 500 or above) saves the session and sends its cookie.
    /// Default: `true`, as in Python.
    ///
    /// If it is `false`, an error response writes nothing and sends no cookie, but an `invalidate` still ends
    /// the session.
    pub set_on_exception: bool,
    /// The idle timeout: the time that a session lives without being used. Default: 1200 s, as in Python.
    /// `None` means no idle timeout. With zero a session lives no longer than the request.
    ///
    /// The time counts from the moment at which the cookie was last sent; see `reissue_time`. A session can
    /// have a timeout of its own: see [`Session::set_timeout`](crate::Session::set_timeout).
    pub timeout: Option<Duration>,
    /// The age, in whole seconds, after which a cookie is sent again when the session is used, and the
    /// session's expiry is extended. Default: 120 s, as in CubicWeb.
    ///
    /// With `None` a cookie is never sent again, so a session ends `timeout` after it began, however much it
    /// is used. The time should be shorter than `timeout`, or sessions end while they are in use. That is a
    /// [warning](Self::warnings), and an error after [`hardened`](Self::hardened).
    ///
    /// The real idle limit lies between L - `reissue_time` and L, where L is the shorter of `timeout` and
    /// `max_age`. A `reissue_time` from half of L on is a warning only.
    pub reissue_time: Option<Duration>,
    /// The hash function of the cookie's HMAC. Default: SHA-512, as in Python.
    pub hashalg: HashAlg,
    /// The salt, which stands before the secret in the HMAC's key. Default: `pyramid.session.`, as in Python.
    pub salt: Salt,
    /// The format of the cookie's body. Default: JSON, as in Python.
    pub serializer: Arc<dyn Serializer>,

    /// The cookie's `SameSite` attribute, which limits the requests from other sites with which the browser
    /// sends the cookie. Default: `Lax`, as in Pyramid. If it is `None`, no `SameSite` is sent.
    /// [`SameSite::None`] needs `secure`.
    pub samesite: Option<SameSite>,
    /// `true` if the browser keeps one cookie for each top-level site that embeds ours (CHIPS), which needs
    /// `secure`. Default: `false`.
    pub partitioned: bool,
    /// The absolute lifetime of a session, which counts from its creation or the last sign-in. Default:
    /// `None`, as in Python, which means no limit. Zero is an error.
    pub lifetime: Option<Duration>,
    /// Older secrets that still verify cookies. They must pass the same checks as `secret`. Default: none.
    /// When you replace `secret`, put the old one here until the last cookie that it signed has timed out.
    pub previous_secrets: Vec<Secret>,
    /// The format of the stored payload. Default: JSON.
    pub data_serializer: Arc<dyn Serializer>,
    /// The largest payload, in bytes after the data serializer. Default: 1 MiB. Zero is an error.
    ///
    /// A request that would store a larger one fails with [`Error::TooLarge`](crate::Error::TooLarge), and
    /// the stored session stays as it was, unless the request ends it. A session that is larger already,
    /// because this limit was lowered, can still be written, also by a sign-in, as long as it does not grow.
    pub max_payload: usize,
    /// The longest that a request tries to save its changes while other requests change the same session.
    /// Default: 5 s.
    ///
    /// After that the request fails with [`Error::Contended`](crate::Error::Contended), unless it ends the
    /// session. Time spent waiting for other requests is included. The limit is checked after every version
    /// conflict. With zero the first conflict fails the request, which is a [warning](Self::warnings), and an
    /// error after [`hardened`](Self::hardened).
    pub conflict_timeout: Duration,
    /// `true` if a request fails with [`Error::ChangesDropped`](crate::Error::ChangesDropped), and so with
    /// status 409, when its changes are not saved because another request has ended or renewed the session in
    /// the meantime. Default: `false`, which means that the response is the handler's, and the adapter is
    /// told ([`Notice::ChangesDropped`](crate::adapter::Notice::ChangesDropped)).
    pub fail_on_dropped_changes: bool,
    /// `true` if a secret may be short, empty, well known or one repeated character. For tests only. Default:
    /// `false`.
    pub insecure_secret_ok: bool,

    /// `true` if options that are legal but unwise are errors.
    pub(crate) strict: bool,
}

impl SessionOptions {
    /// Creates options with CubicWeb's defaults.
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
            max_payload: 1 << 20,
            conflict_timeout: Duration::from_secs(5),
            fail_on_dropped_changes: false,
            insecure_secret_ok: false,
            strict: false,
        }
    }

    /// Returns these options with safe values for a new site.
    ///
    /// The cookie is called `__Host-session`, has the path `/` and no domain, and is Secure, HttpOnly and
    /// Lax. A session lives for 12 hours at most; "remember me" needs a longer `lifetime`. Four
    /// [`warnings`](Self::warnings) become errors: an absent `path`, a `reissue_time` that is not shorter
    /// than `timeout`, a `max_age` with which users are signed out in use, and a `conflict_timeout` of zero.
    /// These values replace those that were set before, so set your own afterwards.
    ///
    /// Safari keeps no Secure cookie from `http://localhost`: see [`secure`](Self::secure).
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
    fn the_hardened_options_replace_those_that_were_set_before() {
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
        assert_eq!(options.timeout, Some(Duration::from_secs(60)), "options that do not concern safety stay");
        assert!(SessionOptions::new(SECRET).hardened().check().is_ok());
    }
}
