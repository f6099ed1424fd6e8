//! The cases of Pyramid's signed cookie session.

use std::collections::HashMap;

use serde_json::{Value, json};
use session_core::pyramid::CookieBody;

use crate::Exception;
use crate::actions::Actions;
use crate::comparison::Comparison;
use crate::document::clock_at;
use crate::header::CookieHeader;
use crate::load::{Load, Verdict, compare_signatures, compare_verdicts, has_timed_out, is_beyond, open};
use crate::parameters::{Defaults, Parameters};
use crate::site::Site;
use crate::visit::{Known, Visit};

const DEFAULTS: Defaults = Defaults { httponly: false, reissue_time: 0 };
/// The longest cookie that a browser accepts, in bytes.
const COOKIE_BYTES: usize = 4096;

/// Compares one case.
pub(crate) async fn compare(case: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    if let Some(parameters) = Parameters::read(&case["config"], DEFAULTS, &mut comparison) {
        compare_under(&parameters, case, &mut comparison).await;
    }
    comparison
}

async fn compare_under(parameters: &Parameters<'_>, case: &Value, comparison: &mut Comparison) {
    let cookies = CookieHeader::of(case, &parameters.options.cookie_name);
    let values = cookies.as_ref().map(CookieHeader::values).unwrap_or_default();
    compare_signatures(case, &values, &parameters.signer, comparison);
    let load = load(&case["expect"]);
    let body = compare_verdicts(case, &load, &values, &parameters.signer, comparison);
    let Some(now) = case["now"].as_f64() else { return comparison.differs("the case has no time") };
    if !parameters.are_taken(comparison) {
        return;
    }
    let says_timed_out = case["expect"]["load"]["timed_out"] == true;
    let timed_out = body.as_ref().is_some_and(|body| {
        compare_state(&case["expect"]["load"]["state"], body, says_timed_out, comparison);
        has_timed_out(says_timed_out, body, &load, parameters, now, comparison)
    });
    if timed_out {
        comparison.by(Exception::TimedOut);
    }
    if load.verdict == Verdict::NoCookie && load.renewed != load.created {
        comparison.by(Exception::HalfRead);
    }
    let site = Site::new(parameters, now);
    let mut visit =
        Visit { case, parameters, now, actions: Actions::of(case), asks: false, known: None, cookies, site };
    visit.asks = visit.actions.use_it();
    if load.verdict != Verdict::Crash {
        let body = if values.len() > 1 {
            sent_last(&values, parameters, now, comparison)
        } else {
            body.filter(|_| !timed_out)
        };
        name_our_sessions(&mut visit, &values, body, comparison).await;
    }
    visit.compare_look(comparison).await;
    compare_answer(&visit, comparison).await;
}

async fn compare_answer(visit: &Visit<'_>, comparison: &mut Comparison) {
    let ours = visit.answer(None, comparison).await;
    let ours = ours.as_deref();
    if visit.actions.have("invalidate") {
        return visit.compare_end(ours, comparison).await;
    }
    if visit.case["expect"]["response_error"].is_string() {
        comparison.by(Exception::LongState);
        comparison.holds("our cookie is short", ours.is_none_or(|ours| ours.len() < COOKIE_BYTES));
    }
    if visit.case["expect"]["set_cookie"].is_string() && !visit.is_cookie_wanted() && !visit.is_kept_back() {
        excuse_silence(visit, comparison);
    }
    visit.compare_answer(ours, comparison);
}

/// Notes why Python sends a cookie and this library does not.
fn excuse_silence(visit: &Visit<'_>, comparison: &mut Comparison) {
    match &visit.known {
        _ if !visit.asks => comparison.by(Exception::ChangedAlone),
        None if !visit.actions.sum(&Value::Null).leaves => comparison.by(Exception::LeftEmpty),
        Some(_) if visit.actions.write() => comparison.by(Exception::StateInCookie),
        None | Some(_) => {}
    }
}

fn load(expect: &Value) -> Load {
    let verdict = match expect["load"]["verdict"].as_str() {
        Some("accept") => Verdict::Accept,
        Some("crash") => Verdict::Crash,
        _ if expect["construct_error"].is_string() => Verdict::Crash,
        _ => Verdict::NoCookie,
    };
    Load { verdict, created: expect["load"]["created"].as_f64(), renewed: expect["load"]["renewed"].as_f64() }
}

/// Compares the state, which is an object or a list of pairs. Python has emptied it if the cookie has timed
/// out.
fn compare_state(python: &Value, body: &CookieBody, timed_out: bool, comparison: &mut Comparison) {
    let are_pairs = |list: &Vec<Value>| list.iter().all(|pair| pair[0].is_string());
    if python.is_object()
        && !timed_out
        && (body.state.is_object() || body.state.as_array().is_some_and(are_pairs))
    {
        comparison.equal("state", Some(python.clone()), body.named_state().map(Value::Object));
    }
}

/// Returns the cookie that was sent last, among those that open and have not timed out.
fn sent_last(
    values: &[String],
    parameters: &Parameters<'_>,
    now: f64,
    comparison: &mut Comparison,
) -> Option<CookieBody> {
    comparison.by(Exception::TwoCookies);
    let is_live = |body: &CookieBody| {
        parameters.options.timeout.is_none_or(|timeout| !is_beyond(clock_at(now), body.renewed, timeout))
    };
    values
        .iter()
        .filter_map(|value| open(value, &parameters.signer))
        .filter(is_live)
        .max_by_key(|body| body.renewed)
}

/// Puts sessions of this library in the place of those in Python's cookies, and notes the one of `body`.
async fn name_our_sessions(
    visit: &mut Visit<'_>,
    values: &[String],
    body: Option<CookieBody>,
    comparison: &mut Comparison,
) {
    let state = visit.case["expect"]["load"]["state"].clone();
    let mut ours = HashMap::new();
    for value in values {
        let Some(opened) = open(value, &visit.parameters.signer) else { continue };
        let Some(id) = visit.site.begin_session(opened.created, &state).await else {
            return comparison.differs("a cookie of ours does not open");
        };
        let bare = CookieBody { state: json!({}), ..opened.clone() };
        ours.insert(value.clone(), visit.site.cookie_of(&id, &bare));
        if body.as_ref() == Some(&opened) {
            visit.known = Some(Known { id, body: opened, values: state.clone() });
        }
    }
    visit.cookies = visit.cookies.take().map(|cookies| cookies.swapped(|value| ours.get(value).cloned()));
}
