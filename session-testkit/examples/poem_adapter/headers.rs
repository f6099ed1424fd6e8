//! What the session makes of a response's headers.

use std::borrow::Cow;

use poem::http::{HeaderMap, HeaderName, HeaderValue};
use session_core::adapter::ResponseHeaders;

/// The response's headers, as the library sees them.
pub(crate) struct Headers<'r>(pub(crate) &'r mut HeaderMap);

impl ResponseHeaders for Headers<'_> {
    fn values(&self, name: &'static str) -> Vec<String> {
        let values = self.0.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        values.map(Cow::into_owned).collect()
    }

    fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.insert(HeaderName::from_static(name), header(&value));
    }

    fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
        self.0.append(HeaderName::from_static(name), header(&value));
    }
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).expect("the library escapes what no header may hold")
}
