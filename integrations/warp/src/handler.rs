//! Handlers, and the values that they can return.

use warp::reject::Rejection;
use warp::reply::{Reply, Response};

/// An async function that takes a value from the session (`T`), and then the values that the filters extract
/// (the tuple `Args`).
///
/// Every such function implements it. `Kind` is inferred from the return type; see [`Answer`].
pub trait Handler<T, Args, Kind>: Send + Sync + 'static {
    /// Runs the handler.
    ///
    /// # Errors
    ///
    /// Returns the rejection that the handler returned.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, because the client has hung up, nothing is saved.
    fn call(&self, taken: T, args: Args) -> impl Future<Output = Result<Response, Rejection>> + Send;
}

/// The return value of a handler: a [`Reply`], a `Result` of two replies, or a
/// `Result<impl Reply, Rejection>`.
pub trait Answer<Kind> {
    /// Converts the value into a response or a rejection.
    ///
    /// # Errors
    ///
    /// Returns the rejection, if the value is one.
    fn into_answer(self) -> Result<Response, Rejection>;
}

/// The kind of an [`Answer`] that is always a response.
#[derive(Debug)]
pub struct Replies;

/// The kind of an [`Answer`] that can be a rejection.
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
