//! The headers of Rocket's responses, as the library reads and writes them.

use std::borrow::Cow;

use rocket::Response;
use session_core::adapter::ResponseHeaders;

/// The response's headers, in the form that the library reads and writes.
pub(crate) struct Headers<'a, 'r>(pub(crate) &'a mut Response<'r>);

impl ResponseHeaders for Headers<'_, '_> {
    fn values(&self, name: &'static str) -> Vec<String> {
        self.0.headers().get(name).map(str::to_owned).collect()
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.set_raw_header(name, value);
    }

    /// Adds a raw header. Rocket's cookie jar is not used, because it would change the text of the cookie.
    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.adjoin_raw_header(name, value);
    }
}
