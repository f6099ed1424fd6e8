//! The end of a request, at which the session is saved and its headers are added to the response.

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
    /// The future of the response, which is ready once the session is saved.
    ///
    /// If the service below fails without a response, nothing is saved, because no cookie can be sent.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped before the service below has returned its response, nothing is saved. If it
    /// is dropped later, the save continues on the Tokio runtime; without a runtime it is lost.
    pub struct ResponseFuture<F: Future> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        answer: Option<(F::Output, Finish)>,
    }
}

impl<F: Future> ResponseFuture<F> {
    /// Creates a future that finishes this exchange, or leaves the session to a layer further out.
    pub(crate) fn new(inner: F, exchange: Option<Exchange>) -> Self {
        Self { inner, exchange, answer: None }
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
                let finish = if is_unsaved(response) {
                    exchange.reject() // no cookie can go with this response
                } else {
                    exchange.finish(response.status().as_u16())
                };
                (output, finish)
            }
        };
        match Pin::new(&mut finish).poll(context) {
            Poll::Ready(Ok(effects)) => Poll::Ready(output.map(|response| with_headers(response, effects))),
            Poll::Ready(Err(error)) => Poll::Ready(output.map(|response| unsaved(response, error))),
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

/// Marks a response that is empty because a session could not be saved.
#[derive(Clone)]
struct Unsaved;

fn is_unsaved<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Unsaved>().is_some()
}

/// Makes the response for a session that could not be saved. If there were several such sessions, the first
/// error counts.
fn unsaved<B: Default>(response: Response<B>, error: session_core::Error) -> Response<B> {
    if is_unsaved(&response) {
        return response;
    }
    let mut response = bare(error);
    response.extensions_mut().insert(Unsaved);
    response
}

fn with_headers<B>(mut response: Response<B>, effects: Effects) -> Response<B> {
    if let Some(notice) = effects.notice {
        response.extensions_mut().get_or_insert(notice); // that of a layer further in counts
    }
    effects.apply(&mut Headers(response.headers_mut()));
    response
}

/// The response's headers, in the form that the library reads and writes.
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
    value.expect("the library writes only valid header values")
}
