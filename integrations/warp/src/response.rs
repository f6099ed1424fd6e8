//! The end of a request, at which the session is saved and its headers are added to the response.

use std::borrow::Cow;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use session_core::adapter::{Effects, Exchange, ResponseHeaders};
use warp::reject::Rejection;
use warp::reply::{Reply as _, Response};

use crate::factories::Factories;
use crate::finish::Saves;
use crate::handler::Handler;
use crate::route::Route;

/// Runs the handler, and finishes the exchanges with its response or rejection.
pub(crate) async fn respond<S, T, Args, Kind, H>(
    Route { factories, handler, .. }: &Route<S, H>,
    exchanges: Vec<Exchange>,
    args: Args,
) -> Result<Response, Rejection>
where
    S: Factories<T>,
    H: Handler<T, Args, Kind>,
{
    let answer = match factories.take(&exchanges).await {
        Ok(taken) => handler.call(taken, args).await,
        Err(error) => Ok(error.into_response()),
    };
    // If the request is dropped from here on, the rest of the saves runs as tasks of their own.
    let status = answer.as_ref().ok().map(|response| response.status().as_u16());
    match (Saves::new(exchanges, status).finish().await, answer) {
        (Ok(effects), Ok(response)) => Ok(with_headers(response, effects)),
        (Ok(_), Err(rejection)) => Err(rejection),
        (Err(error), _) => Ok(error.into_response()),
    }
}

fn with_headers(mut response: Response, effects: Vec<Effects>) -> Response {
    for effects in effects {
        if let Some(notice) = effects.notice {
            response.extensions_mut().get_or_insert(notice);
        }
        effects.apply(&mut Headers(response.headers_mut()));
    }
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
