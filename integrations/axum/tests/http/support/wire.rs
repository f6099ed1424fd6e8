//! The site over TCP, for what happens when a connection ends.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on a free port, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(app: &Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let app = app.clone();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves for ever") });
        Self { address, task }
    }

    /// Sends a request and leaves the connection open for its answer.
    pub(crate) async fn ask(&self, path: &str, cookie: Option<&str>) -> Connection {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{cookie}\r\n");
        stream.write_all(request.as_bytes()).await.expect("the connection is open");
        Connection { stream, read: Vec::new() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request on its way. Dropping it hangs up.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// The answer up to and with the end of its head.
    pub(crate) async fn head(&mut self) -> String {
        while !self.read.windows(4).any(|window| window == b"\r\n\r\n") {
            let n = self.stream.read_buf(&mut self.read).await.expect("the connection is open");
            assert_ne!(n, 0, "the connection ended before the head did");
        }
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// All that comes until the server closes; empty if it died.
    pub(crate) async fn rest(mut self) -> String {
        // A reset says the same as an end: no more comes.
        let _ = self.stream.read_to_end(&mut self.read).await;
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
