//! The pages that say no, and what to do then.

use std::fmt::Display;

use askama::Template;
use session_core::{Error, Session};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::terminal::{complain, with_causes};

#[derive(Template)]
#[template(path = "forged.html")]
struct Forged {
    frame: Frame,
    /// The page that has the form.
    form: &'static str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    title: &'static str,
    text: &'static str,
}

/// A form came without this session's token. Nothing was done, and nothing is written.
pub(crate) fn forged(site: &Site, session: &Session, form: &'static str) -> Result<Answer, Error> {
    Ok(Answer::page_with(403, &Forged { frame: Frame::quiet(site, session, "")?, form }))
}

/// There is no such page.
pub(crate) fn not_found(site: &Site) -> Answer {
    let text = "Nothing is at this address. The links above lead to all there is.";
    problem(site, 404, "No such page", text)
}

/// The address takes another method.
pub(crate) fn method_not_allowed(site: &Site) -> Answer {
    let text =
        "This address is for another kind of request: a form's, perhaps. The links above lead to all pages.";
    problem(site, 405, "Not this way", text)
}

/// A form came in a shape that no form of ours has, or is longer than any.
pub(crate) fn unreadable(site: &Site) -> Answer {
    let text = "What was sent is no form of this site's, so nothing was done. Open the form anew, and send it again.";
    problem(site, 400, "This form cannot be read", text)
}

/// The session could not be loaded or saved: a line on stderr for whoever runs the site, and a page.
pub(crate) fn failed(site: &Site, request: impl Display, error: &Error) -> Answer {
    complain(format_args!("{request}: {}", with_causes(error)));
    broken(site, error.status())
}

/// Something failed, and it has been noted.
pub(crate) fn broken(site: &Site, status: u16) -> Answer {
    match status {
        503 => problem(
            site,
            503,
            "The sessions cannot be reached",
            "Their store failed, so what you have just done may not count. Try again in a moment.",
        ),
        _ => problem(
            site,
            status,
            "Something went wrong",
            "This is a mistake of the site's. It has been noted.",
        ),
    }
}

fn problem(site: &Site, status: u16, title: &'static str, text: &'static str) -> Answer {
    Answer::page_with(status, &Problem { frame: Frame::without_session(site), title, text })
}
