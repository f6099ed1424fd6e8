//! The checks of the options: the values that cannot work, and those that are unwise.

use std::time::Duration;

use crate::pyramid::set_cookie::SameSite;
use crate::setup::cookie_scope::{check_domain, check_path};
use crate::setup::options::SessionOptions;
use crate::setup::options_error::OptionsError;

/// The longest time for which any browser keeps a cookie (RFC 6265bis, 5.5).
pub(crate) const MAX_AGE: Duration = Duration::from_secs(400 * 24 * 3600);
/// Well-known placeholder secrets, which are rejected.
const WELL_KNOWN_SECRETS: [&str; 4] = ["notsosecret", "secret", "changeme", "itsaseekreet"];
/// The shortest secret, in bytes. HMAC over SHA-256 needs a key of the hash's length for its full strength.
const SECRET_BYTES: usize = 32;
/// The remedy for an attribute or a name that browsers accept only with Secure.
const NEEDS_SECURE: &str = "set secure = true, also behind a proxy that ends TLS";
/// The same for a name.
const NEEDS_SECURE_OR_NAME: &str =
    "set secure = true, also behind a proxy that ends TLS; to develop over http, use a name without a prefix";

impl SessionOptions {
    /// Returns a warning for each option whose value is legal but unwise, for a log.
    ///
    /// The factory logs these warnings when it is created (with the feature `tracing`). After
    /// [`SessionOptions::hardened`] they are errors, except one: a `reissue_time` from half of the idle limit
    /// on, which makes the limit vague but works.
    ///
    /// ```
    /// use session_core::SessionOptions;
    ///
    /// let mut options = SessionOptions::new("thirty-two bytes of secret, or more");
    /// options.reissue_time = options.timeout;
    /// assert_eq!(options.warnings()[0].parameter(), "reissue_time");
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<OptionsError> {
        self.grave_warnings().into_iter().chain(self.vague_idle_limit()).collect()
    }

