//! The end of a request: the session is saved, and its headers are added.

use std::borrow::Cow;
use std::pin::Pin;

use http::header::{CACHE_CONTROL, HeaderName, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};
use session_core::{Effects, Exchange, private_cache_control, vary_with_cookie};
use warp::reject::Rejection;
use warp::reply::{Reply as _, Response};

use crate::error::Error;
use crate::exchange::FromExchange;
use crate::handler::Handler;

/// Runs the handler with what it asks for, and finishes the exchange with what it answers.
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
    // From here on the request may be dropped: what is left of the save then goes on by itself.
    match answer {
        Ok(response) => match exchange.finish(response.status().as_u16(), detach).await {
            Ok(effects) => Ok(with_headers(response, effects)),
            Err(error) => Ok(Error(error).into_response()),
        },
        Err(rejection) => match exchange.reject(detach).await {
            Ok(_) => Err(rejection),
            Err(error) => Ok(Error(error).into_response()),
        },
    }
}

/// Lets a save go on that nobody waits for: the client has hung up.
fn detach(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}

fn with_headers(mut response: Response, effects: Effects) -> Response {
    let headers = response.headers_mut();
    if effects.vary
        && let Some(vary) = vary_with_cookie(texts(headers, &VARY).iter().map(String::as_str))
    {
        let vary = match vary {
            Cow::Borrowed(text) => HeaderValue::from_static(text),
            Cow::Owned(text) => value(&text),
        };
        headers.insert(VARY, vary);
    }
    if let Some(cookie) = effects.set_cookie {
        let cache_control = private_cache_control(texts(headers, &CACHE_CONTROL).iter().map(String::as_str));
        headers.insert(CACHE_CONTROL, value(&cache_control));
        headers.append(SET_COOKIE, value(&cookie));
    }
    response
}

fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let texts = headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    texts.map(Cow::into_owned).collect()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).expect("the library escapes what no header may hold")
}
