//! The visit counter, which stays correct under parallel requests.

use askama::Template;
use session_core::{Error, Session, ValueKey};

use crate::answer::Answer;
use crate::frame::Frame;
use crate::site::Site;

/// The name and the type of the counter in the session.
pub(crate) const VISITS: ValueKey<u32> = ValueKey::new("visits");

#[derive(Template)]
#[template(path = "visits.html")]
struct Page {
    frame: Frame,
    visits: u32,
}

/// Counts this visit and shows the count.
///
/// The counter has a page of its own, so that reading the home page, as a crawler does, starts no session.
pub(crate) fn page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let visits = session.update(VISITS, |visits| visits.unwrap_or(0).saturating_add(1))?;
    Ok(Answer::page(&Page { frame: Frame::new(site, session, "/visits")?, visits }))
}
