//! A browser, whose requests bring the cookies of its jar along.

use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use tokio::task::JoinHandle;

use super::answer::Answer;
use super::jar::{Jar, Receipt};
use super::opened::Opened;
use super::wire::SITE_HOST;

/// A browser on one site. Clones share the jar.
#[derive(Clone)]
pub struct Browser {
    site: Arc<Opened>,
    jar: Arc<Mutex<Jar>>,
}

impl Browser {
    pub(crate) fn new(site: Arc<Opened>) -> Self {
        Self { site, jar: Arc::default() }
    }

    /// Asks for a page, and keeps the cookies that come with it.
    pub async fn get(&self, path: &str) -> Answer {
        let answer = self.start(path).await;
        self.keep(&answer);
        answer
    }

    /// The same by HEAD.
    pub async fn head(&self, path: &str) -> Answer {
        let answer = self.site.clone().send(Method::HEAD, path, self.headers(path)).await;
        let answer = answer.expect("the server answers");
        self.keep(&answer);
        answer
    }

    /// The text of a page that must be there.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// The session's CSRF token.
    pub async fn csrf_token(&self) -> String {
        let token = self.text("/csrf").await;
        self.site.secrets().add(&token);
        token
    }

    /// Asks for a page beside what else goes on. What comes is not kept; see [`Browser::keep`].
    #[must_use]
    pub fn start(&self, path: &str) -> Started {
        let (site, path, headers) = (Arc::clone(&self.site), path.to_owned(), self.headers(path));
        Started(tokio::spawn(async move {
            site.send(Method::GET, &path, headers).await.unwrap_or_else(|| panic!("{path} was not answered"))
        }))
    }

    /// Keeps what an answer says of cookies.
    pub fn keep(&self, answer: &Answer) {
        for text in answer.set_cookies() {
            self.jar().receive(SITE_HOST, "/", text);
        }
    }

    /// The session's cookie, `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.jar().cookie(self.site.cookie_name())
    }

    /// Puts a session's cookie in the jar that did not come with an answer, as the site itself would set it.
    pub fn plant(&self, cookie: &str) {
        let receipt = self.toss(SITE_HOST, &format!("{cookie}; Path=/; Secure"));
        assert_eq!(receipt, Receipt::Accepted, "a planted cookie is one that the site could set");
    }

    /// Visits another host, which sets a cookie.
    pub fn toss(&self, host: &str, set_cookie: &str) -> Receipt {
        self.jar().receive(host, "/", set_cookie)
    }

    fn headers(&self, path: &str) -> HeaderMap {
        let cookie = self.jar().header(SITE_HOST, path);
        cookie.map(|cookie| (COOKIE, value(&cookie))).into_iter().collect()
    }

    fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

/// A header's value.
pub(crate) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).expect("a story's headers are headers")
}

/// A request beside what else goes on; await it for its answer.
#[derive(Debug)]
pub struct Started(JoinHandle<Answer>);

impl Future for Started {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let ended = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(ended.unwrap_or_else(|error| resume_unwind(error.into_panic())))
    }
}
