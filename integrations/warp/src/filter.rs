//! The combinator that passes the session to a handler.

use std::convert::Infallible;
use std::sync::Arc;

use http::HeaderMap;
use warp::Filter;
use warp::filters::header::headers_cloned;
use warp::reject::Rejection;
use warp::reply::Response;

use crate::factories::Factories;
use crate::handler::Handler;
use crate::response::respond;
use crate::route::Route;

/// An extension of warp's filters: [`session`](SessionFilter::session) ends a route with a handler that has a
/// session.
///
/// All filters that extract up to twelve values implement it. `Args` is the tuple of these values, and
/// `Error` the type of the filter's rejections; both are inferred.
pub trait SessionFilter<Args, Error>: Filter {
    /// Ends the route with a handler.
    ///
    /// The handler takes a [`Session`](crate::Session), or another type that implements
    /// [`FromExchange`](crate::FromExchange), and then the values that the filter extracts. If `sessions` is
    /// a tuple of [`Factories`], the first argument is a tuple, too.
    ///
    /// The session is loaded before the handler runs. It is saved after the handler has returned, before the
    /// head of the response is sent. If loading or saving fails, the response has the error's status (503 if
    /// the store failed) and no body; it is not a rejection. For rejections that the handler returns, see
    /// [How a rejection is handled](crate#how-a-rejection-is-handled).
    ///
    /// ```
    /// use session_warp::{Error, Session, SessionFactory, SessionFilter as _, UnloadedSession};
    /// use warp::{Filter, Rejection, Reply};
    ///
    /// async fn greet(session: Session, greeting: String) -> Result<String, Error> {
    ///     Ok(format!("{greeting}, {}", session.get::<String>("name")?.as_deref().unwrap_or("stranger")))
    /// }
    ///
    /// async fn sign_out(session: UnloadedSession) -> Result<&'static str, Error> {
    ///     session.invalidate()?;
    ///     Ok("See you.")
    /// }
    ///
    /// fn site(
    ///     sessions: &SessionFactory,
    /// ) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    ///     warp::path!("greet" / String)
    ///         .session(sessions, greet)
    ///         .or(warp::path("sign-out").and(warp::post()).session(sessions, sign_out))
    /// }
    /// ```
    ///
    /// # Cancellation
    ///
    /// If the request is dropped before the handler has returned, as when the client hangs up, nothing is
    /// saved. If it is dropped later, the save continues on the Tokio runtime; without a runtime it is lost.
    fn session<S, T, Kind, H>(
        self,
        sessions: &S,
        handler: H,
    ) -> impl Filter<Extract = (Response,), Error = Rejection>
    + Clone
    + Send
    + Sync
    + 'static
    + use<Self, Args, Error, S, T, Kind, H>
    where
        S: Factories<T>,
        T: Send + 'static,
        Kind: 'static,
        H: Handler<T, Args, Kind>;
}

/// Implements [`SessionFilter`] for the filters that extract these values, once for those that may reject and
/// once for those that never do. warp has no public trait for "any tuple" or "any error" that would cover
/// them all.
macro_rules! filter {
    ($($arg:ident)*) => {
        filter!($($arg)*, Rejection);
        filter!($($arg)*, Infallible);
    };
    ($($arg:ident)*, $error:ty) => {
        impl<F, $($arg,)*> SessionFilter<($($arg,)*), $error> for F
        where
            F: Filter<Extract = ($($arg,)*), Error = $error> + Clone + Send + Sync + 'static,
            $($arg: Send + 'static,)*
        {
            fn session<S, T, Kind, H>(
                self,
                sessions: &S,
                handler: H,
            ) -> impl Filter<Extract = (Response,), Error = Rejection>
            + Clone
            + Send
            + Sync
            + 'static
            + use<F, S, T, Kind, H, $($arg),*>
            where
                S: Factories<T>,
                T: Send + 'static,
                Kind: 'static,
                H: Handler<T, ($($arg,)*), Kind>,
            {
                let route = Arc::new(Route::new(sessions, handler));
                #[allow(non_snake_case, reason = "an argument is named as its type is")]
                self.and(headers_cloned()).and_then(move |$($arg: $arg,)* headers: HeaderMap| {
                    let route = Arc::clone(&route);
                    async move {
                        let exchanges = route.begin(&headers);
                        respond(&route, exchanges, ($($arg,)*)).await
                    }
                })
            }
        }
    };
}

crate::arities::for_each!(filter);
