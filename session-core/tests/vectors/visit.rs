//! The request of a case, made to a site on this library.

use std::time::Duration;

use serde_json::Value;
use session_core::UnixTime;
use session_core::pyramid::CookieBody;

use crate::Exception;
use crate::actions::Actions;
use crate::comparison::Comparison;
use crate::document::{clock_at, is_at, items, json, members, truth};
use crate::header::{CookieHeader, SetCookie};
use crate::load::is_beyond;
use crate::parameters::Parameters;
use crate::site::Site;

/// The session of this library that a request is to find.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The session's ID.
    pub(crate) id: String,
    /// The body of the cookie that names the session.
    pub(crate) body: CookieBody,
    /// The session's values.
    pub(crate) values: Value,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Visit<'c> {
    pub(crate) case: &'c Value,
    pub(crate) parameters: &'c Parameters<'c>,
    pub(crate) site: Site<'c>,
    pub(crate) now: f64,
    pub(crate) actions: Actions<'c>,
    /// `true` if the handler asks for the session.
    pub(crate) asks: bool,
    /// The request's cookies. Those that name a session name one of this library's.
    pub(crate) cookies: Option<CookieHeader>,
    /// The session that the cookies name, or `None` if they name no live one.
    pub(crate) known: Option<Known>,
}

