//! The checked options of a session factory.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::id::SessionId;
use crate::protocol::expiry::Limits;
use crate::protocol::sizes::Sizes;
use crate::pyramid::set_cookie::{CookieAttributes, SameSite};
use crate::pyramid::signer::Signer;
use crate::serializer::Serializer;
use crate::setup::options::SessionOptions;
use crate::store::size_limits::SizeLimits;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Well-known placeholder secrets, which are rejected.
const WELL_KNOWN_SECRETS: [&str; 4] = ["notsosecret", "secret", "changeme", "itsaseekreet"];
/// The shortest secret, in bytes. HMAC over SHA-256 needs a key of the hash's length for its full strength.
const SECRET_BYTES: usize = 32;
/// The longest time for which any browser keeps a cookie (RFC 6265bis, 5.5).
const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 3600);
/// The longest cookie that browsers accept, in bytes of name and value together (RFC 6265bis, 5.6).
const COOKIE_BYTES: usize = 4096;
/// The longest attribute of a cookie that browsers accept, in bytes (RFC 6265bis, 5.6).
const ATTRIBUTE_BYTES: usize = 1024;

impl SessionOptions {
    /// Returns a warning for each option whose value is legal but unwise, for a log.
    ///
    /// The factory logs these warnings when it is created (with the feature `tracing`). After
    /// [`SessionOptions::hardened`] they are errors.
    #[must_use]
    pub fn warnings(&self) -> Vec<OptionsError> {
        let Some((timeout, reissue_time)) = self.timeout.zip(self.reissue_time) else { return Vec::new() };
        if reissue_time < timeout {
            return Vec::new();
        }
        vec![OptionsError::new(
            "reissue_time",
            "it is not shorter than the timeout, so a session ends while it is in use",
            "make reissue_time a tenth of the timeout",
        )]
    }

    /// Checks the options and brings them into the form in which they are used.
    pub(crate) fn check(self) -> Result<Settings, OptionsError> {
        self.check_secrets()?;
        self.check_cookie()?;
        self.check_times()?;
        if self.max_payload == 0 {
            let problem = "with zero no session can be stored";
            return Err(OptionsError::new("max_payload", problem, "use the default, 1 MiB"));
        }
        let settings = self.into_settings()?;
        settings.check_size()?;
        Ok(settings)
    }

    fn check_secrets(&self) -> Result<(), OptionsError> {
        if self.insecure_secret_ok {
            return Ok(());
        }
        for (parameter, secret) in std::iter::once(("secret", &self.secret))
            .chain(self.previous_secrets.iter().map(|old| ("previous_secrets", old)))
        {
            let problem = if secret.len() == 0 {
                "it is empty"
            } else if WELL_KNOWN_SECRETS.iter().any(|known| secret.is_text(known)) {
                "it is well known"
            } else if secret.is_one_byte() {
                "it is one character, repeated"
            } else if secret.len() < SECRET_BYTES {
                "it is shorter than 32 bytes"
            } else {
                continue;
            };
            return Err(OptionsError::new(
                parameter,
                problem,
                "use 32 random bytes or more (tests: set insecure_secret_ok)",
            ));
        }
        Ok(())
    }

