//! The parameters of a case, as this library's options.

use std::time::Duration;

use serde_json::Value;
use session_core::pyramid::{CookieName, HashAlg, Salt, Signer};
use session_core::{SameSite, SessionOptions};
use url::Url;

use crate::Exception;
use crate::comparison::Comparison;
use crate::document::{int, members, truth};
use crate::site;

const NAMES: [&str; 14] = [
    "secret",
    "cookie_name",
    "max_age",
    "path",
    "domain",
    "secure",
    "httponly",
    "set_on_exception",
    "timeout",
    "reissue_time",
    "hashalg",
    "salt",
    "serializer",
    "samesite",
];
/// The longest time, in seconds, for which browsers keep a cookie: 400 days.
const MAX_AGE: i64 = 400 * 24 * 3600;

/// The defaults in which the two Python factories differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    pub(crate) httponly: bool,
    pub(crate) reissue_time: i64,
}

/// The parameters of a case.
#[derive(Debug)]
pub(crate) struct Parameters<'c> {
    config: &'c Value,
    /// The options for these parameters. Secrets may be short.
    pub(crate) options: SessionOptions,
    /// The signer of the case's cookies.
    pub(crate) signer: Signer,
}

impl<'c> Parameters<'c> {
    /// Reads the parameters. Returns `None` if nothing can be compared, and notes the reason in `comparison`.
    pub(crate) fn read(config: &'c Value, defaults: Defaults, comparison: &mut Comparison) -> Option<Self> {
        if let Some((name, _)) = members(config).find(|(name, _)| !NAMES.contains(&name.as_str())) {
            comparison.differs(format!("there is no parameter {name}"));
        }
        let hashalg = hashalg(config["hashalg"].as_str().unwrap_or("sha512"), comparison)?;
        match options(config, hashalg, defaults) {
            Ok(options) => {
                let signer = Signer::new(&options.secret, &[], &options.salt, hashalg);
                Some(Self { config, options, signer })
            }
            Err(problem) => {
                comparison.differs(problem);
                None
            }
        }
    }

    /// Tells whether a factory accepts the parameters. An error must name a parameter that the case shows to
    /// be wrong.
    pub(crate) fn are_taken(&self, comparison: &mut Comparison) -> bool {
        let (unspeakable, refused) = (unspeakable(self.config), refused(&self.options));
        match site::factory(self.options.clone()) {
            _ if unspeakable => comparison.by(Exception::RefusedParameter),
            Ok(_) if refused.is_empty() => return true,
            Ok(_) => comparison.differs(format!("a wrong {refused:?} is accepted")),
            Err(error) if refused.contains(&error.parameter()) => {
                comparison.by(exception(&self.options, error.parameter()));
            }
            Err(error) => comparison.differs(error.to_string()),
        }
        false
    }
}

fn hashalg(name: &str, comparison: &mut Comparison) -> Option<HashAlg> {
    match name.parse::<HashAlg>() {
        Ok(hashalg) => Some(hashalg),
        Err(error) => {
            comparison.by(Exception::HashNotBuilt);
            let is_ours = ["sha1", "sha224", "sha256", "sha384", "sha512"].contains(&name);
            let is_built = is_ours || cfg!(feature = "md5") && name == "md5";
            comparison.holds("a hash that is missing was left out of the build", !is_built);
            comparison.holds("the error names the hash", error.to_string().contains(name));
            None
        }
    }
}

