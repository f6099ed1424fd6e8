//! The cases of CubicWeb's session, whose cookie names a row.

use serde_json::Value;
use session_core::pyramid::CookieBody;

use crate::Exception;
use crate::actions::Actions;
use crate::comparison::Comparison;
use crate::document::{json, members};
use crate::header::{CookieHeader, SetCookie};
use crate::load::{Load, Verdict, compare_signatures, compare_verdicts, has_timed_out, verified};
use crate::parameters::{Defaults, Parameters};
use crate::site::Site;
use crate::visit::{Known, Visit};

const DEFAULTS: Defaults = Defaults { httponly: true, reissue_time: 120 };

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
    let load = load(case);
    let body = compare_verdicts(case, &load, &values, &parameters.signer, comparison);
    if let (Some(_), Some(value), Some(payload)) =
        (&body, values.last(), case["cookie_payload_utf8"].as_str())
    {
        comparison.equal(
            "the body in the request's cookie",
            Some(payload.to_owned()),
            verified(value, &parameters.signer),
        );
    }
    let Some(now) = case["now"].as_f64() else { return comparison.differs("the case has no time") };
    if !parameters.are_taken(comparison) {
        return;
    }
    let site = Site::new(parameters, now);
    let actions = Actions::of(case);
    // Python's constructor takes the ID out of the state. That is a use, so the session is always asked for.
    let mut visit = Visit { case, parameters, site, now, actions, asks: true, cookies, known: None };
    let is_named = match body {
        Some(body) => name_our_session(&mut visit, &load, body, comparison).await,
        None => false,
    };
    match case["store_down"].as_str() {
        Some(phase) => compare_outage(&visit, is_named, phase, comparison).await,
        None => compare_visit(&visit, comparison).await,
    }
}

fn load(case: &Value) -> Load {
    let load = &case["expect"]["load"];
    let verdict = match (case["cookie_value"].as_str(), load["new"].as_bool()) {
        _ if load["verdict"] == "crash" || case["expect"]["construct_error"].is_string() => Verdict::Crash,
        (Some(_), Some(false)) => Verdict::Accept,
        (Some(_) | None, _) => Verdict::NoCookie,
    };
    Load { verdict, created: load["created"].as_f64(), renewed: load["renewed"].as_f64() }
}

/// Puts a session of this library in the place of the row that the cookie names. Returns whether the cookie
/// is still valid.
async fn name_our_session(
    visit: &mut Visit<'_>,
    load: &Load,
    body: CookieBody,
    comparison: &mut Comparison,
) -> bool {
    let eid = sessioneid(&body);
    // Python has no flag for a timeout. It shows when the cookie named a row and the session has none.
    let is_dropped = eid.is_some() && visit.case["expect"]["load"]["sessioneid"].is_null();
    let timed_out = has_timed_out(is_dropped, &body, load, visit.parameters, visit.now, comparison);
    let Some(eid) = eid else {
        comparison.by(Exception::NamesNothing);
        return false;
    };
    let row =
        members(&visit.case["rows_before"]).find(|(name, _)| **name == eid).map(|(_, values)| values.clone());
    let elsewhere = Site::new(visit.parameters, visit.now);
    let site = if row.is_some() { &visit.site } else { &elsewhere };
    let values = row.clone().unwrap_or_default();
    let Some(id) = site.begin_session(body.created, &values).await else {
        comparison.differs("a cookie of ours does not open");
        return false;
    };
    let cookie = visit.site.cookie_of(&id, &body);
    visit.cookies = visit.cookies.take().map(|cookies| cookies.swapped(|_| Some(cookie.clone())));
    if timed_out {
        comparison.by(Exception::TimedOut);
    } else if row.is_none() {
        comparison.by(Exception::RowVanished);
    } else {
        visit.known = Some(Known { id, body, values });
    }
    !timed_out
}

fn sessioneid(body: &CookieBody) -> Option<String> {
    let eid = body.named_state()?.remove("sessioneid")?;
    (!eid.is_null()).then(|| eid.as_str().map_or_else(|| eid.to_string(), str::to_owned))
}

