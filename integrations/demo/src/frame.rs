//! What stands around the content of every page: the navigation, who is signed in, and the messages that are shown once.

use serde::{Deserialize, Serialize};
use session_core::{Error, Session};

use crate::assets;
use crate::contents::CART;
use crate::site::Site;

/// The frame of one page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) site: Site,
    /// The address of the page, to mark it in the navigation.
    pub(crate) here: &'static str,
    pub(crate) visitor: Visitor,
    pub(crate) items: u32,
    pub(crate) messages: Vec<Message>,
}

/// Who looks at the page.
#[derive(Debug)]
pub(crate) enum Visitor {
    /// The page did not ask.
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

/// Whether a message is a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    Good,
    Bad,
}

impl Frame {
    /// The frame of a page with the session at hand. The messages that waited are taken.
    pub(crate) fn new(site: &Site, session: &Session, here: &'static str) -> Result<Self, Error> {
        Ok(Self { messages: session.pop_flash("")?, ..Self::quiet(site, session, here)? })
    }

    /// The same, but the messages wait for another page.
    pub(crate) fn quiet(site: &Site, session: &Session, here: &'static str) -> Result<Self, Error> {
        let visitor = match session.owner() {
            Some(owner) => Visitor::SignedIn(owner.as_str().to_owned()),
            None => Visitor::Anonymous,
        };
        let items = session.get(CART)?.unwrap_or_default().items();
        Ok(Self { here, visitor, items, ..Self::without_session(site) })
    }

    /// The frame of a page that is the same for everybody.
    pub(crate) fn without_session(site: &Site) -> Self {
        Self { site: *site, here: "", visitor: Visitor::Unknown, items: 0, messages: Vec::new() }
    }

    /// Who is signed in.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.visitor {
            Visitor::SignedIn(name) => Some(name),
            Visitor::Unknown | Visitor::Anonymous => None,
        }
    }

    /// Whether the visitor is known to be nobody.
    pub(crate) fn is_anonymous(&self) -> bool {
        matches!(self.visitor, Visitor::Anonymous)
    }

    /// What the files' addresses end in.
    pub(crate) fn version(&self) -> String {
        format!("{:08x}", assets::VERSION)
    }
}

impl Tone {
    /// Its class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

impl Message {
    /// Leaves word that something was done.
    pub(crate) fn good(session: &Session, text: impl Into<String>) -> Result<(), Error> {
        session.flash(Self { tone: Tone::Good, text: text.into() })
    }

    /// Leaves word that something could not be done.
    pub(crate) fn bad(session: &Session, text: impl Into<String>) -> Result<(), Error> {
        session.flash(Self { tone: Tone::Bad, text: text.into() })
    }
}
