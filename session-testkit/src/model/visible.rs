//! What can be seen of a site from outside, expected or got.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::model::limits::Millis;
use crate::op::Op;
use crate::program::step::{Name, User};

/// What one request shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    /// What each deed gave.
    pub(crate) readings: Vec<Reading>,
    pub(crate) cookie: CookieEffect,
    /// The calls that the store was asked for it.
    pub(crate) calls: Vec<Op>,
}

/// What one deed gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    Nothing,
    Value(Option<u32>),
    Messages(Vec<u32>),
    /// So many sessions ended. What has expired may be counted, as long as it was not swept.
    Ended(RangeInclusive<u64>),
}

/// What a response does to the browser's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieEffect {
    Left,
    /// It is set, to live so many seconds if it says so.
    Set {
        max_age: Option<u32>,
    },
    Removed,
}

/// What a browser with a cookie would find.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct View {
    pub(crate) is_stored: bool,
    pub(crate) values: BTreeMap<Name, u32>,
    pub(crate) messages: Vec<u32>,
    pub(crate) owner: Option<User>,
}

/// The sessions of a user: when each began and when it was last written or touched, in order.
pub(crate) type Devices = Vec<(Millis, Millis)>;

impl Response {
    /// Whether `got` is what was expected.
    pub(crate) fn admits(&self, got: &Self) -> bool {
        self.cookie == got.cookie
            && self.calls == got.calls
            && self.readings.len() == got.readings.len()
            && self.readings.iter().zip(&got.readings).all(|(expected, got)| expected.admits(got))
    }
}

impl Reading {
    fn admits(&self, got: &Self) -> bool {
        match (self, got) {
            (Self::Ended(expected), Self::Ended(got)) => expected.contains(got.start()),
            (Self::Nothing | Self::Value(_) | Self::Messages(_) | Self::Ended(_), _) => self == got,
        }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let readings: Vec<String> = self.readings.iter().map(ToString::to_string).collect();
        write!(f, "it reads [{}], its cookie is {}, calls {:?}", readings.join(", "), self.cookie, self.calls)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("-"),
            Self::Value(None) => f.write_str("none"),
            Self::Value(Some(value)) => write!(f, "{value}"),
            Self::Messages(messages) => write!(f, "messages {messages:?}"),
            Self::Ended(count) if count.start() == count.end() => write!(f, "{} ended", count.start()),
            Self::Ended(count) => write!(f, "{} to {} ended", count.start(), count.end()),
        }
    }
}

impl fmt::Display for CookieEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("left"),
            Self::Set { max_age: None } => f.write_str("set"),
            Self::Set { max_age: Some(secs) } => write!(f, "set for {secs}s"),
            Self::Removed => f.write_str("removed"),
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_stored, values, messages, owner } = self;
        if !is_stored && values.is_empty() && messages.is_empty() && owner.is_none() {
            return f.write_str("no session");
        }
        if !is_stored {
            f.write_str("no session, but ")?;
        }
        let values = values.iter().map(|(name, value)| format!("{name} = {value}"));
        let messages = (!messages.is_empty()).then(|| format!("messages {messages:?}"));
        let owner = owner.map(|owner| format!("owner {owner}"));
        let parts: Vec<String> = values.chain(messages).chain(owner).collect();
        write!(f, "a session of [{}]", parts.join(", "))
    }
}
