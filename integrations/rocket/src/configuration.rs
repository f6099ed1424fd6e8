//! The session options in Rocket's configuration.

use std::fmt;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::figment::value::Value;
use session_core::SessionOptions;
use session_core::pyramid::Secret;

/// Reads the session options from the table `session` of Rocket's configuration.
///
/// The keys are the names of the fields of [`SessionOptions`], which are those of Python; `secret` is
/// required. Sizes are bytes, and times are whole seconds, or `"none"` for no limit. The defaults are those
/// of [`SessionOptions::new`], or with `hardened = true` those of [`SessionOptions::hardened`]. Serializers
/// cannot be configured; set them on the returned options.
///
/// ```toml
/// # Rocket.toml
/// [default.session]
/// secret = "..." # or set ROCKET_SESSION={secret="...",hardened=true} in the environment
/// hardened = true
/// timeout = 1800
/// lifetime = "none"
/// ```
///
/// ```
/// use rocket::figment::Figment;
///
/// let secret = "thirty-two bytes of secret, or more";
/// let rocket = Figment::from(rocket::Config::default());
/// let rocket = rocket.merge(("session.secret", secret)).merge(("session.timeout", 1800));
/// let options = session_rocket::options(&rocket)?;
/// assert_eq!(options.timeout.unwrap().as_secs(), 1800);
/// # Ok::<(), session_rocket::ConfigurationError>(())
/// ```
///
/// # Errors
///
/// Fails if the table or its `secret` is missing, if the table has an unknown key, or if a value has the
/// wrong form. The error names the key, and never contains the value. Values that cannot work, and conflicts
/// between options, are found by [`SessionFactory::new`](session_core::SessionFactory::new).
pub fn options(rocket: &Figment) -> Result<SessionOptions, ConfigurationError> {
    let missing = || ConfigurationError { key: "session.secret".to_owned(), problem: Problem::Missing };
    let table = rocket.find_value("session").map_err(|_| missing())?;
    let table = table.as_dict().ok_or_else(|| ConfigurationError::form("session", "a table"))?;
    let secret = table.get("secret").ok_or_else(missing)?;
    let secret = secret.as_str().ok_or_else(|| ConfigurationError::form("session.secret", TEXT))?;
    let mut options = SessionOptions::new(secret);
    if let Some(hardened) = table.get("hardened") {
        let hardened =
            hardened.to_bool().ok_or_else(|| ConfigurationError::form("session.hardened", FLAG))?;
        options = if hardened { options.hardened() } else { options };
    }
    for (key, value) in table.iter().filter(|(key, _)| !matches!(key.as_str(), "secret" | "hardened")) {
        let parameter = PARAMETERS.iter().find(|parameter| parameter.name == key);
        let parameter = parameter.ok_or_else(|| ConfigurationError::unknown(key))?;
        let key = format!("session.{key}");
        (parameter.set)(&mut options, value).ok_or_else(|| ConfigurationError::form(key, parameter.form))?;
    }
    Ok(options)
}

/// A key that the table can have.
struct Parameter {
    name: &'static str,
    form: &'static str,
    /// Sets the option. Returns `None` if the value does not have that form.
    set: fn(&mut SessionOptions, &Value) -> Option<()>,
}

const TEXT: &str = "a string";
const TEXTS: &str = "a list of strings";
const FLAG: &str = "true or false";
const BYTES: &str = "a whole number of bytes";
const SECONDS: &str = "a whole number of seconds";
const LIMIT: &str = r#"a whole number of seconds, or "none""#;

const fn parameter(
    name: &'static str,
    form: &'static str,
    set: fn(&mut SessionOptions, &Value) -> Option<()>,
) -> Parameter {
    Parameter { name, form, set }
}

