//! The parts that a framework needs to serve the site.

use session_core::SessionFactory;
use tokio::net::TcpListener;

use crate::signals::Signals;
use crate::site::Site;
use crate::terminal::say;

/// A site that is ready to be served.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) site: Site,
    pub(crate) sessions: SessionFactory,
    pub(crate) listener: TcpListener,
    pub(crate) signals: Signals,
    pub(crate) announcement: Announcement,
}

/// The lines that are printed once the site accepts requests.
#[derive(Debug)]
pub(crate) struct Announcement(pub(crate) [String; 3]);

impl Announcement {
    pub(crate) fn say(self) {
        self.0.into_iter().for_each(say);
    }
}
