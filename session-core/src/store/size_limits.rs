//! The sizes that a store can hold.

/// The largest payload, owner and label that a store holds, in bytes.
///
/// The library checks a record against these limits before it calls the store, so a database that would cut a
/// value silently never gets one that is too long.
///
/// ```
/// use session_core::store::SizeLimits;
///
/// let limits = SizeLimits { payload: 4 << 20, ..SizeLimits::UNLIMITED };
/// assert_eq!(limits.owner, usize::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeLimits {
    /// The largest payload.
    pub payload: usize,
    /// The largest owner, in bytes of UTF-8.
    pub owner: usize,
    /// The largest label, in bytes of UTF-8.
    pub label: usize,
}

impl SizeLimits {
    /// The limits of a store that holds everything that fits into memory.
    pub const UNLIMITED: Self = Self { payload: usize::MAX, owner: usize::MAX, label: usize::MAX };
}
