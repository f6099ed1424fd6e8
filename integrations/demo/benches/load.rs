//! A load test: 200 clients count visits on the demo with SQLite, for 30 seconds on each framework.
//!
//! The benchmark runs the real program and uses real connections, which are kept alive. Two clients share
//! each session and so change it concurrently. A client sends its next request when it has received the
//! response to the previous one. The benchmark shows whether any request failed, whether each request that
//! got a response was counted, how long the responses took, and how much memory the program used once it was
//! warm and at the end.
//!
//! `cargo bench --package session-demo --bench load` accepts names of frameworks and a number of seconds,
//! such as `-- axum 5`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its results on standard output")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{COOKIE, HOST, SET_COOKIE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CLIENTS: usize = 200;
const CLIENTS_A_SESSION: usize = 2;
const SECONDS: u64 = 30;
const FRAMEWORKS: [&str; 3] = ["axum", "warp", "rocket"];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let seconds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(SECONDS);
    let chosen = |name: &&str| {
        words.iter().all(|word| word.parse::<u64>().is_ok()) || words.iter().any(|word| word == name)
    };
    println!(
        "| framework | answered | failed | not counted | requests/s | p50 | p99 | longest | memory, warm | at the end |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mut sound = true;
    for framework in FRAMEWORKS.iter().filter(|name| chosen(name)) {
        match run(framework, Duration::from_secs(seconds)).await {
            Ok(figures) => {
                println!("| {framework} {}", figures.row());
                sound &= figures.failed.is_empty() && figures.counted == figures.times.len() as u64;
                figures.failed.iter().take(3).for_each(|failure| eprintln!("{framework}: {failure}"));
            }
            Err(failure) => {
                eprintln!("{framework}: {failure}");
                sound = false;
            }
        }
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The results of one run.
struct Figures {
    /// The time of each request that got a response, shortest first.
    times: Vec<Duration>,
    failed: Vec<String>,
    counted: u64,
    length: Duration,
    memory: [Option<u64>; 2],
}

impl Figures {
    fn row(&self) -> String {
        let answered = self.times.len();
        let millis = |time: Option<&Duration>| {
            time.map_or_else(|| "–".to_owned(), |time| format!("{:.1} ms", time.as_secs_f64() * 1e3))
        };
        let share = |percent: usize| millis(self.times.get(answered * percent / 100));
        let mebibytes = |bytes: Option<u64>| {
            bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1} MiB", bytes as f64 / 1048576.0))
        };
        format!(
            "| {answered} | {} | {} | {:.0} | {} | {} | {} | {} | {} |",
            self.failed.len(),
            answered as i64 - self.counted as i64,
            answered as f64 / self.length.as_secs_f64(),
            share(50),
            share(99),
            millis(self.times.last()),
            mebibytes(self.memory[0]),
            mebibytes(self.memory[1]),
        )
    }
}

async fn run(framework: &str, length: Duration) -> Result<Figures, Failure> {
    let folder = tempfile::tempdir()?;
    let site = Site::start(folder.path(), framework)?;
    let mut cookies = Vec::new();
    for _ in 0..CLIENTS / CLIENTS_A_SESSION {
        cookies.push(first_visit(site.address).await?);
    }
    let until = Instant::now() + length;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(visit_until(site.address, cookies[client % cookies.len()].clone(), until));
    }
    tokio::time::sleep(length / 5).await;
    let warm = site.memory();
    let mut figures =
        Figures { times: Vec::new(), failed: Vec::new(), counted: 0, length, memory: [warm, None] };
    while let Some(client) = clients.join_next().await {
        let (times, failed) = client?;
        figures.times.extend(times);
        figures.failed.extend(failed);
    }
    figures.memory[1] = site.memory();
    for cookie in &cookies {
        // The first visit, which created the session, was not timed, so it does not count here.
        figures.counted += visits(site.address, cookie).await? - 1;
    }
    figures.times.sort_unstable();
    Ok(figures)
}

/// Visits until the time is over, and returns the times. Stops at the first failure, and returns that too.
async fn visit_until(site: SocketAddr, cookie: String, until: Instant) -> (Vec<Duration>, Option<String>) {
    let mut times = Vec::new();
    let visits = async {
        let mut connection = connect(site).await?;
        while Instant::now() < until {
            let start = Instant::now();
            let (status, _) = get(&mut connection, "/visits", Some(&cookie)).await?;
            if status.status() != StatusCode::OK {
                return Err(format!("the response had status {}", status.status()).into());
            }
            times.push(start.elapsed());
        }
        Ok::<_, Failure>(())
    };
    let failed = visits.await.err().map(|failure| failure.to_string());
    (times, failed)
}

/// Starts a session with a first visit, and returns its cookie.
async fn first_visit(site: SocketAddr) -> Result<String, Failure> {
    let (answer, _) = get(&mut connect(site).await?, "/visits", None).await?;
    let cookie = answer.headers().get(SET_COOKIE).ok_or("the first visit set no cookie")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Returns the count that the home page shows.
async fn visits(site: SocketAddr, cookie: &str) -> Result<u64, Failure> {
    let (_, page) = get(&mut connect(site).await?, "/", Some(cookie)).await?;
    let text = page.split_once("id=\"visits\">").and_then(|(_, rest)| rest.split_once('<'));
    Ok(text.ok_or("the home page shows no visits")?.0.parse()?)
}

type Connection = SendRequest<Empty<Bytes>>;

async fn connect(site: SocketAddr) -> Result<Connection, Failure> {
    let stream = TcpStream::connect(site).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn get(
    connection: &mut Connection,
    path: &str,
    cookie: Option<&str>,
) -> Result<(Response<()>, String), Failure> {
    let mut request = Request::get(path).header(HOST, "localhost");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    connection.ready().await?;
    let (head, body) = connection.send_request(request.body(Empty::new())?).await?.into_parts();
    let page = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok((Response::from_parts(head, ()), page))
}

/// The running program, which is killed on drop.
struct Site {
    child: Child,
    address: SocketAddr,
}

impl Site {
    fn start(folder: &Path, framework: &str) -> Result<Self, Failure> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_session-demo"))
            .args(["--framework", framework, "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the program has no standard output")?;
        let line = BufReader::new(stdout).lines().next().ok_or("the program did not start")??;
        let address = line.strip_prefix("listening on http://").ok_or("the program printed no address")?;
        Ok(Self { address: address.parse()?, child })
    }

    /// Returns the resident memory of the program in bytes, or `None` where there is no `/proc`.
    fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok().map(|kibibytes: u64| kibibytes * 1024)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Both calls fail only if the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
