//! The pages for refused and failed requests, which tell the visitor what to do.

use std::fmt::Display;

use askama::Template;
use session_core::store::StoreErrorKind;
use session_core::{Error, Session};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::terminal::{complain, with_causes};

#[derive(Template)]
#[template(path = "forged.html")]
struct Forged {
    frame: Frame,
    /// The address of the page with the form.
    form: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    title: &'static str,
    text: &'static str,
    /// `true` if the page has a button that signs out.
    may_sign_out: bool,
}

/// Refuses a form that lacks the CSRF token of the session. Nothing is changed.
pub(crate) fn forged(site: &Site, session: &Session, form: &'static str) -> Result<Answer, Error> {
    Ok(Answer::page_with(403, &Forged { frame: Frame::quiet(site, session, "")?, form }))
}

/// Renders the page for an address that does not exist.
pub(crate) fn not_found(site: &Site) -> Answer {
    let text = "There is no page at this address. The links above lead to every page of the site.";
    problem(site, 404, "Page not found", text)
}

/// Renders the page for an address that does not support the method of the request.
pub(crate) fn method_not_allowed(site: &Site) -> Answer {
    let text = "This address cannot be opened like a page; it may be the target of a form. \
                The links above lead to every page of the site.";
    problem(site, 405, "Method not allowed", text)
}

/// Renders the page for a request body that is not a form of this site, or is too long.
pub(crate) fn unreadable(site: &Site) -> Answer {
    let text = "The request did not contain a valid form, so nothing was changed. \
                Open the form again, fill it in and send it.";
    problem(site, 400, "This form cannot be read", text)
}

/// Reports a session that could not be loaded or saved on stderr, and renders a page for the visitor.
pub(crate) fn failed(site: &Site, request: impl Display, error: &Error) -> Answer {
    complain(format_args!("{request}: {}", with_causes(error)));
    if is_unreadable(error) { unreadable_session(site, error.status()) } else { broken(site, error.status()) }
}

/// Tells whether the session holds something that this version of the site cannot read.
fn is_unreadable(error: &Error) -> bool {
    matches!(error, Error::Value(_))
        || matches!(error, Error::Store(error) if error.kind == StoreErrorKind::Corrupt)
}

/// Renders the page for a session that this version of the site cannot read, because another version has
/// written it. It offers the way out, but does not take it: the next version may read the session again.
fn unreadable_session(site: &Site, status: u16) -> Answer {
    let text = "It holds something that this version of the site does not understand. This has been reported. \
                If it does not help to try again later, sign out and begin anew: \
                you lose your cart and your messages.";
    let title = "Your session cannot be read";
    let frame = Frame::without_session(site);
    Answer::page_with(status, &Problem { frame, title, text, may_sign_out: true })
}

/// Renders the page for an error that has already been reported.
pub(crate) fn broken(site: &Site, status: u16) -> Answer {
    match status {
        503 => problem(
            site,
            503,
            "Your session is unavailable",
            "It could not be loaded or saved, so your last action may have been lost. Try again in a moment.",
        ),
        _ => problem(
            site,
            status,
            "Something went wrong",
            "This is an error of the site. It has been reported.",
        ),
    }
}

fn problem(site: &Site, status: u16, title: &'static str, text: &'static str) -> Answer {
    let frame = Frame::without_session(site);
    Answer::page_with(status, &Problem { frame, title, text, may_sign_out: false })
}
