//! The end of a request: the session is saved, and its headers are added.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Response};
use pin_project_lite::pin_project;
use session_core::adapter::{Effects, Exchange, Finish, ResponseHeaders};

use crate::error::bare;

pin_project! {
    /// The response of the service below, once its session is saved.
    ///
    /// # Cancellation
    ///
    /// Dropped before the service below has answered, nothing is saved. Dropped after that, what is left of the save goes on by itself, if
    /// a Tokio runtime is there.
    /// A service that fails without a response saves nothing either: there is nothing that could carry a cookie.
    pub struct ResponseFuture<F: Future> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        answer: Option<(F::Output, Finish)>,
    }
}

impl<F: Future> ResponseFuture<F> {
    pub(crate) fn new(inner: F, exchange: Exchange) -> Self {
        Self { inner, exchange: Some(exchange), answer: None }
    }

    /// A response whose session is another layer's business.
    pub(crate) fn passing(inner: F) -> Self {
        Self { inner, exchange: None, answer: None }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (output, mut finish) = match this.answer.take() {
            Some(answer) => answer,
            None => {
                let output = ready!(this.inner.poll(context));
                let (Ok(response), Some(exchange)) = (&output, this.exchange.take()) else {
                    return Poll::Ready(output);
                };
                let finish = exchange.finish(response.status().as_u16());
                (output, finish)
            }
        };
        match Pin::new(&mut finish).poll(context) {
            Poll::Ready(Ok(effects)) => Poll::Ready(output.map(|response| with_headers(response, effects))),
            Poll::Ready(Err(error)) => Poll::Ready(output.map(|_| bare(error))),
            Poll::Pending => {
                *this.answer = Some((output, finish));
                Poll::Pending
            }
        }
    }
}

impl<F: Future> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("answered", &self.answer.is_some()).finish_non_exhaustive()
    }
}

fn with_headers<B>(mut response: Response<B>, effects: Effects) -> Response<B> {
    effects.apply(&mut Headers(response.headers_mut()));
    response
}

/// The response's headers, as the library sees them.
struct Headers<'r>(&'r mut HeaderMap);

impl ResponseHeaders for Headers<'_> {
    fn values(&self, name: &'static str) -> Vec<String> {
        let values = self.0.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.map(Cow::into_owned).collect()
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.insert(HeaderName::from_static(name), header(value));
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.append(HeaderName::from_static(name), header(value));
    }
}

fn header(value: Cow<'static, str>) -> HeaderValue {
    let value = match value {
        Cow::Borrowed(text) => return HeaderValue::from_static(text),
        Cow::Owned(text) => HeaderValue::try_from(text),
    };
    value.expect("the library escapes what no header may hold")
}
