//! The reasons why a record cannot be written.

use crate::serializer::SerializerError;

/// The reason why a record cannot be written.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The serializer failed.
    Serializer(SerializerError),
    /// The record is too large.
    TooLarge(TooLarge),
}

/// A part of a record that is larger than a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge {
    pub(crate) part: &'static str,
    pub(crate) size: usize,
    pub(crate) limit: usize,
}
