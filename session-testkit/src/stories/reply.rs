//! What a handler answers, in no framework's types.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

type Chunk = Pin<Box<dyn Future<Output = String> + Send>>;

/// The answer of a story's handler. A driver makes its framework's response of it, just as it is.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers to append, in this order; a name may come twice.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// The body of a [`Reply`].
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Text(String),
    /// Chunks that are still to come. The head must not wait for them.
    Stream(Chunks),
}

/// The chunks of a body, each made when the one before it has been taken: a [`Stream`] that never fails.
///
/// It is `Sync`, since some frameworks ask that of a stream; nobody ever waits for the lock.
pub struct Chunks(Mutex<VecDeque<Chunk>>);

impl Chunks {
    fn new(chunks: impl Into<VecDeque<Chunk>>) -> Self {
        Self(Mutex::new(chunks.into()))
    }

    fn left(&mut self) -> &mut VecDeque<Chunk> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Text(String::new()) }
    }

    /// An answer whose body comes when this future is done.
    #[must_use]
    pub fn later(body: impl Future<Output = String> + Send + 'static) -> Self {
        let chunk: Chunk = Box::pin(body);
        Self { body: Body::Stream(Chunks::new([chunk])), ..Self::status(200) }
    }

    /// The same answer with one chunk more at the end of its body, which is a stream from now on.
    #[must_use]
    pub fn then(self, chunk: impl Future<Output = String> + Send + 'static) -> Self {
        let mut chunks = match self.body {
            Body::Text(text) => Chunks::new([Box::pin(async { text }) as Chunk]),
            Body::Stream(chunks) => chunks,
        };
        chunks.left().push_back(Box::pin(chunk));
        Self { body: Body::Stream(chunks), ..self }
    }

    /// The same answer with a header more.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self { body: Body::Text(text), ..Self::status(200) }
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<()> for Reply {
    fn from((): ()) -> Self {
        Self::status(200)
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let left = self.left();
        let Some(chunk) = left.front_mut() else { return Poll::Ready(None) };
        let text = ready!(chunk.as_mut().poll(context));
        left.pop_front();
        Poll::Ready(Some(Ok(text.into())))
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").finish_non_exhaustive()
    }
}
