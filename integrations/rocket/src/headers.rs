//! What the session makes of a response's headers.

use std::borrow::Cow;

use rocket::Response;
use session_core::adapter::ResponseHeaders;

/// The response's headers, as the library sees them.
pub(crate) struct Headers<'a, 'r>(pub(crate) &'a mut Response<'r>);

impl ResponseHeaders for Headers<'_, '_> {
    fn values(&self, name: &'static str) -> Vec<String> {
        self.0.headers().get(name).map(str::to_owned).collect()
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.set_raw_header(name, value);
    }

    /// Not by Rocket's jar, which would write a cookie in its own way.
    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.adjoin_raw_header(name, value);
    }
}
