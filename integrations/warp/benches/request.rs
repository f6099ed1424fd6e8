//! Whole requests through warp: without sessions, with this library, and with warp-sessions, each on its own
//! store in memory.
//!
//! There is no socket: the filters are called as a service. A session holds five values, about 400 bytes of
//! JSON. A request has the headers that a browser sends, because a filter can look at them only by copying
//! them. With 64 tasks, each task has its own session, and the figure is the time for one request of each.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::Empty;
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_warp::{Session, SessionFilter as _, UnloadedSession};
use tower::ServiceExt as _;
use warp::filters::BoxedFilter;
use warp::http::Request;
use warp::http::header::{COOKIE, SET_COOKIE};
use warp::reply::{Reply, Response};
use warp::{Filter, path};
use warp_sessions::{CookieOptions, MemoryStore as TheirStore, SessionWithStore};

const TASKS: usize = 64;
const KEYS: [&str; 4] = ["name", "address", "language", "basket"];
const HEADERS: [(&str, &str); 9] = [
    ("host", "shop.example.org"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("referer", "https://shop.example.org/"),
    ("connection", "keep-alive"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "same-origin"),
];

/// A site. Its type does not depend on the library that provides its sessions.
type Site = BoxedFilter<(Response,)>;

fn value() -> String {
    "x".repeat(80)
}

mod ours {
    use super::*;

    async fn fill(session: Session) -> Result<&'static str, session_warp::Error> {
        for key in KEYS {
            session.insert(key, value())?;
        }
        session.insert("count", 0)?;
        Ok("filled")
    }

    async fn read(session: Session) -> Result<&'static str, session_warp::Error> {
        black_box(session.get::<u64>("count")?);
        Ok("read")
    }

    async fn write(session: Session) -> Result<&'static str, session_warp::Error> {
        let count = session.get::<u64>("count")?.unwrap_or(0);
        session.insert("count", count + 1)?;
        Ok("written")
    }

    async fn sign_in(session: Session) -> Result<&'static str, session_warp::Error> {
        session.sign_in("alice")?;
        Ok("signed in")
    }

    pub(crate) fn site() -> Site {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        let sessions = SessionFactory::new(options, MemoryStore::new()).expect("the options are valid");
        path("none")
            .session(&sessions, async |_: UnloadedSession| "none")
            .or(path("fill").session(&sessions, fill))
            .or(path("read").session(&sessions, read))
            .or(path("write").session(&sessions, write))
            .or(path("sign_in").session(&sessions, sign_in))
            .map(Reply::into_response)
            .boxed()
    }
}

mod theirs {
    use super::*;

