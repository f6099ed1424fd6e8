//! The home page, which reads the session but starts none.

use askama::Template;
use session_core::{Error, Session};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visits::VISITS;

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    visits: u32,
    is_new: bool,
}

/// Renders the page. A visitor without a cookie causes no store call and gets no cookie.
pub(crate) fn page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let frame = Frame::new(site, session, "/")?;
    let visits = session.get(VISITS)?.unwrap_or_default();
    Ok(Answer::page(&Page { frame, visits, is_new: session.is_new() }))
}
