//! The cases of webob's `Response.set_cookie` and `delete_cookie`.

use serde_json::Value;
use session_core::pyramid::CookieAttributes;
use session_core::{SameSite, SessionOptions, UnixTime};

use crate::Exception;
use crate::comparison::Comparison;
use crate::document::{clock_at, int, members, truth};
use crate::header::SetCookie;
use crate::site;
use crate::visit::compare_attributes;

const NAMES: [&str; 10] =
    ["name", "value", "max_age", "path", "domain", "secure", "httponly", "comment", "overwrite", "samesite"];
/// The last date that Python has: 9999-12-31 23:59:59.
const LAST_DATE: i64 = 253_402_300_799;

/// Compares one case.
pub(crate) fn compare(case: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    let (arguments, expect) = (&case["arguments"], &case["expect"]);
    if let Some((name, _)) = members(arguments).find(|(name, _)| !NAMES.contains(&name.as_str())) {
        comparison.differs(format!("there is no argument {name}"));
    }
    let Some(now) = case["now"].as_f64().map(clock_at) else {
        comparison.differs("the case has no time");
        return comparison;
    };
    let is_removal = truth(case.get("delete"), false) || arguments.get("value").is_some_and(Value::is_null);
    match (attributes(arguments, is_removal), expect["set_cookie"].as_str()) {
        (Ok(cookie), Some(python)) => {
            let value = if is_removal { None } else { Some(arguments["value"].as_str().unwrap_or_default()) };
            compare_headers(arguments, &cookie, value, python, now, &mut comparison);
        }
        (Ok(cookie), None) => excuse_cookie(&cookie, now, &expect["error"], &mut comparison),
        (Err(problem), Some(_)) => excuse_refusal(arguments, &problem, &mut comparison),
        (Err(_), None) => comparison.holds("Python refuses too", expect["error"].is_string()),
    }
    comparison
}

/// Converts the arguments into a cookie of this library, or returns the problem with them.
fn attributes(arguments: &Value, is_removal: bool) -> Result<CookieAttributes, String> {
    let name = arguments["name"].as_str().unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
    let mut cookie = CookieAttributes::new(name);
    if let Some(path) = arguments.get("path") {
        cookie.path = path.as_str().map(str::to_owned);
    }
    cookie.domain = arguments["domain"].as_str().map(str::to_owned);
    if !is_removal {
        cookie.max_age = max_age(&arguments["max_age"])?;
    }
    cookie.secure = truth(arguments.get("secure"), false);
    cookie.httponly = truth(arguments.get("httponly"), false);
    if let Some(samesite) = arguments["samesite"].as_str() {
        cookie.samesite = Some(samesite.parse::<SameSite>().map_err(|error| error.to_string())?);
    }
    // Whether `secure` and `samesite` fit together is checked when a factory is created.
    let mut options = SessionOptions::new("thirty-two bytes of secret, or more");
    (options.secure, options.samesite) = (cookie.secure, cookie.samesite);
    site::factory(options).map_err(|error| error.to_string())?;
    Ok(cookie)
}

/// Returns a timedelta's whole seconds, rounded down, or the result of Python's `int()` for anything else.
fn max_age(value: &Value) -> Result<Option<i64>, String> {
    match value["timedelta_seconds"].as_f64() {
        Some(secs) => Ok(Some(secs.floor() as i64)),
        None => int(value),
    }
}

/// Compares the headers that set the cookie to `value`, or that remove it.
fn compare_headers(
    arguments: &Value,
    cookie: &CookieAttributes,
    value: Option<&str>,
    python: &str,
    now: UnixTime,
    comparison: &mut Comparison,
) {
    let ours = value.map_or_else(|| cookie.removal(), |value| cookie.set(value, now));
    let (mut python, mut ours) = (SetCookie::parse(python), SetCookie::parse(&ours));
    if arguments["comment"].as_str().is_some_and(|comment| !comment.is_empty()) {
        comparison.by(Exception::Comment);
        comparison
            .holds("Python sends a comment, and we do not", python.attributes.remove("comment").is_some());
    }
    if value.is_none() {
        comparison.holds("Python removes the cookie", python.is_removal(now.as_secs()));
        comparison.holds("we remove the cookie", ours.is_removal(now.as_secs()));
        python.attributes.remove("expires");
        ours.attributes.remove("expires");
    }
    comparison.equal("value", &python.value, &ours.value);
    compare_attributes(&python, &ours, comparison);
}

/// Notes why Python fails with an encoding or a date where this library sends a cookie.
fn excuse_cookie(cookie: &CookieAttributes, now: UnixTime, error: &Value, comparison: &mut Comparison) {
    let ours = SetCookie::parse(&cookie.set("", now)).attributes;
    let is_beyond_latin1 =
        |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().any(|c| u32::from(c) > 0xFF));
    let last_max_age = LAST_DATE.saturating_sub(now.as_secs());
    if error == "UnicodeEncodeError" && (is_beyond_latin1(&cookie.path) || is_beyond_latin1(&cookie.domain)) {
        comparison.by(Exception::BeyondLatin1);
        for (name, text) in [("path", &cookie.path), ("domain", &cookie.domain)] {
            comparison.equal(name, text.as_ref().filter(|text| !text.is_empty()), ours.get(name));
        }
    } else if error == "OverflowError" && cookie.max_age.is_some_and(|max_age| max_age > last_max_age) {
        comparison.by(Exception::LastDate);
        comparison.equal("expires", Some(LAST_DATE.to_string()), ours.get("expires").cloned());
    } else {
        comparison.differs(format!("Python fails with {error}, and we do not"));
    }
}

fn excuse_refusal(arguments: &Value, problem: &str, comparison: &mut Comparison) {
    if arguments["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("partitioned")) {
        comparison.by(Exception::NewAttribute);
    } else {
        comparison.differs(format!("refused: {problem}"));
    }
}
