//! Whole requests through Rocket: without sessions, with this library, and with rocket_flex_session, each on
//! its own store in memory.
//!
//! There is no socket: requests go through Rocket's local client, which costs each contender the same. A
//! session holds five values, about 400 bytes of JSON. With 64 tasks, each task has its own session, and the
//! figure is the time for one request of each. rocket_flex_session stores a Rust value instead of bytes, and
//! has no sign-in that renews the session ID, so only this library's sign-in is measured.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rocket::config::{LogLevel, SecretKey};
use rocket::http::{Cookie, Header};
use rocket::local::asynchronous::Client;
use rocket::{Build, Config, Rocket, get, routes};
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_rocket::{Session, Sessions};

const TASKS: usize = 64;
const KEYS: [&str; 4] = ["name", "address", "language", "basket"];

fn value() -> String {
    "x".repeat(80)
}

#[get("/none")]
fn none() -> &'static str {
    "none"
}

fn rocket() -> Rocket<Build> {
    let key = SecretKey::from(&[7; 64]);
    let config = Config { log_level: LogLevel::Off, secret_key: key, ..Config::release_default() };
    rocket::custom(config).mount("/", routes![none])
}

mod ours {
    use super::*;

    #[get("/fill")]
    fn fill(session: Session) -> Result<&'static str, session_rocket::Error> {
        for key in KEYS {
            session.insert(key, value())?;
        }
        session.insert("count", 0)?;
        Ok("filled")
    }

    #[get("/read")]
    fn read(session: Session) -> Result<&'static str, session_rocket::Error> {
        black_box(session.get::<u64>("count")?);
        Ok("read")
    }

    #[get("/write")]
    fn write(session: Session) -> Result<&'static str, session_rocket::Error> {
        let count = session.get::<u64>("count")?.unwrap_or(0);
        session.insert("count", count + 1)?;
        Ok("written")
    }

    #[get("/sign_in")]
    fn sign_in(session: Session) -> Result<&'static str, session_rocket::Error> {
        session.sign_in("alice")?;
        Ok("signed in")
    }

    pub(crate) fn site() -> Rocket<Build> {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        let sessions = SessionFactory::new(options, MemoryStore::new()).expect("the options are valid");
        rocket().attach(Sessions::fairing(sessions)).mount("/", routes![fill, read, write, sign_in])
    }
}

mod theirs {
    use super::*;
    use rocket_flex_session::{RocketFlexSession, Session as FlexSession};

    #[derive(Clone, Default)]
    struct Values {
        texts: [String; 4],
        count: u64,
    }

    #[get("/fill")]
    fn fill(mut session: FlexSession<'_, Values>) -> &'static str {
        session.set(Values { texts: KEYS.map(|_| value()), count: 0 });
        "filled"
    }

    #[get("/read")]
    fn read(session: FlexSession<'_, Values>) -> &'static str {
        black_box(session.tap(|values| values.map(|values| (values.count, values.texts.len()))));
        "read"
    }

    #[get("/write")]
    fn write(mut session: FlexSession<'_, Values>) -> &'static str {
        session.tap_mut(|values| values.get_or_insert_default().count += 1);
        "written"
    }

    pub(crate) fn site() -> Rocket<Build> {
        rocket().attach(RocketFlexSession::<Values>::default()).mount("/", routes![fill, read, write])
    }
}

/// Sends one request, and returns the cookie that the response sets.
async fn call(client: &Client, path: &str, cookie: Option<&str>) -> Option<String> {
    let mut request = client.get(path.to_owned());
    if let Some(text) = cookie {
        // As with a request over TCP, the cookie is in the headers and in the jar.
        let parsed = Cookie::parse_encoded(text.to_owned()).expect("the server sent this cookie");
        request = request.header(Header::new("Cookie", text.to_owned())).cookie(parsed);
    }
    let response = request.dispatch().await;
    assert_eq!(response.status().code, 200, "{path}");
    let text = response.headers().get_one("Set-Cookie")?;
    text.split(';').next().map(str::to_owned)
}

async fn filled(client: &Client) -> String {
    call(client, "/fill", None).await.expect("a new session sends its cookie")
}

/// Sends the requests of one task. After a sign-in, the next request sends the cookie that the response set.
async fn work(client: &Client, path: &str, mut cookie: Option<String>, requests: u64) {
    for _ in 0..requests {
        let next = call(client, path, cookie.as_deref()).await;
        if path == "/sign_in" && next.is_some() {
            cookie = next;
        }
    }
}

/// Measures the time in which `tasks` tasks send `requests` requests each.
async fn run(site: fn() -> Rocket<Build>, path: &'static str, tasks: usize, requests: u64) -> Duration {
    let client = Arc::new(Client::untracked(site()).await.expect("the site launches"));
    let barrier = Arc::new(tokio::sync::Barrier::new(tasks + 1));
    let mut running = Vec::new();
    for _ in 0..tasks {
        let cookie = if path == "/none" || path == "/fill" { None } else { Some(filled(&client).await) };
        let (client, barrier) = (Arc::clone(&client), Arc::clone(&barrier));
        running.push(tokio::spawn(async move {
            barrier.wait().await;
            work(&client, path, cookie, requests).await;
        }));
    }
    barrier.wait().await;
    let start = Instant::now();
    for task in running {
        task.await.expect("no task panics");
    }
    start.elapsed()
}

/// A name, and the function that makes its site.
type Contender = (&'static str, fn() -> Rocket<Build>);

const BARE: Contender = ("bare Rocket", rocket);
const OURS: Contender = ("session-rocket", ours::site);
const THEIRS: Contender = ("rocket_flex_session", theirs::site);

fn request(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let works: [(&str, &str, &[Contender]); 5] = [
        ("untouched", "/none", &[BARE, OURS, THEIRS]),
        ("read", "/read", &[OURS, THEIRS]),
        ("write", "/write", &[OURS, THEIRS]),
        ("new", "/fill", &[OURS, THEIRS]),
        ("sign-in", "/sign_in", &[OURS]),
    ];
    for (name, path, contenders) in works {
        for tasks in [1, TASKS] {
            let plural = if tasks == 1 { "" } else { "s" };
            let mut group = c.benchmark_group(format!("{name}, {tasks} task{plural}"));
            for (contender, site) in contenders {
                group.bench_function(*contender, |b| {
                    // Each round has a store of its own, because new sessions would fill a shared one.
                    b.to_async(&runtime).iter_custom(|requests| run(*site, path, tasks, requests));
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, request);
criterion_main!(benches);
