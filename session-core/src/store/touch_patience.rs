//! The time that a touch may wait.

/// The time that a `touch` may wait for the database, for example for a lock.
///
/// A touch comes with a request that has changed nothing. If it fails, the visitor sees the response all the
/// same, and a later request touches the session. So while much of the idle timeout is left, the library does
/// not let a response wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TouchPatience {
    /// The store's touch timeout: more than half of the session's idle timeout is left.
    Brief,
    /// The whole call timeout.
    Full,
}