/// The keys that the table can have besides `secret` and `hardened`.
const PARAMETERS: [Parameter; 19] = [
    parameter("cookie_name", TEXT, |options, value| put(&mut options.cookie_name, text(value))),
    parameter("max_age", LIMIT, |options, value| put(&mut options.max_age, limit(value))),
    parameter("path", TEXT, |options, value| put(&mut options.path, text(value).map(Some))),
    parameter("domain", TEXT, |options, value| put(&mut options.domain, text(value).map(Some))),
    parameter("secure", FLAG, |options, value| put(&mut options.secure, value.to_bool())),
    parameter("httponly", FLAG, |options, value| put(&mut options.httponly, value.to_bool())),
    parameter("set_on_exception", FLAG, |options, value| put(&mut options.set_on_exception, value.to_bool())),
    parameter("timeout", LIMIT, |options, value| put(&mut options.timeout, limit(value))),
    parameter("reissue_time", LIMIT, |options, value| put(&mut options.reissue_time, limit(value))),
    parameter(
        "hashalg",
        "the name of a hash algorithm, such as sha512 (md5 needs the feature `md5` of session-core)",
        |options, value| put(&mut options.hashalg, value.as_str()?.parse().ok()),
    ),
    parameter("salt", TEXT, |options, value| put(&mut options.salt, text(value).map(Into::into))),
    parameter("samesite", "strict, lax, none, or an empty string", |options, value| {
        put(
            &mut options.samesite,
            match value.as_str()? {
                "" => Some(None),
                name => name.parse().ok().map(Some),
            },
        )
    }),
    parameter("partitioned", FLAG, |options, value| put(&mut options.partitioned, value.to_bool())),
    parameter("lifetime", LIMIT, |options, value| put(&mut options.lifetime, limit(value))),
    parameter("previous_secrets", TEXTS, |options, value| put(&mut options.previous_secrets, secrets(value))),
    parameter("max_payload", BYTES, |options, value| put(&mut options.max_payload, number(value))),
    parameter("conflict_timeout", SECONDS, |options, value| {
        put(&mut options.conflict_timeout, seconds(value))
    }),
    parameter("fail_on_dropped_changes", FLAG, |options, value| {
        put(&mut options.fail_on_dropped_changes, value.to_bool())
    }),
    parameter("insecure_secret_ok", FLAG, |options, value| {
        put(&mut options.insecure_secret_ok, value.to_bool())
    }),
];

fn put<T>(field: &mut T, value: Option<T>) -> Option<()> {
    *field = value?;
    Some(())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn seconds(value: &Value) -> Option<Duration> {
    number(value).map(Duration::from_secs)
}

fn number<N: TryFrom<u128>>(value: &Value) -> Option<N> {
    // The conversion is needed because TOML has signed numbers and the environment unsigned ones. It loses
    // nothing.
    N::try_from(value.to_num()?.to_u128_lossy()?).ok()
}

fn limit(value: &Value) -> Option<Option<Duration>> {
    if value.as_str() == Some("none") { Some(None) } else { seconds(value).map(Some) }
}

fn secrets(value: &Value) -> Option<Vec<Secret>> {
    value.as_array()?.iter().map(|value| value.as_str().map(Secret::from)).collect()
}

/// The error for a key of Rocket's configuration. It names the key, and never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationError {
    key: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Missing,
    Unknown,
    Form(&'static str),
}

impl ConfigurationError {
    fn unknown(key: &str) -> Self {
        Self { key: format!("session.{key}"), problem: Problem::Unknown }
    }

    fn form(key: impl Into<String>, form: &'static str) -> Self {
        Self { key: key.into(), problem: Problem::Form(form) }
    }

    /// Returns the full name of the key in Rocket's configuration, such as `session.timeout`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, problem } = self;
        match problem {
            Problem::Missing => write!(
                f,
                "Rocket's configuration has no `{key}`; set it in Rocket.toml, under [default.session], \
                 or in the environment: ROCKET_SESSION={{secret=\"...\",hardened=true}}"
            ),
            Problem::Unknown => {
                write!(
                    f,
                    "`{key}` in Rocket's configuration is not a known key; the known keys are secret, hardened"
                )?;
                PARAMETERS.iter().try_for_each(|parameter| write!(f, ", {}", parameter.name))
            }
            Problem::Form(form) => write!(f, "`{key}` in Rocket's configuration must be {form}"),
        }
    }
}

impl std::error::Error for ConfigurationError {}
