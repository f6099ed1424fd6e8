//! The calls of a store and its answers, as a history tells them: keys by letters, versions by numbers.

use std::fmt::{self, Display};

/// A key, by its place in the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Letter(pub(crate) u8);

/// A version, by the order in which they were drawn; zero is one that nobody ever wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(pub(crate) u32);

/// An owner, by a number too.
pub(crate) type OwnerNumber = u8;

/// A record. Its payload, label and timeout follow from its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) version: Number,
    pub(crate) owner: Option<OwnerNumber>,
    pub(crate) deadline: Deadline,
    pub(crate) shape: Shape,
}

/// When a record expires. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Deadline {
    /// So many minutes after the history's time.
    Minutes(u8),
    Never,
}

/// Whether a record's parts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Whole,
    /// Some part is that of another write, or of none.
    Torn,
}

/// What a store was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreCall {
    Load(Letter),
    Create(Letter, Entry),
    Update { key: Letter, entry: Entry, expected: Number },
    Rename { old: Letter, new: Letter, entry: Entry, expected: Number },
    Touch(Letter, Deadline),
    Delete(Letter),
}

/// What it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreAnswer {
    Found(Entry),
    Moved(Option<OwnerNumber>),
    Absent,
    Done,
    Taken,
    Conflict(Entry),
    Gone,
    /// It may refuse to write over another session. As an error does not tell, this never stands in a history.
    Refused,
}

impl StoreCall {
    /// Where the call writes a record if it is done, and of which version.
    pub(crate) fn written(&self) -> Option<(Letter, Number)> {
        match self {
            Self::Create(key, entry)
            | Self::Update { key, entry, .. }
            | Self::Rename { new: key, entry, .. } => Some((*key, entry.version)),
            Self::Load(_) | Self::Touch(..) | Self::Delete(_) => None,
        }
    }

    /// The keys that the call is about; of a rename, the old one first.
    pub(crate) fn keys(&self) -> Vec<Letter> {
        match self {
            Self::Load(key)
            | Self::Create(key, _)
            | Self::Update { key, .. }
            | Self::Touch(key, _)
            | Self::Delete(key) => vec![*key],
            Self::Rename { old, new, .. } => vec![*old, *new],
        }
    }
}

impl Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(b'a' + self.0 % 26))
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) => write!(f, "+{minutes}m"),
            Self::Never => f.write_str("never"),
        }
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.version)?;
        if let Some(owner) = self.owner {
            write!(f, " of owner {owner}")?;
        }
        write!(f, " until {}", self.deadline)?;
        match self.shape {
            Shape::Whole => Ok(()),
            Shape::Torn => f.write_str(", TORN"),
        }
    }
}

impl Display for StoreCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(key) => write!(f, "load {key}"),
            Self::Create(key, entry) => write!(f, "create {key} {entry}"),
            Self::Update { key, entry, expected } => write!(f, "update {key} {expected} to {entry}"),
            Self::Rename { old, new, entry, expected } => {
                write!(f, "rename {old} {expected} to {new} {entry}")
            }
            Self::Touch(key, deadline) => write!(f, "touch {key} until {deadline}"),
            Self::Delete(key) => write!(f, "delete {key}"),
        }
    }
}

impl Display for StoreAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(entry) => write!(f, "{entry}"),
            Self::Moved(None) => f.write_str("moved"),
            Self::Moved(Some(owner)) => write!(f, "moved, to owner {owner}"),
            Self::Absent => f.write_str("absent"),
            Self::Done => f.write_str("done"),
            Self::Taken => f.write_str("taken"),
            Self::Conflict(entry) => write!(f, "conflict {entry}"),
            Self::Gone => f.write_str("gone"),
            Self::Refused => f.write_str("an error"),
        }
    }
}
