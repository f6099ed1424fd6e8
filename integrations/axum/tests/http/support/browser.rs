//! A browser with a jar for our one cookie.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt as _;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::site::Shared;

/// A browser on one site. Clones share the jar.
#[derive(Clone)]
pub(crate) struct Browser {
    site: Arc<Shared>,
    /// `name=value`
    jar: Arc<Mutex<Option<String>>>,
}

impl Browser {
    pub(crate) fn new(site: Arc<Shared>) -> Self {
        Self { site, jar: Arc::default() }
    }

    /// Asks for a page, and keeps the cookie that comes with it.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let answer = self.site.get(path, self.cookie().as_deref()).await;
        self.keep(&answer);
        answer
    }

    /// The text of a page that must be there.
    pub(crate) async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.error);
        answer.body
    }

    /// The session's CSRF token.
    pub(crate) async fn csrf_token(&self) -> String {
        let token = self.text("/csrf").await;
        self.site.secrets.add(&token);
        token
    }

    /// Asks for a page beside what else goes on. What comes is not kept; see [`Browser::keep`].
    pub(crate) fn start(&self, path: &str) -> JoinHandle<Answer> {
        let (site, path, cookie) = (Arc::clone(&self.site), path.to_owned(), self.cookie());
        tokio::spawn(async move { site.get(&path, cookie.as_deref()).await })
    }

    /// Keeps what an answer says of the cookie.
    pub(crate) fn keep(&self, answer: &Answer) {
        let mut jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.removes_cookie() {
            *jar = None;
        } else if let Some(cookie) = answer.cookie() {
            *jar = Some(cookie);
        }
    }

    /// The cookie as the browser sends it, `name=value`.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a cookie in the jar that did not come from the site.
    pub(crate) fn plant(&self, cookie: &str) {
        *self.jar.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookie.to_owned());
    }
}

impl Shared {
    /// One request with just this Cookie header.
    pub(crate) async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        let cookie = cookie.map(|cookie| HeaderValue::from_str(cookie).expect("a header's text"));
        self.get_with(path, cookie.into_iter().map(|cookie| (COOKIE, cookie)).collect()).await
    }

    /// One request with these headers.
    pub(crate) async fn get_with(&self, path: &str, headers: HeaderMap) -> Answer {
        let mut request = Request::get(path).body(Body::empty()).expect("the test's paths are paths");
        *request.headers_mut() = headers;
        let response = self.app.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body comes whole").to_bytes();
        let answer = Answer {
            status: parts.status.as_u16(),
            error: parts.extensions.get().cloned(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        answer.cookie().iter().for_each(|cookie| self.secrets.add_cookie(cookie));
        answer
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// What the response carries along for a layer that logs.
    pub(crate) error: Option<session_core::Error>,
}

impl Answer {
    /// All Set-Cookie headers.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|text| text.to_str().expect("it is ASCII")).collect()
    }

    /// The cookie that was set, `name=value`.
    pub(crate) fn cookie(&self) -> Option<String> {
        let text = self.set_cookies().into_iter().find(|text| !text.contains("Max-Age=0"))?;
        Some(text.split(';').next().expect("a split has a first part").to_owned())
    }

    /// Whether the cookie was removed.
    pub(crate) fn removes_cookie(&self) -> bool {
        self.set_cookies().iter().any(|text| text.contains("Max-Age=0"))
    }

    /// All values of a header in one.
    pub(crate) fn header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|text| text.to_str().expect("it is ASCII")).collect::<Vec<_>>().join(", ")
    }

    /// A bare 503: nothing in it, and no cookie.
    pub(crate) fn is_bare_503(&self) -> bool {
        self.status == 503 && self.body.is_empty() && self.set_cookies().is_empty()
    }
}
