//! The combinator that gives a handler its session.

use std::convert::Infallible;
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

/// Filters whose handler gets its session: all of warp's, up to twelve extracted values.
///
/// `Args` and `Error` follow from what the filter extracts and how it rejects.
pub trait SessionFilter<Args, Error>: Filter {
    /// Ends the route with a handler that gets its session first, and then what the filter extracts.
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
            ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static + use<F, T, Kind, H, $($arg),*>
            where
                T: FromExchange + 'static,
                Kind: 'static,
                H: Handler<T, ($($arg,)*), Kind>,
            {
                let route = Arc::new((sessions.clone(), handler));
                #[allow(non_snake_case, reason = "an argument is named as its type is")]
                self.and(headers_cloned()).and_then(move |$($arg: $arg,)* headers: HeaderMap| {
                    let route = Arc::clone(&route);
                    async move {
                        let (sessions, handler) = &*route;
                        let exchange = sessions.begin(headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes));
                        respond::<T, _, _, _>(exchange, handler, ($($arg,)*)).await
                    }
                })
            }
        }
    };
}

crate::arities::for_each!(filter);
