//! The visit counter, which counts right however many requests there are at once.

use askama::Template;
use session_core::{Error, Session, ValueKey};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;

/// The counter's name in the session, and its type.
pub(crate) const VISITS: ValueKey<u32> = ValueKey::new("visits");

#[derive(Template)]
#[template(path = "visits.html")]
struct Page {
    frame: Frame,
    visits: u32,
}

/// Counts this visit. The counter has a page of its own, so that whoever only looks at the site (a crawler, say) starts no session.
pub(crate) fn page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let visits = session.update(VISITS, |visits| visits.unwrap_or(0).saturating_add(1))?;
    Ok(Answer::page(&Page { frame: Frame::new(site, session, "/visits")?, visits }))
}
