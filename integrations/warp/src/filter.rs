//! The combinator that gives a handler its session.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use session_core::SessionFactory;
use warp::Filter;
use warp::filters::header::headers_cloned;
use warp::reject::Rejection;
use warp::reply::Response;

use crate::exchange::FromExchange;
use crate::handler::Handler;
use crate::response::respond;

/// What warp's filters can do with this library: end with a handler that has a session. All can that extract up to twelve values.
///
/// `Args` and `Error` follow from what the filter extracts, and from how it rejects.
pub trait SessionFilter<Args, Error>: Filter {
    /// Ends the route with a handler, which takes a [`Session`](crate::Session), or whatever else [`FromExchange`] says, and then what
    /// the filter extracts.
    ///
    /// The session is loaded before the handler runs, and saved when it has answered, before the response's head goes out. A failure
    /// of either is a bare response of the error's status, 503 if the store failed; it is no rejection. What becomes of a rejection of
    /// the handler's own [is told here](crate#what-becomes-of-a-rejection).
    ///
    /// ```
    /// use session_warp::{Error, Session, SessionFilter as _, UnloadedSession};
    /// use session_warp::session_core::SessionFactory;
    /// use warp::{Filter, Rejection, Reply};
    ///
    /// async fn greet(session: Session, greeting: String) -> Result<String, Error> {
    ///     Ok(format!("{greeting}, {}", session.get::<String>("name")?.as_deref().unwrap_or("stranger")))
    /// }
    ///
    /// async fn log_out(session: UnloadedSession) -> Result<&'static str, Error> {
    ///     session.invalidate()?;
    ///     Ok("See you.")
    /// }
    ///
    /// fn site(sessions: &SessionFactory) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    ///     warp::path!("greet" / String)
    ///         .session(sessions, greet)
    ///         .or(warp::path("log-out").and(warp::post()).session(sessions, log_out))
    /// }
    /// ```
    ///
    /// # Cancellation
    ///
    /// Dropped before the handler has answered, as when the client hangs up, nothing is saved. Dropped after that, what is left of the
    /// save goes on by itself, if a Tokio runtime is there.
    fn session<T, Kind, H>(
        self,
        sessions: &SessionFactory,
        handler: H,
    ) -> impl Filter<Extract = (Response,), Error = Rejection>
    + Clone
    + Send
    + Sync
    + 'static
    + use<Self, Args, Error, T, Kind, H>
    where
        T: FromExchange + 'static,
        Kind: 'static,
        H: Handler<T, Args, Kind>;
}

/// For so many extracted values, the filters that may reject and those that never do: warp has no public name for "any tuple", nor for
/// "any error".
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
            fn session<T, Kind, H>(
                self,
                sessions: &SessionFactory,
                handler: H,
            ) -> impl Filter<Extract = (Response,), Error = Rejection>
            + Clone
            + Send
            + Sync
            + 'static
            + use<F, T, Kind, H, $($arg),*>
            where
                T: FromExchange + 'static,
                Kind: 'static,
                H: Handler<T, ($($arg,)*), Kind>,
            {
                let route = Arc::new(Route { sessions: sessions.clone().with_spawner(spawn), handler });
                #[allow(non_snake_case, reason = "an argument is named as its type is")]
                self.and(headers_cloned()).and_then(move |$($arg: $arg,)* headers: HeaderMap| {
                    let route = Arc::clone(&route);
                    async move {
                        let cookies = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
                        let exchange = route.sessions.begin(cookies);
                        respond(exchange, &route.handler, ($($arg,)*)).await
                    }
                })
            }
        }
    };
}

/// What all requests of a route share.
struct Route<H> {
    sessions: SessionFactory,
    handler: H,
}

/// Runs the rest of a save whose client has hung up.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}

crate::arities::for_each!(filter);