    /// Checks each option, and after [`SessionOptions::hardened`] also whether its value is wise.
    pub(crate) fn check_values(&self) -> Result<(), OptionsError> {
        self.check_secrets()?;
        self.check_name()?;
        self.check_attributes()?;
        self.check_limits()?;
        match self.grave_warnings().into_iter().next() {
            Some(warning) if self.strict => Err(warning),
            Some(_) | None => Ok(()),
        }
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

    /// Checks that the cookie has the attributes which the prefix of its name demands (RFC 6265bis, 4.1.3).
    fn check_name(&self) -> Result<(), OptionsError> {
        let refused = |problem, remedy| Err(OptionsError::new("cookie_name", problem, remedy));
        let name = self.cookie_name.to_ascii_lowercase();
        let has = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        let has_domain = self.domain.as_deref().is_some_and(|domain| !domain.is_empty());
        if has(&["__host-", "__secure-", "__http-"]) && !self.secure {
            return refused("browsers refuse this prefix without Secure", NEEDS_SECURE_OR_NAME);
        }
        if has(&["__http-", "__host-http-"]) && !self.httponly {
            return refused("browsers refuse this prefix without HttpOnly", "set httponly = true");
        }
        if has(&["__host-"]) && (has_domain || self.path.as_deref() != Some("/")) {
            let problem = "browsers refuse __Host- with a domain or with a path other than /";
            return refused(problem, "set domain = None and path = \"/\", or use the prefix __Secure-");
        }
        Ok(())
    }

    fn check_attributes(&self) -> Result<(), OptionsError> {
        if self.partitioned && !self.secure {
            return Err(OptionsError::new("partitioned", "browsers refuse it without Secure", NEEDS_SECURE));
        }
        if self.samesite == Some(SameSite::None) && !self.secure {
            return Err(OptionsError::new("samesite", "browsers refuse None without Secure", NEEDS_SECURE));
        }
        check_path(self.path.as_deref().unwrap_or_default())?;
        check_domain(self.domain.as_deref().unwrap_or_default())
    }

    fn check_limits(&self) -> Result<(), OptionsError> {
        let refused = |parameter, problem, remedy| Err(OptionsError::new(parameter, problem, remedy));
        if self.max_age.is_some_and(|max_age| max_age.as_secs() == 0) {
            let problem = "with less than one second the browser drops the cookie at once";
            return refused("max_age", problem, "use None to keep it until the browser is closed");
        }
        if self.max_age.is_some_and(|max_age| max_age > MAX_AGE) {
            return refused("max_age", "browsers keep a cookie for 400 days at most", "shorten it");
        }
        if self.lifetime.is_some_and(|lifetime| lifetime.as_millis() == 0) {
            let problem = "with less than a millisecond every session ends as it begins";
            return refused("lifetime", problem, "use None for no limit");
        }
        if self.max_payload == 0 {
            return refused("max_payload", "with zero no session can be stored", "use the default, 1 MiB");
        }
        Ok(())
    }

    /// Returns the warnings that are errors after `hardened`.
    fn grave_warnings(&self) -> Vec<OptionsError> {
        let limits = [self.reissue_after_the_end(), self.cookie_dropped_in_use(), self.no_time_to_merge()];
        self.path_of_each_folder().into_iter().chain(limits.into_iter().flatten()).collect()
    }

    fn path_of_each_folder(&self) -> Option<OptionsError> {
        let problem = "without a path the browser keeps a cookie for each folder of the site";
        let is_sent = self.path.as_deref().is_some_and(|path| !path.is_empty());
        (!is_sent).then_some(OptionsError::new("path", problem, "set path = \"/\""))
    }

    fn reissue_after_the_end(&self) -> Option<OptionsError> {
        let (timeout, reissue_time) = self.timeout.zip(self.reissue_time)?;
        let problem = "it is not shorter than the timeout, so a session ends while it is in use";
        let remedy = "make reissue_time a tenth of the timeout, or set timeout = None for no limit";
        let warning = OptionsError::new("reissue_time", problem, remedy);
        (reissue_time >= timeout).then_some(warning)
    }

    /// Warns of a cookie that the browser drops before it is sent again or the session ends. It is sent again
    /// when its age in whole seconds exceeds `reissue_time`.
    fn cookie_dropped_in_use(&self) -> Option<OptionsError> {
        let max_age = self.max_age?.as_secs();
        let (is_dropped, problem, remedy) = match self.reissue_time {
            Some(reissue_time) => (
                max_age <= reissue_time.as_secs().saturating_add(1),
                "the browser drops the cookie before it is sent again, so users are signed out in use",
                "use None, or at least ten times reissue_time",
            ),
            None => (
                self.timeout
                    .into_iter()
                    .chain(self.lifetime)
                    .min()
                    .is_some_and(|end| max_age < end.as_secs()),
                "the browser drops the cookie before the session ends, and without reissue_time it is not sent again",
                "use None, or at least the timeout, or set reissue_time",
            ),
        };
        is_dropped.then_some(OptionsError::new("max_age", problem, remedy))
    }

    /// Warns of a limit at which no request merges its changes with those of another one.
    fn no_time_to_merge(&self) -> Option<OptionsError> {
        let problem = "with zero a request fails with 503 if another one has changed the session meanwhile";
        let warning = OptionsError::new("conflict_timeout", problem, "use the default, 5 s");
        self.conflict_timeout.is_zero().then_some(warning)
    }

    /// Warns of an idle limit that depends much on when the cookie was last sent. This is never an error.
    fn vague_idle_limit(&self) -> Option<OptionsError> {
        if self.reissue_after_the_end().or(self.cookie_dropped_in_use()).is_some() {
            return None;
        }
        let limit = self.timeout.into_iter().chain(self.max_age).min()?;
        let problem = "it is at least half of the shorter one of timeout and max_age, so the real idle limit \
                       lies anywhere from that one minus reissue_time to that one";
        let warning = OptionsError::new("reissue_time", problem, "make it a tenth of the shorter one");
        (self.reissue_time?.saturating_mul(2) >= limit).then_some(warning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of more than thirty-two bytes";
    const SECS: fn(u64) -> Option<Duration> = |secs| Some(Duration::from_secs(secs));

    fn error(change: impl FnOnce(&mut SessionOptions)) -> OptionsError {
        let mut options = SessionOptions::new(SECRET);
        change(&mut options);
        options.check().unwrap_err()
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
        let cases: [(&str, Change); 19] = [
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
            ("cookie_name", |o| o.cookie_name = "__Http-s".into()),
            ("cookie_name", |o| (o.cookie_name, o.secure, o.httponly) = ("__HTTP-s".into(), true, false)),
            ("cookie_name", |o| {
                (o.cookie_name, o.secure, o.httponly) = ("__Host-Http-s".into(), true, false)
            }),
            ("partitioned", |o| o.partitioned = true),
            ("samesite", |o| o.samesite = Some(SameSite::None)),
            ("path", |o| o.path = Some("/a\r\nX: y".into())),
            ("path", |o| o.path = Some("app".into())),
            ("domain", |o| o.domain = Some("a.org:3000".into())),
            ("max_age", |o| o.max_age = Some(MAX_AGE + Duration::from_secs(1))),
            ("lifetime", |o| o.lifetime = Some(Duration::from_micros(999))),
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
            let error = error(|options| options.secret = secret.into());
            assert!(error.to_string().contains(problem), "{error}");
        }
        assert!(SessionOptions::new("thirty-two bytes are enough, yes").check().is_ok());
    }

    #[test]
    fn options_that_browsers_just_accept_are_not_errors() {
        type Change = fn(&mut SessionOptions);
        let cases: [Change; 8] = [
            |o| o.cookie_name = "__Host-Http-s".into(),
            |o| (o.cookie_name, o.path, o.domain) = ("__Secure-s".into(), None, Some("a.org".into())),
            |o| (o.cookie_name, o.domain) = ("__Host-s".into(), Some(String::new())),
            |o| o.partitioned = true,
            |o| o.samesite = Some(SameSite::None),
            |o| (o.secure, o.samesite) = (false, Some(SameSite::Strict)),
            |o| (o.cookie_name, o.domain) = ("__Http-s".into(), Some(".a.org".into())),
            |o| (o.max_age, o.lifetime) = (Some(MAX_AGE), Some(Duration::from_secs(1))),
        ];
        for change in cases {
            let mut options = SessionOptions::new(SECRET);
            options.secure = true;
            change(&mut options);
            assert_eq!(options.check().map(|_| ()), Ok(()));
        }
    }

    /// `timeout`, `max_age` and `reissue_time` in seconds, the warnings for them after `hardened` with no
    /// `lifetime`, and whether the first of these is an error.
    type Times<'w> = (Option<u64>, Option<u64>, Option<u64>, &'w [&'static str], bool);

    #[test]
    fn times_with_which_a_session_ends_in_use_are_warnings_and_after_hardened_errors() {
        let (reissue_time, max_age) = ("reissue_time", "max_age");
        let table: [Times<'_>; 23] = [
            (Some(1200), None, Some(120), &[], false),
            (None, None, Some(120), &[], false),
            (None, None, None, &[], false),
            // A reissue time that is not shorter than the timeout.
            (Some(1200), None, Some(1200), &[reissue_time], true),
            (Some(1200), None, Some(5000), &[reissue_time], true),
            (Some(0), None, Some(0), &[reissue_time], true),
            (Some(1200), Some(60), Some(1200), &[reissue_time, max_age], true),
            // A cookie that the browser drops before it is sent again.
            (Some(1200), Some(60), Some(120), &[max_age], true),
            (Some(1200), Some(121), Some(120), &[max_age], true),
            (None, Some(121), Some(120), &[max_age], true),
            (Some(1200), Some(1), Some(0), &[max_age], true),
            (Some(1200), Some(2), Some(0), &[], false),
            // A reissue time that is half of the idle limit or more.
            (Some(1200), None, Some(1199), &[reissue_time], false),
            (Some(1200), None, Some(600), &[reissue_time], false),
            (Some(1200), None, Some(599), &[], false),
            (Some(1200), Some(122), Some(120), &[reissue_time], false),
            (Some(1200), Some(240), Some(120), &[reissue_time], false),
            (Some(1200), Some(241), Some(120), &[], false),
            (None, Some(240), Some(120), &[reissue_time], false),
            // Without a reissue time a session has a fixed end, which is that of the cookie too.
            (Some(1200), Some(1200), None, &[], false),
            (Some(1200), Some(1199), None, &[max_age], true),
            (Some(0), Some(1), None, &[], false),
            (None, Some(60), None, &[], false),
        ];
        for (timeout, max_age, reissue_time, warnings, is_error) in table {
            let mut options = SessionOptions::new(SECRET).hardened();
            (options.timeout, options.max_age, options.reissue_time, options.lifetime) =
                (timeout.and_then(SECS), max_age.and_then(SECS), reissue_time.and_then(SECS), None);
            let row = format!("{timeout:?} {max_age:?} {reissue_time:?}");
            let warned: Vec<_> = options.warnings().iter().map(OptionsError::parameter).collect();
            assert_eq!(warned, warnings, "{row}");
            let error = options.clone().check().err();
            let wanted = if is_error { warnings.first().copied() } else { None };
            assert_eq!(error.as_ref().map(OptionsError::parameter), wanted, "{row}");
            options.strict = false;
            assert!(options.check().is_ok(), "{row}");
        }
    }

    #[test]
    fn the_absolute_lifetime_is_the_end_of_a_session_too() {
        let mut options = SessionOptions::new(SECRET);
        (options.timeout, options.reissue_time) = (None, None);
        (options.lifetime, options.max_age) = (SECS(3600), SECS(3599));
        assert_eq!(options.warnings()[0].parameter(), "max_age");
        options.max_age = options.lifetime;
        assert!(options.warnings().is_empty());
    }

    #[test]
    fn an_age_counts_in_the_whole_seconds_that_the_browser_is_told() {
        let mut options = SessionOptions::new(SECRET).hardened();
        options.max_age = Some(Duration::from_millis(121_999));
        assert_eq!(options.clone().check().unwrap_err().parameter(), "max_age");
        options.max_age = Some(Duration::from_millis(999));
        options.reissue_time = None;
        assert!(options.check().unwrap_err().to_string().contains("drops the cookie at once"));
    }

    #[test]
    fn the_vague_idle_limit_is_told_in_the_words_of_the_options() {
        let mut options = SessionOptions::new(SECRET);
        options.reissue_time = SECS(1000);
        let warning = options.warnings()[0].to_string();
        let limit = "half of the shorter one of timeout and max_age, so the real idle limit lies anywhere from \
                     that one minus reissue_time to that one";
        assert!(warning.contains(limit), "{warning}");
    }

    #[test]
    fn a_path_that_is_not_sent_is_a_warning_and_after_hardened_an_error() {
        for path in [None, Some(String::new())] {
            let mut options = SessionOptions::new(SECRET);
            options.path.clone_from(&path);
            assert_eq!(options.warnings()[0].parameter(), "path");
            assert!(options.clone().check().is_ok());
            options = options.hardened();
            assert!(options.clone().check().is_ok(), "hardened sets the path");
            (options.cookie_name, options.path) = ("session".into(), path);
            assert_eq!(options.check().unwrap_err().parameter(), "path");
        }
    }

    #[test]
    fn no_time_to_merge_changes_is_a_warning_and_after_hardened_an_error() {
        for (millis, is_warning) in [(0, true), (1, false)] {
            let mut options = SessionOptions::new(SECRET);
            options.conflict_timeout = Duration::from_millis(millis);
            let warned: Vec<_> = options.warnings().iter().map(OptionsError::parameter).collect();
            assert_eq!(warned == ["conflict_timeout"], is_warning);
            assert!(options.clone().check().is_ok());
            assert_eq!(options.hardened().check().is_err(), is_warning);
        }
    }
}
