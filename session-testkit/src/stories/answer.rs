//! What came back.

use http::HeaderMap;
use http::header::SET_COOKIE;

/// A response, as a client sees it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as text.
    pub body: String,
}

impl Answer {
    /// All Set-Cookie headers.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|text| text.to_str().expect("it is ASCII")).collect()
    }

    /// The first cookie that was set, `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        let text = self.set_cookies().into_iter().find(|text| !text.contains("Max-Age=0"))?;
        Some(text.split(';').next().expect("a split has a first part").to_owned())
    }

    /// Whether a cookie was removed.
    #[must_use]
    pub fn removes_cookie(&self) -> bool {
        self.set_cookies().iter().any(|text| text.contains("Max-Age=0"))
    }

    /// All values of a header in one, with commas between them; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|text| text.to_str().expect("it is ASCII")).collect::<Vec<_>>().join(", ")
    }

    /// A bare 503: nothing in it, and no cookie.
    #[must_use]
    pub fn is_bare_503(&self) -> bool {
        self.status == 503 && self.body.is_empty() && self.set_cookies().is_empty()
    }
}
