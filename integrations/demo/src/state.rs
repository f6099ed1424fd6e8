//! The page that shows the state of the session, except its ID.

use askama::Template;
use session_core::{Error, Session, UnixTime};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::when::{When, span};

#[derive(Template)]
#[template(path = "state.html")]
struct Page {
    frame: Frame,
    state: Option<State>,
}

struct State {
    created: When,
    last_used: Option<When>,
    timeout: Option<String>,
    idle_end: Option<When>,
    absolute_end: Option<When>,
    version: String,
    label: Option<String>,
    values: Vec<(String, String)>,
}

/// Renders the page. It only reads the session, and even leaves waiting messages in place, so that it shows
/// the session as the previous request left it.
pub(crate) fn page(site: &Site, session: &Session, now: UnixTime) -> Result<Answer, Error> {
    let frame = Frame::quiet(site, session, "/session")?;
    Ok(Answer::page(&Page { frame, state: State::of(session, now) }))
}

impl State {
    /// Returns the state of a stored session, or `None` if the session is not stored.
    fn of(session: &Session, now: UnixTime) -> Option<Self> {
        let version = session.version()?.to_string();
        let values =
            session.entries().iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        Some(Self {
            created: When::past(session.created(), now),
            last_used: session.last_used().map(|at| When::past(at, now)),
            timeout: session.timeout().map(span),
            idle_end: session.expires().map(|at| When::future(at, now)),
            absolute_end: session.absolute_expiry().map(|at| When::future(at, now)),
            version,
            label: session.label().map(|label| label.to_string()),
            values,
        })
    }
}