    type Sessions = SessionWithStore<TheirStore>;
    type Answer = Result<(&'static str, Sessions), warp::Rejection>;

    async fn none(sessions: Sessions) -> Answer {
        Ok(("none", sessions))
    }

    async fn fill(mut sessions: Sessions) -> Answer {
        for key in KEYS {
            sessions.session.insert(key, value()).expect("a string can be written as JSON");
        }
        sessions.session.insert("count", 0).expect("a number can be written as JSON");
        Ok(("filled", sessions))
    }

    async fn read(sessions: Sessions) -> Answer {
        black_box(sessions.session.get::<u64>("count"));
        Ok(("read", sessions))
    }

    async fn write(mut sessions: Sessions) -> Answer {
        let count = sessions.session.get::<u64>("count").unwrap_or(0);
        sessions.session.insert("count", count + 1).expect("a number can be written as JSON");
        Ok(("written", sessions))
    }

    async fn sign_in(mut sessions: Sessions) -> Answer {
        sessions.session.regenerate();
        sessions.session.insert("owner", "alice").expect("a string can be written as JSON");
        Ok(("signed in", sessions))
    }

    pub(crate) fn site() -> Site {
        let cookie = CookieOptions { cookie_name: "session", ..CookieOptions::default() };
        let with_session = warp_sessions::request::with_session(TheirStore::new(), Some(cookie));
        let reply = warp_sessions::reply::with_session;
        path("none")
            .and(with_session.clone())
            .and_then(none)
            .or(path("fill").and(with_session.clone()).and_then(fill))
            .unify()
            .or(path("read").and(with_session.clone()).and_then(read))
            .unify()
            .or(path("write").and(with_session.clone()).and_then(write))
            .unify()
            .or(path("sign_in").and(with_session).and_then(sign_in))
            .unify()
            .untuple_one()
            .and_then(reply)
            .map(Reply::into_response)
            .boxed()
    }
}

fn bare() -> Site {
    path("none").then(async || "none").map(Reply::into_response).boxed()
}

async fn call(site: &Site, path: &str, cookie: Option<&str>) -> Response {
    let mut request = Request::builder().uri(path);
    for (name, value) in HEADERS {
        request = request.header(name, value);
    }
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let request = request.body(Empty::<Bytes>::new()).expect("the parts make a valid request");
    let response =
        warp::service(site.clone()).oneshot(request).await.expect("a service of filters never fails");
    assert!(response.status().is_success());
    response
}

fn cookie_of(response: &Response) -> Option<String> {
    let text = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    text.split(';').next().map(str::to_owned)
}

async fn filled(site: &Site) -> String {
    cookie_of(&call(site, "/fill", None).await).expect("a new session sends its cookie")
}

/// Sends the requests of one task. If `follow`, each request sends the cookie that the previous response set.
async fn work(site: Site, path: &'static str, mut cookie: Option<String>, requests: u64, follow: bool) {
    for _ in 0..requests {
        let response = call(&site, path, cookie.as_deref()).await;
        if follow && let Some(next) = cookie_of(&response) {
            cookie = Some(next);
        }
    }
}

async fn one(site: Site, path: &'static str, with_cookie: bool, requests: u64) -> Duration {
    let cookie = if with_cookie { Some(filled(&site).await) } else { None };
    let start = Instant::now();
    work(site, path, cookie, requests, path == "/sign_in").await;
    start.elapsed()
}

async fn many(site: Site, path: &'static str, with_cookie: bool, requests: u64) -> Duration {
    let mut cookies = Vec::new();
    for _ in 0..TASKS {
        cookies.push(if with_cookie { Some(filled(&site).await) } else { None });
    }
    let barrier = Arc::new(tokio::sync::Barrier::new(TASKS + 1));
    let mut tasks = Vec::new();
    for cookie in cookies {
        let (site, barrier) = (site.clone(), Arc::clone(&barrier));
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            work(site, path, cookie, requests, path == "/sign_in").await;
        }));
    }
    barrier.wait().await;
    let start = Instant::now();
    for task in tasks {
        task.await.expect("no task panics");
    }
    start.elapsed()
}

/// A name, and the function that makes its site.
type Contender = (&'static str, fn() -> Site);

fn request(c: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime starts");
    for (name, path, with_cookie) in [
        ("untouched", "/none", true),
        ("read", "/read", true),
        ("write", "/write", true),
        ("new", "/fill", false),
        ("sign-in", "/sign_in", true),
    ] {
        for tasks in [1, TASKS] {
            let mut group =
                c.benchmark_group(format!("{name}, {tasks} task{}", if tasks == 1 { "" } else { "s" }));
            let mut contenders: Vec<Contender> =
                vec![("session-warp", ours::site), ("warp-sessions", theirs::site)];
            if path == "/none" {
                contenders.insert(0, ("bare warp", bare));
            }
            for (contender, site) in contenders {
                // Each round has a store of its own, because new sessions would fill a shared one.
                group.bench_function(contender, |b| {
                    b.to_async(&runtime).iter_custom(|requests| async move {
                        let site = site();
                        let with_cookie = with_cookie && contender != "bare warp";
                        if tasks == 1 {
                            one(site, path, with_cookie, requests).await
                        } else {
                            many(site, path, with_cookie, requests).await
                        }
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, request);
criterion_main!(benches);
