//! Cookies with each accepted value of `domain`, `path` and `max_age`, and clients that send them back: over
//! https, to a host and a path that the cookie is for.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use axum::Router;
use axum::extract::State;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use session_core::{MemoryStore, SessionFactory};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use crate::accepted::{ACCEPTED, Accepted};
use crate::chromium::Chromium;
use crate::tls;

/// A client in Python. Its arguments are the addresses to open; it prints the last page of each.
const PYTHON: &str = include_str!("cookie_jar.py");

/// The factories of the accepted values. The one of the row N has sessions with the value N in them.
type Rows = State<&'static [SessionFactory]>;

#[tokio::test]
#[ignore = "needs Chromium: cargo xtask browser"]
async fn chromium_sends_back_the_cookie_of_every_accepted_value() {
    let port = serve().await;
    let chromium = Chromium::start(["--host-resolver-rules=MAP * 127.0.0.1".to_owned()]).await;
    let mut pages = Vec::new();
    for address in addresses(port, |_| true) {
        chromium.client.goto(&address).await.unwrap();
        let page = chromium.client.execute("return document.body.innerText", Vec::new()).await.unwrap();
        pages.push(page.as_str().unwrap().to_owned());
    }
    assert_came_back(&pages, |_| true);
}

#[tokio::test]
#[ignore = "needs curl: cargo xtask browser"]
async fn curl_sends_back_the_cookie_of_every_accepted_value() {
    let port = serve().await;
    let mut settings = format!("resolve = \"*:{port}:127.0.0.1\"\ncookie = \"\"\n");
    for setting in
        ["silent", "show-error", "insecure", "location", "globoff", "path-as-is", "noproxy = \"*\""]
    {
        settings = format!("{settings}{setting}\n");
    }
    for address in addresses(port, |_| true) {
        settings = format!("{settings}url = \"{address}\"\n");
    }
    let pages = run("curl", &["--disable", "--config", "-"], settings).await;
    assert_came_back(&pages, |_| true);
}

#[tokio::test]
#[ignore = "needs Python: cargo xtask browser"]
async fn pythons_cookie_jar_sends_back_the_cookie_of_every_value_that_its_policy_allows() {
    let allows = |accepted: &Accepted| accepted.is_for_python;
    let addresses = addresses(serve().await, allows).join("\n");
    let pages = run("python3", &["-I", "-c", PYTHON], addresses).await;
    assert_came_back(&pages, allows);
}

/// Starts the site behind TLS, and returns the port.
async fn serve() -> u16 {
    let factories = ACCEPTED.iter().enumerate().map(|(row, accepted)| {
        let mut options = accepted.options();
        // A client may keep the cookies of all rows at once.
        options.cookie_name = format!("row-{row}");
        SessionFactory::new(options, MemoryStore::new()).unwrap()
    });
    let factories: &[SessionFactory] = factories.collect::<Vec<_>>().leak();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let site = listener.local_addr().unwrap();
    let pages = Router::new().fallback(page).with_state(factories);
    tokio::spawn(async move { axum::serve(listener, pages).await });
    tls::before(site).await
}

/// Begins a session of a row and redirects to the path of the row, where the page shows the value of that
/// session, or `null`.
async fn page(State(factories): Rows, address: Uri, headers: HeaderMap) -> Response {
    // A browser also asks for an icon.
    let Some(query) = address.query() else { return StatusCode::NOT_FOUND.into_response() };
    let row: usize = query.trim_start_matches("begin-").parse().unwrap();
    let exchange = factories[row].begin(headers.get_all(COOKIE).iter().map(|cookie| cookie.as_bytes()));
    let session = exchange.session().await.unwrap();
    if !query.starts_with("begin-") {
        return format!("{}\n", session.entries().get("row").unwrap_or_default()).into_response();
    }
    session.insert("row", row).unwrap();
    let set_cookie = exchange.finish(303).await.unwrap().set_cookie.unwrap();
    let location = format!("{}?{row}", ACCEPTED[row].path);
    (StatusCode::SEE_OTHER, [(SET_COOKIE, set_cookie), (LOCATION, location)]).into_response()
}

/// Returns the addresses that begin the sessions.
fn addresses(port: u16, is_tested: fn(&Accepted) -> bool) -> Vec<String> {
    let rows = ACCEPTED.iter().enumerate().filter(|(_, accepted)| is_tested(accepted));
    rows.map(|(row, accepted)| format!("https://{}:{port}/?begin-{row}", accepted.host)).collect()
}

/// Runs a program with this input, and returns the lines of its output.
async fn run(program: &'static str, arguments: &'static [&'static str], input: String) -> Vec<String> {
    let ran = spawn_blocking(move || {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; run `cargo xtask browser`"));
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let output = ran.await.unwrap();
    assert!(output.status.success(), "{program}: {}", output.status);
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Asserts that the pages show the values of the sessions.
#[track_caller]
fn assert_came_back(pages: &[String], is_tested: fn(&Accepted) -> bool) {
    let rows: Vec<_> = ACCEPTED.iter().enumerate().filter(|(_, accepted)| is_tested(accepted)).collect();
    assert_eq!(pages.len(), rows.len());
    let lost: Vec<_> =
        pages.iter().zip(&rows).filter(|(page, (row, _))| page.trim() != row.to_string()).collect();
    assert!(lost.is_empty(), "these cookies did not come back: {lost:#?}");
}
