//! Handlers, and what they may answer.

use warp::reject::Rejection;
use warp::reply::{Reply, Response};

/// An async function that takes what it asks for of the session (`T`) and then what the filters extract (`Args`, a tuple).
///
/// Every such function is one; `Kind` follows from what it answers, see [`Answer`].
pub trait Handler<T, Args, Kind>: Send + Sync + 'static {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// The handler's own rejection.
    ///
    /// # Cancellation
    ///
    /// If it is dropped, the client has gone: nothing is saved.
    fn call(&self, taken: T, args: Args) -> impl Future<Output = Result<Response, Rejection>> + Send;
}

/// What a handler answers: a [`Reply`], which a `Result` of two replies is too, or `Result<impl Reply, Rejection>`.
pub trait Answer<Kind> {
    /// The response, or the rejection.
    ///
    /// # Errors
    ///
    /// The rejection.
    fn into_answer(self) -> Result<Response, Rejection>;
}

/// The [`Answer`] that always is a response.
#[derive(Debug)]
pub struct Replies;

/// The [`Answer`] that can be a rejection.
#[derive(Debug)]
pub struct Rejects;

impl<R: Reply> Answer<Replies> for R {
    fn into_answer(self) -> Result<Response, Rejection> {
        Ok(self.into_response())
    }
}

impl<R: Reply> Answer<Rejects> for Result<R, Rejection> {
    fn into_answer(self) -> Result<Response, Rejection> {
        self.map(Reply::into_response)
    }
}

macro_rules! handler {
    ($($arg:ident)*) => {
        impl<F, Answers, Kind, T, $($arg,)*> Handler<T, ($($arg,)*), Kind> for F
        where
            F: Fn(T, $($arg),*) -> Answers + Send + Sync + 'static,
            Answers: Future<Output: Answer<Kind>> + Send,
        {
            #[allow(non_snake_case, reason = "an argument is named as its type is")]
            fn call(
                &self,
                taken: T,
                ($($arg,)*): ($($arg,)*),
            ) -> impl Future<Output = Result<Response, Rejection>> + Send {
                let answer = self(taken, $($arg),*);
                async move { answer.await.into_answer() }
            }
        }
    };
}

crate::arities::for_each!(handler);
