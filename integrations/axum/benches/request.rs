//! Whole requests through axum: without sessions, with this library, and with tower-sessions, each on its own
//! store in memory.
//!
//! There is no socket: the router is called as a service. A session holds five values, about 400 bytes of
//! JSON. With 64 tasks, each task has its own session, and the figure is the time for one request of each.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, Response};
use axum::routing::get;
use criterion::{Criterion, criterion_group, criterion_main};
use session_axum::{Session, SessionLayer};
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use tower::ServiceExt as _;
use tower_sessions::{MemoryStore as TowerStore, Session as TowerSession, SessionManagerLayer};

const TASKS: usize = 64;
const KEYS: [&str; 4] = ["name", "address", "language", "basket"];

fn value() -> String {
    "x".repeat(80)
}

mod ours {
    use super::*;

    pub(crate) async fn fill(session: Session) -> Result<&'static str, session_axum::Error> {
        for key in KEYS {
            session.insert(key, value())?;
        }
        session.insert("count", 0)?;
        Ok("filled")
    }

    pub(crate) async fn read(session: Session) -> Result<&'static str, session_axum::Error> {
        black_box(session.get::<u64>("count")?);
        Ok("read")
    }

    pub(crate) async fn write(session: Session) -> Result<&'static str, session_axum::Error> {
        let count = session.get::<u64>("count")?.unwrap_or(0);
        session.insert("count", count + 1)?;
        Ok("written")
    }

    pub(crate) async fn sign_in(session: Session) -> Result<&'static str, session_axum::Error> {
        session.sign_in("alice")?;
        Ok("signed in")
    }

    pub(crate) fn app() -> Router {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        let sessions = SessionFactory::new(options, MemoryStore::new()).expect("the options are valid");
        Router::new()
            .route("/none", get(async || "none"))
            .route("/fill", get(fill))
            .route("/read", get(read))
            .route("/write", get(write))
            .route("/sign_in", get(sign_in))
            .layer(SessionLayer::new(sessions))
    }
}

mod theirs {
    use super::*;

    type Answer = Result<&'static str, tower_sessions::session::Error>;

    fn answer(answer: Answer) -> &'static str {
        answer.expect("the store in memory does not fail")
    }

    pub(crate) async fn fill(session: TowerSession) -> &'static str {
        let filled = async {
            for key in KEYS {
                session.insert(key, value()).await?;
            }
            session.insert("count", 0).await?;
            Ok("filled")
        };
        answer(filled.await)
    }

    pub(crate) async fn read(session: TowerSession) -> &'static str {
        answer(session.get::<u64>("count").await.map(|count| {
            black_box(count);
            "read"
        }))
    }

    pub(crate) async fn write(session: TowerSession) -> &'static str {
        let written = async {
            let count = session.get::<u64>("count").await?.unwrap_or(0);
            session.insert("count", count + 1).await?;
            Ok("written")
        };
        answer(written.await)
    }

    pub(crate) async fn sign_in(session: TowerSession) -> &'static str {
        let signed_in = async {
            session.cycle_id().await?;
            session.insert("owner", "alice").await?;
            Ok("signed in")
        };
        answer(signed_in.await)
    }

    pub(crate) fn app() -> Router {
        Router::new()
            .route("/none", get(async || "none"))
            .route("/fill", get(fill))
            .route("/read", get(read))
            .route("/write", get(write))
            .route("/sign_in", get(sign_in))
            .layer(SessionManagerLayer::new(TowerStore::default()))
    }
}

fn bare() -> Router {
    Router::new().route("/none", get(async || "none"))
}

async fn call(app: &Router, path: &str, cookie: Option<&str>) -> Response<Body> {
    let mut request = Request::builder().uri(path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let request = request.body(Body::empty()).expect("the parts make a valid request");
    let response = app.clone().oneshot(request).await.expect("a router never fails");
    assert!(response.status().is_success());
    response
}

fn cookie_of(response: &Response<Body>) -> Option<String> {
    let text = response.headers().get(SET_COOKIE)?.to_str().ok()?;
    text.split(';').next().map(str::to_owned)
}

async fn filled(app: &Router) -> String {
    cookie_of(&call(app, "/fill", None).await).expect("a new session sends its cookie")
}

/// Sends the requests of one task. If `follow`, each request sends the cookie that the previous response set.
async fn work(app: Router, path: &'static str, mut cookie: Option<String>, requests: u64, follow: bool) {
    for _ in 0..requests {
        let response = call(&app, path, cookie.as_deref()).await;
        if follow && let Some(next) = cookie_of(&response) {
            cookie = Some(next);
        }
    }
}

async fn one(app: Router, path: &'static str, with_cookie: bool, requests: u64) -> Duration {
    let cookie = if with_cookie { Some(filled(&app).await) } else { None };
    let start = Instant::now();
    work(app, path, cookie, requests, path == "/sign_in").await;
    start.elapsed()
}

async fn many(app: Router, path: &'static str, with_cookie: bool, requests: u64) -> Duration {
    let mut cookies = Vec::new();
    for _ in 0..TASKS {
        cookies.push(if with_cookie { Some(filled(&app).await) } else { None });
    }
    let barrier = Arc::new(tokio::sync::Barrier::new(TASKS + 1));
    let mut tasks = Vec::new();
    for cookie in cookies {
        let (app, barrier) = (app.clone(), Arc::clone(&barrier));
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            work(app, path, cookie, requests, path == "/sign_in").await;
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
type Contender = (&'static str, fn() -> Router);

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
                vec![("session-axum", ours::app), ("tower-sessions", theirs::app)];
            if path == "/none" {
                contenders.insert(0, ("bare axum", bare));
            }
            for (contender, app) in contenders {
                // Each round has a store of its own, because new sessions would fill a shared one.
                group.bench_function(contender, |b| {
                    b.to_async(&runtime).iter_custom(|requests| async move {
                        let app = app();
                        let with_cookie = with_cookie && contender != "bare axum";
                        if tasks == 1 {
                            one(app, path, with_cookie, requests).await
                        } else {
                            many(app, path, with_cookie, requests).await
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
