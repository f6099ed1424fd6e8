//! The types that a handler can take from the exchange.

use session_core::adapter::Exchange;
use session_core::{Devices, ReadOnlySession, Session, UnloadedSession};

use crate::error::Error;

/// A type that a handler can take as its first argument: [`Session`], [`UnloadedSession`],
/// [`ReadOnlySession`], [`Devices`], a `Result` of one of them, or a tuple of them.
///
/// With a `Result`, the handler runs even if the session could not be loaded. The response is a 503
/// nevertheless.
///
/// Implement it for a type of your own:
///
/// ```
/// use session_warp::{Error, FromExchange, Session};
/// use session_warp::session_core::adapter::Exchange;
///
/// /// The number of earlier visits.
/// struct Visits(u32);
///
/// impl FromExchange for Visits {
///     async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
///         Ok(Self(Session::from_exchange(exchange).await?.get("visits")?.unwrap_or(0)))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request's session",
    note = "the first argument of a handler is `Session`, `UnloadedSession`, `ReadOnlySession`, `Devices`, a `Result` of one, or a tuple"
)]
pub trait FromExchange: Sized + Send {
    /// Makes the value from the request's exchange. The session is loaded at most once per request.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler must not run; the error then becomes the response. If the session
    /// could not be loaded, the response is a 503 in any case.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, because the client has hung up, the handler does not run and nothing is
    /// saved.
    fn from_exchange(exchange: &Exchange) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl FromExchange for Session {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        exchange.session().await.map_err(Error)
    }
}

impl FromExchange for UnloadedSession {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(exchange.unloaded())
    }
}

impl FromExchange for ReadOnlySession {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        exchange.read_only().await.map_err(Error)
    }
}

impl FromExchange for Devices {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        exchange.devices().await.map_err(Error)
    }
}

impl<T: FromExchange> FromExchange for Result<T, Error> {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(T::from_exchange(exchange).await)
    }
}

macro_rules! tuple {
    ($($part:ident)+) => {
        impl<$($part: FromExchange),+> FromExchange for ($($part,)+) {
            async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
                Ok(($($part::from_exchange(exchange).await?,)+))
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
