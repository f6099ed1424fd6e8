//! The comparison of how Python and this library read a request's cookie.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use session_core::UnixTime;
use session_core::pyramid::{CookieBody, JsonSerializer, Signer};

use crate::Exception;
use crate::comparison::Comparison;
use crate::document::{clock_at, is_at, is_whole_millis, items, json};
use crate::parameters::Parameters;

/// A decoder like Python's: it works without padding, and ignores loose bits at the end.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Python's verdict on the request's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    /// The cookie is refused, or there is none.
    NoCookie,
    Crash,
}

/// Python's session before anything is done with it. A field that the case leaves open is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) verdict: Verdict,
    pub(crate) created: Option<f64>,
    pub(crate) renewed: Option<f64>,
}

/// Signs again what Python has signed, and verifies Python's signatures.
pub(crate) fn compare_signatures(
    case: &Value,
    values: &[String],
    signer: &Signer,
    comparison: &mut Comparison,
) {
    let expect = &case["expect"];
    if let (Some(value), Some(body)) =
        (expect["cookie_value"].as_str(), expect["signed_payload_utf8"].as_str())
    {
        comparison.equal("our signature of the response's body", value, &signer.sign(body.as_bytes()));
        comparison.equal("the body in the response's cookie", Some(body.to_owned()), verified(value, signer));
    }
    for value in values {
        if let Some(body) = signer.verify(value) {
            comparison.equal(
                "our signature of the request's body",
                value.trim_end_matches('='),
                &signer.sign(&body),
            );
        }
    }
}

/// Returns the body of a value as text. Bytes that are not UTF-8 are replaced.
pub(crate) fn verified(value: &str, signer: &Signer) -> Option<String> {
    signer.verify(value).map(|body| String::from_utf8_lossy(&body).into_owned())
}

/// Reads a cookie's value with this library.
pub(crate) fn open(value: &str, signer: &Signer) -> Option<CookieBody> {
    CookieBody::open(value, signer, &JsonSerializer)
}

/// Compares the verdicts on the cookie that Python reads, which is the last of its name. Returns the cookie's
/// body if both accept it.
pub(crate) fn compare_verdicts(
    case: &Value,
    load: &Load,
    values: &[String],
    signer: &Signer,
    comparison: &mut Comparison,
) -> Option<CookieBody> {
    let value = values.last().map_or("", String::as_str);
    match (load.verdict, open(value, signer)) {
        (Verdict::Accept, Some(body)) => {
            compare_times(load, &body, comparison);
            return Some(body);
        }
        (Verdict::Accept, None) => excuse_refusal(case, load, value, signer, comparison),
        (Verdict::NoCookie, Some(_)) => comparison.differs("a cookie that Python refuses is accepted"),
        (Verdict::NoCookie, None) => {}
        (Verdict::Crash, _) => comparison.by(Exception::Crash),
    }
    None
}

fn compare_times(load: &Load, body: &CookieBody, comparison: &mut Comparison) {
    for (name, python, ours) in
        [("created", load.created, body.created), ("renewed", load.renewed, body.renewed)]
    {
        if python.is_some_and(|secs| !is_at(ours, secs)) {
            comparison.differs(format!("{name}: expected {python:?}, found {ours:?}"));
        }
    }
}

/// Notes why a cookie that Python accepts is refused: for its base64, its numbers or its pickle.
fn excuse_refusal(case: &Value, load: &Load, value: &str, signer: &Signer, comparison: &mut Comparison) {
    let canonical = canonical(value).unwrap_or_default();
    let Some(text) = verified(&canonical, signer) else {
        return comparison.differs("a cookie that Python accepts does not verify");
    };
    match open(&canonical, signer) {
        Some(body) if canonical != value && case["note"].is_string() => {
            comparison.by(Exception::LooseBase64);
            compare_times(load, &body, comparison);
        }
        Some(_) => comparison.differs("a cookie that Python accepts does not open"),
        None if has_other_numbers(load, &text) => comparison.by(Exception::OtherNumbers),
        None if json(&text).is_none() => comparison.by(Exception::Pickle),
        None => comparison.differs(format!("Python accepts {text}")),
    }
}

/// Tells whether Python has read a number where this library reads none, or one that is not finite.
fn has_other_numbers(load: &Load, text: &str) -> bool {
    let is_finite = |time: &Value| match time {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    let is_json = serde_json::from_str::<Value>(text).is_ok();
    let (has_times, body) = (load.created.is_some() && load.renewed.is_some(), json(text));
    !has_times || body.is_some_and(|body| !is_json || !items(&body).iter().take(2).all(is_finite))
}

/// Returns the text that Python would write for this value, of all the texts that it reads as this value.
fn canonical(value: &str) -> Option<String> {
    let alphabet = |c: char| match c {
        '+' => Some('-'),
        '/' => Some('_'),
        c => (c.is_ascii_alphanumeric() || c == '-' || c == '_').then_some(c),
    };
    let text: String = value.chars().filter_map(alphabet).collect();
    LENIENT.decode(text).ok().map(|bytes| LENIENT.encode(bytes))
}

/// Tells whether a cookie with this body has timed out, as Python counts. This library does not count parts
/// of a millisecond.
pub(crate) fn has_timed_out(
    python: bool,
    body: &CookieBody,
    load: &Load,
    parameters: &Parameters<'_>,
    now: f64,
    comparison: &mut Comparison,
) -> bool {
    let (Some(timeout), Some(renewed)) = (parameters.options.timeout, load.renewed) else { return python };
    let ours = is_beyond(clock_at(now), body.renewed, timeout);
    let is_close = (now - renewed - timeout.as_secs_f64()).abs() < 0.002;
    if ours == python || !is_close || is_whole_millis(now) && is_whole_millis(renewed) {
        return python;
    }
    comparison.by(Exception::Millisecond);
    ours
}

/// Tells whether more than `limit` lies between two points in time.
pub(crate) fn is_beyond(now: UnixTime, renewed: UnixTime, limit: Duration) -> bool {
    now.as_millis().saturating_sub(renewed.as_millis()) > i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)
}