    fn check_cookie(&self) -> Result<(), OptionsError> {
        let needs_secure = "set secure = true, also behind a proxy that ends TLS";
        let name = self.cookie_name.to_ascii_lowercase();
        let has_domain = self.domain.as_deref().is_some_and(|domain| !domain.is_empty());
        if name.starts_with("__host-") || name.starts_with("__secure-") {
            if !self.secure {
                return Err(OptionsError::new(
                    "cookie_name",
                    "browsers refuse this prefix without Secure",
                    needs_secure,
                ));
            }
            if name.starts_with("__host-") && (has_domain || self.path.as_deref() != Some("/")) {
                let problem = "browsers refuse __Host- with a domain or with a path other than /";
                return Err(OptionsError::new(
                    "cookie_name",
                    problem,
                    "set domain = None and path = \"/\", or use the prefix __Secure-",
                ));
            }
        }
        if self.partitioned && !self.secure {
            return Err(OptionsError::new("partitioned", "browsers refuse it without Secure", needs_secure));
        }
        if self.samesite == Some(SameSite::None) && !self.secure {
            return Err(OptionsError::new("samesite", "browsers refuse None without Secure", needs_secure));
        }
        for (parameter, value) in [("path", &self.path), ("domain", &self.domain)] {
            let value = value.as_deref().unwrap_or_default();
            if value.len() > ATTRIBUTE_BYTES {
                return Err(OptionsError::new(
                    parameter,
                    "browsers ignore an attribute of more than 1024 bytes",
                    "shorten it",
                ));
            }
            if value.bytes().any(|byte| byte.is_ascii_control() || byte == b';') {
                return Err(OptionsError::new(
                    parameter,
                    "it contains a semicolon or a control character",
                    "percent-encode it",
                ));
            }
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), OptionsError> {
        if self.max_age.is_some_and(|max_age| max_age > MAX_AGE) {
            return Err(OptionsError::new(
                "max_age",
                "browsers keep a cookie for 400 days at most",
                "shorten it",
            ));
        }
        if self.lifetime == Some(Duration::ZERO) {
            return Err(OptionsError::new(
                "lifetime",
                "with zero every session ends as it begins",
                "use None for no limit",
            ));
        }
        match self.warnings().pop() {
            Some(warning) if self.strict => Err(warning),
            Some(_) | None => Ok(()),
        }
    }

    fn into_settings(self) -> Result<Settings, OptionsError> {
        let name = self.cookie_name.parse().map_err(|_| {
            OptionsError::new(
                "cookie_name",
                "this is not a valid name for a cookie",
                "use letters, digits, - and _, and not the name of an attribute",
            )
        })?;
        Ok(Settings {
            signer: Signer::new(&self.secret, &self.previous_secrets, &self.salt, self.hashalg),
            cookie: CookieAttributes {
                name,
                path: self.path,
                domain: self.domain,
                max_age: self.max_age.map(whole_secs),
                secure: self.secure,
                httponly: self.httponly,
                samesite: self.samesite,
                partitioned: self.partitioned,
            },
            limits: Limits {
                timeout: self.timeout,
                lifetime: self.lifetime,
                reissue_time: self.reissue_time,
            },
            set_on_exception: self.set_on_exception,
            serializer: self.serializer,
            data_serializer: self.data_serializer,
            conflict_timeout: self.conflict_timeout,
            fail_on_dropped_changes: self.fail_on_dropped_changes,
            sizes: Sizes { max_payload: self.max_payload, store: SizeLimits::UNLIMITED },
        })
    }
}

/// The checked options, in the form in which the rest of the library uses them.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) signer: Signer,
    pub(crate) cookie: CookieAttributes,
    pub(crate) limits: Limits,
    pub(crate) set_on_exception: bool,
    pub(crate) serializer: Arc<dyn Serializer>,
    pub(crate) data_serializer: Arc<dyn Serializer>,
    pub(crate) conflict_timeout: Duration,
    pub(crate) fail_on_dropped_changes: bool,
    pub(crate) sizes: Sizes,
}

impl Settings {
    /// Returns the text of Set-Cookie for a cookie with this value. The cookie of a session with a timeout of
    /// its own lasts as long as that timeout, so that it outlasts the browser's window.
    pub(crate) fn set_cookie(&self, value: &str, own_timeout: Option<Duration>, now: UnixTime) -> String {
        match own_timeout {
            None => self.cookie.set(value, now),
            Some(own) => {
                let max_age = Some(whole_secs(own.min(MAX_AGE)));
                CookieAttributes { max_age, ..self.cookie.clone() }.set(value, now)
            }
        }
    }

    /// Makes the longest possible cookie, measures it, and reads it back.
    fn check_size(&self) -> Result<(), OptionsError> {
        let at = UnixTime::from_millis(9_999_999_999_999);
        let name = self.cookie.name.as_str();
        let id = SessionId::from_random([0xFF; 18]);
        let ticket =
            Ticket { issued_at: at, created: at, id, key: id.store_key(name), timeout: Some(MAX_AGE) };
        let refused = |problem| {
            OptionsError::new(
                "serializer",
                problem,
                "check how it writes and reads an array, a number and an object",
            )
        };
        let value = ticket
            .seal(&self.signer, self.serializer.as_ref())
            .map_err(|_| refused("it cannot write the cookie's body"))?;
        if name.len() + value.len() > COOKIE_BYTES {
            let problem = "browsers refuse a cookie whose name and value together exceed 4096 bytes";
            return Err(OptionsError::new(
                "cookie_name",
                problem,
                "shorten the name, or use a serializer that writes less",
            ));
        }
        match Ticket::open(&value, name, &self.signer, self.serializer.as_ref()) {
            Some(read) if read.id == ticket.id => Ok(()),
            Some(_) | None => Err(refused("it cannot read the cookie's body that it wrote")),
        }
    }
}