fn options(config: &Value, hashalg: HashAlg, defaults: Defaults) -> Result<SessionOptions, String> {
    let mut options = SessionOptions::new(config["secret"].as_str().ok_or("the secret is not text")?);
    options.insecure_secret_ok = true;
    options.hashalg = hashalg;
    if let Some(salt) = config.get("salt") {
        options.salt = salt.as_str().map_or(Salt::NONE, Salt::from);
    }
    if let Some(name) = config["cookie_name"].as_str() {
        options.cookie_name = name.to_owned();
    }
    if let Some(path) = config.get("path") {
        options.path = path.as_str().map(str::to_owned);
    }
    options.domain = config["domain"].as_str().map(str::to_owned);
    options.secure = truth(config.get("secure"), false);
    options.httponly = truth(config.get("httponly"), defaults.httponly);
    options.set_on_exception = truth(config.get("set_on_exception"), true);
    options.max_age = seconds(config, "max_age", None)?;
    options.timeout = seconds(config, "timeout", Some(1200))?;
    options.reissue_time = seconds(config, "reissue_time", Some(defaults.reissue_time))?;
    if let Some(samesite) = config.get("samesite") {
        options.samesite = samesite.as_str().and_then(|word| word.parse().ok());
    }
    Ok(options)
}

fn seconds(config: &Value, name: &str, default: Option<i64>) -> Result<Option<Duration>, String> {
    let secs = config.get(name).map_or(Ok(default), int)?;
    Ok(secs.and_then(|secs| u64::try_from(secs).ok()).map(Duration::from_secs))
}

/// Tells whether Python gets a value that the options cannot express.
fn unspeakable(config: &Value) -> bool {
    let is_negative = |name| matches!(int(&config[name]), Ok(Some(secs)) if secs < 0);
    let samesite = config["samesite"].as_str();
    ["max_age", "timeout", "reissue_time"].into_iter().any(is_negative)
        || samesite.is_some_and(|word| word.parse::<SameSite>().is_err())
}

/// Returns the exception that a refused parameter shows.
fn exception(options: &SessionOptions, parameter: &str) -> Exception {
    let is_dropped = options.max_age.is_some_and(|max_age| max_age.as_secs() == 0);
    match parameter {
        "path" | "domain" => Exception::CookieDropped,
        "max_age" if is_dropped => Exception::CookieDropped,
        _ => Exception::RefusedParameter,
    }
}

/// Returns the parameters with which browsers would drop the cookie, or never send it.
fn refused(options: &SessionOptions) -> Vec<&'static str> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (path, domain) = (text(&options.path), text(&options.domain));
    let name = options.cookie_name.to_ascii_lowercase();
    let is_host = name.starts_with("__host-");
    let is_bad_name = name.parse::<CookieName>().is_err()
        || (is_host || name.starts_with("__secure-")) && !options.secure
        || is_host && (!domain.is_empty() || path != "/");
    let max_age = options.max_age.map_or(1, |max_age| i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX));
    [
        ("cookie_name", is_bad_name),
        ("max_age", !(1..=MAX_AGE).contains(&max_age)),
        ("samesite", options.samesite == Some(SameSite::None) && !options.secure),
        ("path", !path.is_empty() && !is_path_of_urls(&path)),
        ("domain", !domain.is_empty() && !is_host_name(&domain)),
    ]
    .into_iter()
    .filter_map(|(parameter, is_refused)| is_refused.then_some(parameter))
    .collect()
}

/// Tells whether a path can be the beginning of one in a URL, and can stand in Set-Cookie.
fn is_path_of_urls(path: &str) -> bool {
    let url = Url::parse("https://a.test").and_then(|site| site.join(path));
    let has_others = path.contains([',', ';', '|']);
    path.starts_with('/') && path.len() <= 1024 && !has_others && url.is_ok_and(|url| url.path() == path)
}

/// Tells whether a domain is the host of a URL, in lower or upper case, and with one leading dot or without.
fn is_host_name(domain: &str) -> bool {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    let url = Url::parse(&format!("https://{host}"));
    let is_same = |url: Url| url.host_str().is_some_and(|read| read.eq_ignore_ascii_case(host));
    let has_dot = host.contains('.') && !host.ends_with('.');
    (has_dot || host.eq_ignore_ascii_case("localhost")) && url.is_ok_and(is_same)
}