impl Visit<'_> {
    /// Returns the status of the response.
    pub(crate) fn status(&self) -> u16 {
        if truth(self.case.get("view_raised_exception"), false) { 500 } else { 200 }
    }

    /// Tells whether the response saves nothing and sends nothing.
    pub(crate) fn is_kept_back(&self) -> bool {
        self.status() == 500 && !self.parameters.options.set_on_exception
    }

    /// Returns the time at which the session of the response began.
    pub(crate) fn created(&self) -> UnixTime {
        let now = clock_at(self.now);
        let created = self.known.as_ref().map_or(now, |known| known.body.created);
        if is_ahead(created, now) { now } else { created }
    }

    /// Tells whether this library is to send a cookie after the handler's actions. A new session has one if
    /// something is left in it, and another session has one when it is due.
    pub(crate) fn is_cookie_wanted(&self) -> bool {
        let is_wanted = match &self.known {
            None => self.actions.sum(&Value::Null).leaves,
            Some(known) => self.actions.have("new_csrf_token") || self.is_due(&known.body),
        };
        self.asks && !self.is_kept_back() && is_wanted
    }

    /// Applies Python's rule, with the time of the response in place of that of the last use.
    fn is_due(&self, body: &CookieBody) -> bool {
        let now = clock_at(self.actions.end(self.now)).whole_secs();
        let is_due = |limit| is_beyond(now, body.renewed, limit);
        is_from_a_wrong_clock(body, now) || self.parameters.options.reissue_time.is_some_and(is_due)
    }

    /// Notes if the times in the cookie of the session are those of a clock that was ahead.
    fn excuse_wrong_clock(&self, comparison: &mut Comparison) {
        if self.known.as_ref().is_some_and(|known| is_from_a_wrong_clock(&known.body, clock_at(self.now))) {
            comparison.by(Exception::ClockAhead);
        }
    }

    /// Compares the session as it is loaded.
    pub(crate) async fn compare_look(&self, comparison: &mut Comparison) {
        self.excuse_wrong_clock(comparison);
        match self.site.look(self.cookies.as_ref()).await {
            Ok((is_new, created)) => {
                comparison.equal("new", self.known.is_none(), is_new);
                comparison.equal("created", self.created(), created);
                let python = &self.case["expect"]["load"];
                if let (Some(python), false) = (python["new"].as_bool(), comparison.is_excepted()) {
                    comparison.equal("new, as in Python", python, is_new);
                }
                if let (Some(python), false) = (python["created"].as_f64(), comparison.is_excepted()) {
                    comparison.holds(&format!("{created:?} is Python's {python}"), is_at(created, python));
                }
            }
            Err(error) => comparison.differs(format!("load: {error}")),
        }
    }

    /// Makes the request and returns its Set-Cookie.
    pub(crate) async fn answer(
        &self,
        meanwhile: Option<&Value>,
        comparison: &mut Comparison,
    ) -> Option<String> {
        let actions = self.asks.then_some(&self.actions);
        let answer =
            self.site.answer(self.cookies.as_ref(), actions, meanwhile, self.status(), comparison).await;
        answer.unwrap_or_else(|error| {
            comparison.differs(format!("save: {error}"));
            None
        })
    }

    /// Compares whether a cookie is sent, and which one. Unless the case shows an exception, Python's cookie
    /// is expected.
    pub(crate) fn compare_answer(&self, ours: Option<&str>, comparison: &mut Comparison) {
        let python = self.case["expect"]["set_cookie"].as_str();
        let is_late = self.actions.end(self.now) != self.actions.last_use(self.now);
        if self.asks && is_late {
            comparison.by(Exception::LaterResponse);
        }
        comparison.equal("whether a cookie is sent", self.is_cookie_wanted(), ours.is_some());
        if !comparison.is_excepted() {
            comparison.equal("whether a cookie is sent, as in Python", python.is_some(), ours.is_some());
        }
        let Some(ours) = ours else { return };
        self.compare_body(ours, comparison);
        if let Some(python) = python {
            let (mut python, mut ours) = (SetCookie::parse(python), SetCookie::parse(ours));
            if self.asks && is_late {
                python.attributes.remove("expires");
                ours.attributes.remove("expires");
            }
            compare_attributes(&python, &ours, comparison);
        }
    }

    fn compare_body(&self, ours: &str, comparison: &mut Comparison) {
        let Some(body) = self.site.body(ours) else { return comparison.differs("our cookie does not open") };
        let now = clock_at(self.actions.end(self.now));
        comparison.equal("renewed in our cookie", now.whole_secs(), body.renewed);
        comparison.equal("created in our cookie", self.created(), body.created);
        let names: Vec<&str> = members(&body.state).map(|(name, _)| name.as_str()).collect();
        comparison.equal("the rest of our cookie", vec!["sessioneid"], names);
        let python = self.case["expect"]["signed_payload_utf8"].as_str().and_then(json);
        if let (Some(python), false) = (python, comparison.is_excepted()) {
            for (python, ours) in items(&python).iter().zip([body.renewed, body.created]) {
                comparison.holds(
                    &format!("our cookie's {ours:?} is Python's {python}"),
                    python.as_f64().is_some_and(|secs| is_at(ours, secs)),
                );
            }
        }
    }

    /// Compares the effect of an `invalidate`. The old ID must be dead, and its cookie removed or replaced by
    /// that of another session with the data that was written afterwards.
    pub(crate) async fn compare_end(&self, ours: Option<&str>, comparison: &mut Comparison) {
        comparison.by(Exception::Invalidated);
        let look = self.site.look(self.cookies.as_ref()).await;
        comparison.holds("the ended session is gone", look.is_ok_and(|(is_new, _)| is_new));
        let is_followed = self.actions.sum(&Value::Null).leaves;
        match (&self.known, ours) {
            _ if self.is_kept_back() => {
                comparison.equal("the cookie of a response that sends nothing", None, ours)
            }
            (None, ours) => comparison.holds("an empty session has no cookie", is_followed || ours.is_none()),
            (Some(_), None) => comparison.differs("the cookie of an ended session stays"),
            (Some(known), Some(ours)) if is_followed => {
                let created = self.site.body(ours).map(|body| body.created);
                comparison.equal("created", Some(clock_at(self.now)), created);
                comparison
                    .holds("the ID is another one", self.site.id(ours).is_some_and(|id| id != known.id));
            }
            (Some(_), Some(ours)) => {
                let (ours, now) = (SetCookie::parse(ours), clock_at(self.actions.end(self.now)).as_secs());
                let place = |name: &str| ours.attributes.get(name).map_or("", String::as_str);
                let options = &self.parameters.options;
                comparison.holds("the cookie is removed", ours.is_removal(now));
                comparison.equal("name", options.cookie_name.as_str(), &ours.name);
                comparison.equal("path", options.path.as_deref().unwrap_or_default(), place("path"));
                comparison.equal("domain", options.domain.as_deref().unwrap_or_default(), place("domain"));
            }
        }
    }
}

/// Tells whether one of the times in a cookie is that of a clock which was ahead.
fn is_from_a_wrong_clock(body: &CookieBody, now: UnixTime) -> bool {
    is_ahead(body.renewed, now) || is_ahead(body.created, now)
}

/// Tells whether a time is more than five minutes ahead.
fn is_ahead(at: UnixTime, now: UnixTime) -> bool {
    at.since(now) > Duration::from_secs(300)
}

/// Compares the meaning of two Set-Cookie headers, except their values.
pub(crate) fn compare_attributes(python: &SetCookie, ours: &SetCookie, comparison: &mut Comparison) {
    comparison.equal("the cookie's name", &python.name, &ours.name);
    comparison.equal("the cookie's attributes", &python.attributes, &ours.attributes);
}
