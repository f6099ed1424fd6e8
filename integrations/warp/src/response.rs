//! The end of a request, at which the session is saved and its headers are added to the response.

use std::borrow::Cow;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use session_core::adapter::{Effects, Exchange, ResponseHeaders};
use warp::reject::Rejection;
use warp::reply::{Reply as _, Response};

use crate::error::Error;
use crate::exchange::FromExchange;
use crate::handler::Handler;

/// Runs the handler, and finishes the exchange with its response or rejection.
pub(crate) async fn respond<T, Args, Kind, H>(
    exchange: Exchange,
    handler: &H,
    args: Args,
) -> Result<Response, Rejection>
where
    T: FromExchange,
    H: Handler<T, Args, Kind>,
{
    let answer = match T::from_exchange(&exchange).await {
        Ok(taken) => handler.call(taken, args).await,
        Err(error) => Ok(error.into_response()),
    };
    // If the request is dropped from here on, the rest of the save runs as a task of its own.
    match answer {
        Ok(response) => match exchange.finish(response.status().as_u16()).await {
            Ok(effects) => Ok(with_headers(response, effects)),
            Err(error) => Ok(Error(error).into_response()),
        },
        Err(rejection) => match exchange.reject().await {
            Ok(_) => Err(rejection),
            Err(error) => Ok(Error(error).into_response()),
        },
    }
}

fn with_headers(mut response: Response, effects: Effects) -> Response {
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