fn whole_secs(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The error for an option that cannot be used. It names the option, the problem and the remedy, and never
/// repeats the value.
///
/// `Debug` shows the same text, because that is what is printed when `main` returns the error.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("session option `{parameter}`: {problem}; {remedy}")]
pub struct OptionsError {
    parameter: &'static str,
    problem: &'static str,
    remedy: &'static str,
}

impl OptionsError {
    const fn new(parameter: &'static str, problem: &'static str, remedy: &'static str) -> Self {
        Self { parameter, problem, remedy }
    }

    /// Returns the name of the option.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        self.parameter
    }
}

impl fmt::Debug for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serializer::{JsonSerializer, SerializerError};
    use serde_json::Value;

    const SECRET: &str = "a secret of more than thirty-two bytes";

    fn error(change: impl FnOnce(&mut SessionOptions)) -> OptionsError {
        let mut options = SessionOptions::new(SECRET);
        change(&mut options);
        options.check().unwrap_err()
    }

    #[test]
    fn an_error_prints_as_its_text_also_from_a_main_that_returns_it() {
        let error = error(|options| options.lifetime = Some(Duration::ZERO));
        assert!(error.to_string().starts_with("session option `lifetime`: "), "{error}");
        assert_eq!(format!("{error:?}"), error.to_string());
    }

    #[test]
    fn an_unsafe_secret_is_refused_and_not_repeated() {
        for secret in ["", "notsosecret", "thirty-one bytes are too few, no"] {
            let error = error(|options| options.secret = secret[..secret.len().min(31)].into());
            assert_eq!(error.parameter(), "secret");
            assert!(secret.is_empty() || !error.to_string().contains(secret), "{error}");
        }
        assert_eq!(
            error(|options| options.previous_secrets = vec!["short".into()]).parameter(),
            "previous_secrets"
        );
        let mut options = SessionOptions::new("");
        options.insecure_secret_ok = true;
        assert!(options.check().is_ok());
    }

    #[test]
    fn options_that_cannot_work_are_errors_at_start_up() {
        type Change = fn(&mut SessionOptions);
        let cases: [(&str, Change); 15] = [
            ("cookie_name", |o| o.cookie_name = "__Host-s".into()),
            ("cookie_name", |o| o.cookie_name = "__SECURE-s".into()),
            ("cookie_name", |o| {
                (o.cookie_name, o.secure, o.domain) = ("__Host-s".into(), true, Some("a.org".into()))
            }),
            ("cookie_name", |o| {
                (o.cookie_name, o.secure, o.path) = ("__host-s".into(), true, Some("/a".into()))
            }),
            ("cookie_name", |o| (o.cookie_name, o.secure, o.path) = ("__Host-s".into(), true, None)),
            ("cookie_name", |o| o.cookie_name = "a b".into()),
            ("cookie_name", |o| o.cookie_name = String::new()),
            ("cookie_name", |o| o.cookie_name = "s".repeat(4000)),
            ("partitioned", |o| o.partitioned = true),
            ("samesite", |o| o.samesite = Some(SameSite::None)),
            ("path", |o| o.path = Some("/a\r\nX: y".into())),
            ("domain", |o| o.domain = Some("a".repeat(1025))),
            ("max_age", |o| o.max_age = Some(MAX_AGE + Duration::from_secs(1))),
            ("lifetime", |o| o.lifetime = Some(Duration::ZERO)),
            ("max_payload", |o| o.max_payload = 0),
        ];
        for (parameter, change) in cases {
            let error = error(change);
            assert_eq!(error.parameter(), parameter, "{error}");
        }
    }

    #[test]
    fn the_problem_of_a_secret_is_named_and_thirty_two_bytes_are_enough() {
        for (secret, problem) in [
            ("", "it is empty"),
            ("changeme", "it is well known"),
            (&"a".repeat(40), "it is one character, repeated"),
            ("thirty-one bytes are too few no", "it is shorter than 32 bytes"),
        ] {
            assert_eq!(error(|options| options.secret = secret.into()).problem, problem);
        }
        assert!(SessionOptions::new("thirty-two bytes are enough, yes").check().is_ok());
    }

    #[test]
    fn options_that_browsers_just_accept_are_not_errors() {
        type Change = fn(&mut SessionOptions);
        let cases: [Change; 8] = [
            |o| o.cookie_name = "__Secure-s".into(),
            |o| (o.cookie_name, o.path, o.domain) = ("__Secure-s".into(), None, Some("a.org".into())),
            |o| (o.cookie_name, o.domain) = ("__Host-s".into(), Some(String::new())),
            |o| o.partitioned = true,
            |o| o.samesite = Some(SameSite::None),
            |o| (o.secure, o.samesite) = (false, Some(SameSite::Strict)),
            |o| o.domain = Some("a".repeat(1024)),
            |o| (o.max_age, o.lifetime) = (Some(MAX_AGE), Some(Duration::from_secs(1))),
        ];
        for change in cases {
            let mut options = SessionOptions::new(SECRET);
            options.secure = true;
            change(&mut options);
            assert_eq!(options.check().map(|_| ()), Ok(()));
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_the_longest_cookie_leaves_room_for() {
        let settings = SessionOptions::new(SECRET).check().unwrap();
        let at = UnixTime::from_millis(9_999_999_999_999);
        let id = SessionId::from_random([0xFF; 18]);
        let ticket =
            Ticket { issued_at: at, created: at, id, key: id.store_key("s"), timeout: Some(MAX_AGE) };
        let value = ticket.seal(&settings.signer, &JsonSerializer).unwrap();
        let mut options = SessionOptions::new(SECRET);
        options.cookie_name = "s".repeat(COOKIE_BYTES - value.len());
        assert!(options.clone().check().is_ok());
        options.cookie_name.push('s');
        assert_eq!(options.check().unwrap_err().parameter(), "cookie_name");
    }

    #[test]
    fn a_semicolon_is_refused_as_a_control_character_is() {
        assert_eq!(error(|options| options.path = Some("/a;b".into())).parameter(), "path");
        assert_eq!(error(|options| options.domain = Some("a\u{7f}".into())).parameter(), "domain");
    }

    #[test]
    fn a_max_age_is_sent_to_the_browser_in_whole_seconds() {
        let mut options = SessionOptions::new(SECRET);
        options.max_age = Some(Duration::from_millis(60_900));
        let settings = options.check().unwrap();
        assert!(settings.set_cookie("v", None, UnixTime::from_secs(0)).contains("Max-Age=60;"));
    }

    #[test]
    fn a_reissue_time_beyond_the_timeout_is_a_warning_and_after_hardened_an_error() {
        let mut options = SessionOptions::new(SECRET);
        options.reissue_time = options.timeout;
        assert_eq!(options.warnings().len(), 1);
        assert!(options.clone().check().is_ok());
        options.reissue_time = Some(Duration::from_millis(1_199_999));
        assert!(options.warnings().is_empty());
        options.reissue_time = Some(Duration::from_secs(5000));
        assert_eq!(options.warnings().len(), 1);
        assert_eq!(options.hardened().check().unwrap_err().parameter(), "reissue_time");
    }

    /// A serializer that always writes the same bytes.
    #[derive(Debug)]
    struct Forgetful(&'static str);

    impl Serializer for Forgetful {
        fn serialize(&self, _: &Value) -> Result<Vec<u8>, SerializerError> {
            Ok(self.0.into())
        }

        fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
            JsonSerializer.deserialize(bytes)
        }
    }

    #[test]
    fn a_serializer_that_cannot_read_its_own_output_is_refused() {
        for body in ["[1, 2, {}]", r#"[1, 2, {"sessioneid": "AbCdEfGhIjKlMnOpQrStUvWx"}]"#] {
            let error = error(|options| options.serializer = Arc::new(Forgetful(body)));
            assert_eq!(error.problem, "it cannot read the cookie's body that it wrote");
        }
    }

    #[test]
    fn a_timeout_of_its_own_outlives_the_browsers_window() {
        let settings = SessionOptions::new(SECRET).check().unwrap();
        let now = UnixTime::from_secs(0);
        assert!(!settings.set_cookie("v", None, now).contains("Max-Age"));
        assert!(settings.set_cookie("v", Some(Duration::from_secs(60)), now).contains("Max-Age=60"));
        assert!(settings.set_cookie("v", Some(MAX_AGE * 2), now).contains("Max-Age=34560000"));
    }
}
