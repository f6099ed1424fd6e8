//! What the session makes of a response.

use rocket::http::Status;
use rocket::{Request, Response};
use session_core::{Effects, private_cache_control, vary_with_cookie};

use crate::error::Error;

/// Says in the response's headers what the session has to say.
pub(crate) fn say(effects: Effects, response: &mut Response<'_>) {
    if effects.vary
        && let Some(vary) = vary_with_cookie(response.headers().get("Vary"))
    {
        response.set_raw_header("Vary", vary);
    }
    if let Some(cookie) = effects.set_cookie {
        let cache_control = private_cache_control(response.headers().get("Cache-Control"));
        response.set_raw_header("Cache-Control", cache_control);
        // Not by Rocket's jar, which would write it in its own way.
        response.adjoin_raw_header("Set-Cookie", cookie);
    }
}

/// The response without a body that stands for an error.
pub(crate) fn bare<'r>(error: Error, request: &Request<'_>) -> Response<'r> {
    let mut response = Response::new();
    response.set_status(Status::new(error.0.status()));
    error.note(request);
    response
}
