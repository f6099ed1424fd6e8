//! What a handler can ask for.

use session_core::adapter::Exchange;
use session_core::{Devices, Session, UnloadedSession};

use crate::error::Error;

/// What a handler can take as its first argument: [`Session`], [`UnloadedSession`], [`Devices`], a `Result` of one of them, or a tuple
/// of such.
///
/// A `Result` lets the handler run although the session could not be loaded. The response is a 503 all the same.
///
/// It can be implemented for a type of one's own:
///
/// ```
/// use session_warp::{Error, FromExchange, Session};
/// use session_warp::session_core::adapter::Exchange;
///
/// /// How often somebody was here before.
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
    note = "a handler takes `Session`, `UnloadedSession`, `Devices`, a `Result` of one, or a tuple first"
)]
pub trait FromExchange: Sized + Send {
    /// Takes it. The session is loaded at most once for each request.
    ///
    /// # Errors
    ///
    /// What the handler is not to run with; an error of the session's own is a 503 in any case.
    ///
    /// # Cancellation
    ///
    /// If it is dropped, the client has gone: the handler does not run, and nothing is saved.
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
