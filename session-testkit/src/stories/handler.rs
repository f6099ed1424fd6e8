//! The handlers of a story, on the library's own types.

use std::fmt;
use std::pin::Pin;

use session_core::{Devices, Error, ReadOnlySession, Session, UnloadedSession};

use super::reply::Reply;

/// What a handler gives that uses `?` on the session.
pub type Handled<T = Reply> = Result<T, Error>;

/// What the story wrote behind the handler's name in the path, in order.
pub type Args = Vec<String>;

/// All that a handler can ask for, at once; the session twice.
#[derive(Debug)]
pub struct Everything {
    /// The session.
    pub session: Session,
    /// The session, by another extractor.
    pub again: Session,
    /// The session, not loaded.
    pub unloaded: UnloadedSession,
    /// The sessions of its owner.
    pub devices: Devices,
}

/// The name of the second factory of a site; see [`Setup::admin`](super::Setup::admin).
#[derive(Debug)]
pub struct Admin;

/// All that a handler can ask for of two factories.
#[derive(Debug)]
pub struct Both {
    /// The session of the factory without a name.
    pub session: Session,
    /// The session of the factory named [`Admin`].
    pub admin: Session,
    /// That session, not loaded.
    pub admin_unloaded: UnloadedSession,
    /// The sessions of its owner.
    pub admin_devices: Devices,
}

/// What a handler will answer.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Handled> + Send>>;

/// A handler that gets an `A`.
pub(crate) type Answering<A> = Box<dyn Fn(A, Args) -> Answer + Send + Sync>;

/// A handler, by what it asks for.
pub(crate) enum Handler {
    Untouched(Answering<()>),
    Loaded(Answering<Session>),
    Lenient(Answering<Option<Session>>),
    Unloaded(Answering<UnloadedSession>),
    ReadOnly(Answering<ReadOnlySession>),
    Devices(Answering<Devices>),
    Everything(Answering<Everything>),
    Both(Answering<Both>),
}

impl Handler {
    /// The route that asks for it; see [`Framework`](super::Framework).
    pub(crate) fn route(&self) -> &'static str {
        match self {
            Self::Untouched(_) => "untouched",
            Self::Loaded(_) => "loaded",
            Self::Lenient(_) => "lenient",
            Self::Unloaded(_) => "unloaded",
            Self::Devices(_) => "devices",
            Self::Everything(_) => EVERYTHING,
            Self::ReadOnly(_) => "read_only",
            Self::Both(_) => "both",
        }
    }

    /// Runs the handler with what it asks for; what it does not ask for is gone before it runs.
    pub(crate) fn answer_to_everything(&self, everything: Everything, args: Args) -> Answer {
        let Everything { session, again, unloaded, devices } = everything;
        match self {
            Self::Untouched(handler) => handler((), args),
            Self::Loaded(handler) => handler(session, args),
            Self::Lenient(handler) => handler(Some(session), args),
            Self::Unloaded(handler) => handler(unloaded, args),
            Self::Devices(handler) => handler(devices, args),
            Self::Everything(handler) => handler(Everything { session, again, unloaded, devices }, args),
            Self::ReadOnly(_) | Self::Both(_) => unreachable!("such a handler has a route of its own"),
        }
    }
}

pub(crate) const EVERYTHING: &str = "everything";

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.route())
    }
}

/// A function of the story's as a handler.
pub(crate) fn answering<A, R, F>(handler: impl Fn(A, Args) -> F + Send + Sync + 'static) -> Answering<A>
where
    F: Future<Output = Handled<R>> + Send + 'static,
    R: Into<Reply>,
{
    Box::new(move |asked, args| {
        let answer = handler(asked, args);
        Box::pin(async move { answer.await.map(Into::into) })
    })
}
