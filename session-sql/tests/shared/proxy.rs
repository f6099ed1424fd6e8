//! A proxy between a store and its server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// The time by which the proxy delays each reply, so that a call has many moments at which it can be dropped.
const DELAY: Duration = Duration::from_millis(3);

/// A proxy that can fall silent.
pub(crate) struct Proxy {
    /// The URL of the server, with the address of the proxy.
    pub(crate) url: String,
    /// The number of connections that are silent: the first ones.
    silent: Arc<AtomicU64>,
    opened: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts a proxy for the server of `url`.
    pub(crate) async fn of(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url: Url = url.parse().unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (silent, opened) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        tokio::spawn(accept(listener, server, Arc::clone(&silent), Arc::clone(&opened)));
        Self { url: url.into(), silent, opened }
    }

    /// Delivers nothing any more on the connections that are open now.
    pub(crate) fn silence(&self) {
        self.silent.store(self.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: String, silent: Arc<AtomicU64>, opened: Arc<AtomicU64>) {
    while let Ok((client, _)) = listener.accept().await {
        let number = opened.fetch_add(1, Ordering::SeqCst) + 1;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = TcpStream::connect(&server).await.unwrap().into_split();
        tokio::spawn(forward(from_client, to_server, Duration::ZERO, number, Arc::clone(&silent)));
        tokio::spawn(forward(from_server, to_client, DELAY, number, Arc::clone(&silent)));
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    delay: Duration,
    number: u64,
    silent: Arc<AtomicU64>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        tokio::time::sleep(delay).await;
        let is_silent = number <= silent.load(Ordering::SeqCst);
        if !is_silent && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