async fn compare_visit(visit: &Visit<'_>, comparison: &mut Comparison) {
    visit.compare_look(comparison).await;
    let meanwhile = visit.known.as_ref().and_then(|_| visit.case["concurrent_write"].as_object());
    let meanwhile = meanwhile.map(|_| &visit.case["concurrent_write"]);
    let ours = visit.answer(meanwhile, comparison).await;
    let ours = ours.as_deref();
    if let Some(meanwhile) = meanwhile {
        compare_merge(visit, ours, meanwhile, comparison).await;
    }
    if visit.actions.have("invalidate") {
        return visit.compare_end(ours, comparison).await;
    }
    if visit.known.is_some() && visit.actions.have("new_csrf_token") {
        comparison.by(Exception::TokenRenewed);
    }
    if visit.known.is_none()
        && !visit.actions.sum(&Value::Null).leaves
        && visit.case["expect"]["set_cookie"].is_string()
    {
        comparison.by(Exception::LeftEmpty);
    }
    visit.compare_answer(ours, comparison);
    if let Some(ours) = ours {
        compare_ids(visit, ours, comparison);
    }
}

/// Compares the IDs: the same session keeps its ID, unless a new token has replaced it, and another session
/// has another ID.
fn compare_ids(visit: &Visit<'_>, ours: &str, comparison: &mut Comparison) {
    let ours = visit.site.id(ours);
    let named = visit.known.as_ref().map(|known| known.id.clone());
    let is_same = ours.is_some() && ours == named;
    comparison.equal(
        "whether the ID stays",
        named.is_some() && !visit.actions.have("new_csrf_token"),
        is_same,
    );
    let python = visit.case["expect"]["signed_payload_utf8"].as_str().and_then(json);
    if let (Some(python), false) = (python, comparison.is_excepted()) {
        let eid = visit.known.as_ref().map(|known| &known.body.state["sessioneid"]);
        comparison.equal(
            "whether the ID stays, as in Python",
            eid == Some(&python[2]["sessioneid"]),
            is_same,
        );
    }
}

/// Compares the merged values: those of the other request that this one did not touch, and those that this
/// one set.
async fn compare_merge(
    visit: &Visit<'_>,
    ours: Option<&str>,
    meanwhile: &Value,
    comparison: &mut Comparison,
) {
    comparison.by(Exception::ConcurrentWrite);
    // The names do not show what these actions do to the other request's values.
    if ["clear", "invalidate", "advance"].into_iter().any(|name| visit.actions.have(name)) {
        return;
    }
    let sent = ours.map(SetCookie::parse).map(|cookie| cookie.header());
    let Ok(merged) = visit.site.values(sent.as_ref().or(visit.cookies.as_ref())).await else {
        return comparison.differs("the session does not load after a concurrent write");
    };
    let (names, sets) = (visit.actions.names(), visit.actions.sets());
    let theirs = members(meanwhile).filter(|(name, _)| !names.contains(*name));
    for (name, value) in theirs.chain(sets.iter().map(|(name, value)| (name, *value))) {
        comparison.equal(name, value, &merged[name]);
    }
}

/// Checks that with the store down a request fails if it needs the store, and that it then sends no cookie.
async fn compare_outage(visit: &Visit<'_>, is_named: bool, phase: &str, comparison: &mut Comparison) {
    comparison.by(Exception::StoreDown);
    let (loads, saves) = (matches!(phase, "load" | "both"), matches!(phase, "save" | "both"));
    comparison.holds("the store is down at load or save", loads || saves);
    if loads {
        visit.site.fail_loads();
    }
    if saves {
        visit.site.fail_saves();
    }
    let is_written = match &visit.known {
        Some(known) => visit.actions.sum(&known.values).changes,
        None => visit.actions.sum(&Value::Null).leaves,
    };
    if visit.known.is_none() && visit.actions.have("invalidate") {
        return;
    }
    let is_ended = visit.known.is_some() && visit.actions.have("invalidate");
    let fails = loads && is_named || saves && is_written && (is_ended || !visit.is_kept_back());
    let answer = visit
        .site
        .answer(visit.cookies.as_ref(), Some(&visit.actions), None, visit.status(), comparison)
        .await;
    comparison.equal("whether the request fails", fails, answer.is_err());
    if let Ok(cookie) = answer {
        comparison.equal("whether a cookie is sent", visit.is_cookie_wanted() && !saves, cookie.is_some());
    }
}
