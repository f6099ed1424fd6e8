//! A proxy between a store and its server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// The time by which the proxy delays each reply, so that a call has many moments at which it can be dropped.
const DELAY: Duration = Duration::from_millis(3);

/// A proxy that can fall silent.
#[derive(Debug)]
pub struct Proxy {
    /// The URL of the server, with the address of the proxy.
    pub url: String,
    behaviour: Arc<Behaviour>,
}

#[derive(Debug)]
struct Behaviour {
    server: Mutex<String>,
    /// The number of connections that are silent: the first ones.
    silent: AtomicU64,
    opened: AtomicU64,
    /// The first connection that sends this text is closed when the reply comes.
    loses_reply_to: &'static str,
    /// The number of that connection.
    losing: AtomicU64,
}

#[derive(Clone, Copy)]
enum Direction {
    Requests,
    Replies,
}

impl Proxy {
    /// Starts a proxy for the server of `url`.
    pub async fn of(url: &str) -> Self {
        Self::start(url, "").await
    }

    /// Starts a proxy that loses the reply to the first request with this text, which the server gets, and
    /// the connection with it.
    pub async fn that_loses_the_reply_to(request: &'static str, url: &str) -> Self {
        Self::start(url, request).await
    }

    async fn start(url: &str, loses_reply_to: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Mutex::new(address(url));
        let mut url: Url = url.parse().unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let [silent, opened, losing] = [(); 3].map(|()| AtomicU64::new(0));
        let behaviour = Arc::new(Behaviour { server, silent, opened, loses_reply_to, losing });
        tokio::spawn(accept(listener, Arc::clone(&behaviour)));
        Self { url: url.into(), behaviour }
    }

    /// Leads connections that are opened from now on to another server.
    pub fn lead_to(&self, url: &str) {
        *self.behaviour.server.lock().unwrap() = address(url);
    }

    /// Delivers nothing any more on the connections that are open now.
    pub fn silence(&self) {
        self.behaviour.silent.store(self.behaviour.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Behaviour {
    fn is_silent(&self, connection: u64) -> bool {
        connection <= self.silent.load(Ordering::SeqCst)
    }

    fn note_request(&self, connection: u64, bytes: &[u8]) {
        let text = self.loses_reply_to.as_bytes();
        if !text.is_empty() && bytes.windows(text.len()).any(|found| found == text) {
            // Only the first one counts.
            let _ = self.losing.compare_exchange(0, connection, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    fn loses_reply(&self, connection: u64) -> bool {
        self.losing.load(Ordering::SeqCst) == connection
    }
}

/// Returns the host and the port of a URL.
fn address(url: &str) -> String {
    let url: Url = url.parse().unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

async fn accept(listener: TcpListener, behaviour: Arc<Behaviour>) {
    while let Ok((client, _)) = listener.accept().await {
        let number = behaviour.opened.fetch_add(1, Ordering::SeqCst) + 1;
        let (from_client, to_client) = client.into_split();
        let server = behaviour.server.lock().unwrap().clone();
        let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
        tokio::spawn(forward(Direction::Requests, from_client, to_server, number, Arc::clone(&behaviour)));
        tokio::spawn(forward(Direction::Replies, from_server, to_client, number, Arc::clone(&behaviour)));
    }
}

/// Forwards requests or replies.
async fn forward(
    direction: Direction,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    behaviour: Arc<Behaviour>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        match direction {
            Direction::Requests => behaviour.note_request(number, &bytes[..count]),
            Direction::Replies => {
                tokio::time::sleep(DELAY).await;
                if behaviour.loses_reply(number) {
                    return;
                }
            }
        }
        if !behaviour.is_silent(number) && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
