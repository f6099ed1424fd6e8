//! Chromium with its own profile, and the driver that controls it.

use std::env;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

/// The environment variables with the paths of the programs. Without them, the programs are searched on the
/// `PATH`.
const CHROMIUM: &str = "SESSION_DEMO_CHROMIUM";
const DRIVER: &str = "SESSION_DEMO_CHROMEDRIVER";
/// The longest time that Chromium may take to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest time that Chromium may take to end.
const LAST_PATIENCE: Duration = Duration::from_secs(10);
/// The number of attempts to start the driver.
const TRIES: usize = 5;
/// Flags that keep Chromium from contacting anything but the site, and from asking questions.
const FLAGS: [&str; 10] = [
    "--headless",
    // Chromium has no sandbox when it runs as root, as it often does in a container.
    "--no-sandbox",
    // The /dev/shm of a container is too small for Chromium.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A running Chromium, which ends on drop.
#[derive(Debug)]
pub(crate) struct Chromium {
    pub(crate) client: Client,
    _driver: Driver,
    // Fields are dropped in order, so this one is last: the browser must end before its profile is deleted.
    _profile: TempDir,
}

impl Chromium {
    /// Starts Chromium with these flags, besides those that every test needs.
    pub(crate) async fn start(more: impl IntoIterator<Item = String>) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Driver::start();
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.extend(more);
        let mut connecting = ClientBuilder::new(HttpConnector::new());
        connecting.capabilities(capabilities(&flags));
        let address = format!("http://{}", driver.address);
        let client = timeout(PATIENCE, connecting.connect(&address)).await;
        let client = client.expect("Chromium starts in time").expect("Chromium starts");
        driver.session = client.session_id().await.unwrap();
        Self { client, _driver: driver, _profile: profile }
    }
}

fn capabilities(flags: &[String]) -> Map<String, Value> {
    // Third-party cookies are allowed, so that only SameSite keeps back the cookie of the site, not a setting
    // of the browser.
    let settings = json!({ "profile.cookie_controls_mode": 0, "profile.block_third_party_cookies": false });
    let options = json!({ "binary": program(CHROMIUM, "chromium"), "args": flags, "prefs": settings });
    let timeouts = json!({ "pageLoad": 60_000, "script": 60_000 });
    [("acceptInsecureCerts", json!(true)), ("timeouts", timeouts), ("goog:chromeOptions", options)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// Returns the path of a program from its variable, or else from the `PATH`. The driver needs a full path to
/// Chromium.
fn program(variable: &str, name: &str) -> String {
    let on_path = || {
        let folders = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    let path = env::var_os(variable).map(Into::into).or_else(on_path);
    path.unwrap_or_else(|| panic!("there is no {name}: run `cargo xtask browser`")).display().to_string()
}

/// A running chromedriver.
#[derive(Debug)]
struct Driver {
    child: Child,
    address: SocketAddr,
    /// The WebDriver session, which must be ended first: a driver that is killed leaves its Chromium running.
    session: Option<String>,
    // The pipe stays open, because the driver would end if it could no longer write to it.
    _said: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts a driver, in up to 5 attempts. The driver picks a free port for one address family and then
    /// needs the same port for the other one, where it may be in use.
    fn start() -> Self {
        let mut tries = std::iter::repeat_with(Self::try_start).take(TRIES);
        tries.find_map(Result::ok).expect("chromedriver starts")
    }

    fn try_start() -> Result<Self, ExitStatus> {
        let mut command = Command::new(program(DRIVER, "chromedriver"));
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let Some(port) = port(&mut said) else { return Err(child.wait().unwrap()) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { child, address, session: None, _said: said })
    }

    fn end_session(&self, session: &str) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(LAST_PATIENCE))?;
        let head = format!("DELETE /session/{session} HTTP/1.1\r\nHost: {}\r\n", self.address);
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
        // The response arrives once Chromium has ended.
        stream.read(&mut [0]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            let _ = self.end_session(session);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the port that the driver has chosen, or `None` if the driver has ended.
fn port(said: &mut BufReader<ChildStdout>) -> Option<u16> {
    let line =
        said.lines().map_while(Result::ok).find(|line| line.contains("started successfully on port"))?;
    line.trim_end_matches('.').rsplit(' ').next()?.parse().ok()
}
