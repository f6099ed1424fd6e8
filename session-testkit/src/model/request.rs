//! One request's work on its session: what each deed does, and what is left to do with the response.

use std::collections::BTreeMap;

use crate::model::visible::Reading;
use crate::program::step::{Deed, Name, User};

/// All of a session that a request can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) values: BTreeMap<Name, u32>,
    pub(crate) messages: Vec<u32>,
    pub(crate) owner: Option<User>,
    pub(crate) timeout: Option<u32>,
}

impl Contents {
    /// Whether there is something that is worth a record.
    pub(crate) fn is_worth_storing(&self) -> bool {
        !self.values.is_empty() || !self.messages.is_empty() || self.owner.is_some()
    }
}

/// Where a request's session comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    New,
    Stored,
    Moved,
}

/// What a request wishes to become of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Keep,
    Renew,
    SignIn,
    Invalidate,
}

/// What is left to do when the handler has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    Create,
    /// Touch it and send its cookie anew, if that is due.
    Touch,
    Update,
    /// It goes on under a new key, as old as it was.
    Renew,
    /// It goes on under a new key, and begins now.
    Begin,
    Delete,
    /// What the session became ends, and another one begins.
    DeleteAndCreate,
}

/// A session in the hands of a request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    came: Came,
    pub(crate) contents: Contents,
    is_changed: bool,
    wish: Wish,
}

impl Request {
    pub(crate) fn new(came: Came, contents: Contents) -> Self {
        Self { came, contents, is_changed: false, wish: Wish::Keep }
    }

    /// Does a deed that concerns this session alone.
    pub(crate) fn does(&mut self, deed: Deed) -> Reading {
        match deed {
            Deed::Get(name) => Reading::Value(self.contents.values.get(&name).copied()),
            Deed::Insert(name, value) => {
                self.changed().values.insert(name, value);
                Reading::Nothing
            }
            Deed::Remove(name) if self.contents.values.contains_key(&name) => {
                Reading::Value(self.changed().values.remove(&name))
            }
            Deed::Remove(_) => Reading::Value(None),
            Deed::Count(name) => {
                let value = self.changed().values.entry(name).or_default();
                *value += 1;
                Reading::Value(Some(*value))
            }
            Deed::Clear => {
                self.clear();
                Reading::Nothing
            }
            Deed::Flash(message) => {
                self.changed().messages.push(message);
                Reading::Nothing
            }
            // An empty queue costs no write.
            Deed::PopFlash if self.contents.messages.is_empty() => Reading::Messages(Vec::new()),
            Deed::PopFlash => Reading::Messages(std::mem::take(&mut self.changed().messages)),
            Deed::SetTimeout(timeout) => {
                self.changed().timeout = timeout;
                Reading::Nothing
            }
            Deed::Renew => {
                if self.wish == Wish::Keep {
                    self.wish = Wish::Renew;
                }
                Reading::Nothing
            }
            Deed::SignIn(user) => {
                self.signs_in(user);
                Reading::Nothing
            }
            Deed::Invalidate => {
                self.ends();
                Reading::Nothing
            }
            Deed::RevokeOthers => Reading::Ended(0..=0),
        }
    }

    fn changed(&mut self) -> &mut Contents {
        self.is_changed = true;
        &mut self.contents
    }

    /// Messages are values too.
    fn clear(&mut self) {
        if !self.contents.values.is_empty() || !self.contents.messages.is_empty() {
            let contents = self.changed();
            contents.values.clear();
            contents.messages.clear();
        }
    }

    fn signs_in(&mut self, user: User) {
        if self.contents.owner.is_some_and(|owner| owner != user) {
            self.ends();
        }
        // What was to end still has to, if it was ever stored.
        if self.came == Came::New || self.wish != Wish::Invalidate {
            self.wish = Wish::SignIn;
        }
        self.changed().owner = Some(user);
    }

    fn ends(&mut self) {
        self.contents = Contents::default();
        self.is_changed = false;
        self.wish = Wish::Invalidate;
    }

    /// The table of the protocol.
    pub(crate) fn rest(&self) -> Rest {
        let is_worth_a_record = self.is_changed && self.contents.is_worth_storing();
        match (self.came, self.wish) {
            (Came::New, Wish::Keep | Wish::Renew) if is_worth_a_record => Rest::Create,
            (Came::New, Wish::Keep | Wish::Renew | Wish::Invalidate) => Rest::Nothing,
            (Came::New | Came::Moved, Wish::SignIn) => Rest::Create,
            (Came::Stored, Wish::Keep) if self.is_changed => Rest::Update,
            (Came::Stored, Wish::Keep) => Rest::Touch,
            (Came::Stored, Wish::Renew) => Rest::Renew,
            (Came::Stored, Wish::SignIn) => Rest::Begin,
            (Came::Stored, Wish::Invalidate) if is_worth_a_record => Rest::Begin,
            (Came::Moved, Wish::Invalidate) if is_worth_a_record => Rest::DeleteAndCreate,
            (Came::Stored | Came::Moved, Wish::Invalidate) => Rest::Delete,
            (Came::Moved, Wish::Keep | Wish::Renew) => Rest::Nothing,
        }
    }
}
