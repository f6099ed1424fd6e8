//! The frame around the content of every page: the navigation, the name of the visitor, and the messages.

use serde::{Deserialize, Serialize};
use session_core::{Error, Session};

use crate::assets;
use crate::contents::CART;
use crate::site::Site;

/// The frame of one page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) site: Site,
    /// The address of the page, which is marked in the navigation.
    pub(crate) here: &'static str,
    pub(crate) visitor: Visitor,
    pub(crate) items: u32,
    pub(crate) messages: Vec<Message>,
}

/// The visitor who sees the page.
#[derive(Debug)]
pub(crate) enum Visitor {
    /// The page does not use the session.
    Unknown,
    Anonymous,
    SignedIn(String),
}

/// A message that is shown once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// The tone of a message: success or failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    Good,
    Bad,
}

impl Frame {
    /// Creates the frame of a page that uses the session, and takes the waiting messages out of the session.
    pub(crate) fn new(site: &Site, session: &Session, here: &'static str) -> Result<Self, Error> {
        Ok(Self { messages: session.pop_flash("")?, ..Self::quiet(site, session, here)? })
    }

    /// Creates the frame of a page that uses the session, but leaves the messages for another page.
    pub(crate) fn quiet(site: &Site, session: &Session, here: &'static str) -> Result<Self, Error> {
        let visitor = match session.owner() {
            Some(owner) => Visitor::SignedIn(owner.as_str().to_owned()),
            None => Visitor::Anonymous,
        };
        let items = session.get(CART)?.unwrap_or_default().items();
        Ok(Self { here, visitor, items, ..Self::without_session(site) })
    }

    /// Creates the frame of a page that is the same for every visitor.
    pub(crate) fn without_session(site: &Site) -> Self {
        Self { site: *site, here: "", visitor: Visitor::Unknown, items: 0, messages: Vec::new() }
    }

    /// Returns the name of the visitor, or `None` if nobody is signed in.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.visitor {
            Visitor::SignedIn(name) => Some(name),
            Visitor::Unknown | Visitor::Anonymous => None,
        }
    }

    /// Tells whether the page uses the session and nobody is signed in.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.visitor, Visitor::Anonymous)
    }

    /// Returns the version of the static files, for their addresses.
    pub(crate) fn version(&self) -> String {
        format!("{:08x}", assets::VERSION)
    }
}

impl Tone {
    /// Returns the CSS class of the tone.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

impl Message {
    /// Adds a message about a success, which the next page shows.
    pub(crate) fn good(session: &Session, text: impl Into<String>) -> Result<(), Error> {
        session.flash(Self { tone: Tone::Good, text: text.into() })
    }

    /// Adds a message about a failure, which the next page shows.
    pub(crate) fn bad(session: &Session, text: impl Into<String>) -> Result<(), Error> {
        session.flash(Self { tone: Tone::Bad, text: text.into() })
    }
}
