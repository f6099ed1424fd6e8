//! Requests over TCP, so that hang-ups, streams and HEAD are what they are elsewhere.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answer::Answer;
use super::gate::PATIENCE;

/// The host that requests name.
pub(crate) const SITE_HOST: &str = "shop.a.test";

type Sender = SendRequest<Empty<Bytes>>;

/// The way to a server. Connections are kept and used again, as by a browser.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    idle: Mutex<Vec<Sender>>,
}

/// A request on its way, whose answer is read piece by piece. Dropping it hangs up.
pub struct Connection {
    head: Head,
    body: Option<Incoming>,
    task: JoinHandle<()>,
}

type Head = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// One request and its answer; `None` if the connection ended without one.
    pub(crate) async fn send(&self, method: Method, path: &str, headers: HeaderMap) -> Option<Answer> {
        let request = request(method, path, headers);
        timeout(PATIENCE, self.answer(request)).await.expect("no answer came")
    }

    /// Sends a request on a connection of its own, and leaves it open for the answer.
    pub(crate) async fn ask(&self, path: &str, headers: HeaderMap) -> Connection {
        let (mut sender, task) = self.connect().await;
        let head = Box::pin(sender.send_request(request(Method::GET, path, headers)));
        Connection { head, body: None, task }
    }

    async fn answer(&self, request: Request<Empty<Bytes>>) -> Option<Answer> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let used = idle.is_some();
            let mut sender = match idle {
                Some(sender) => sender,
                None => self.connect().await.0,
            };
            match sender.send_request(request.clone()).await {
                Ok(response) => {
                    let answer = whole(response).await?;
                    if sender.ready().await.is_ok() {
                        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
                    }
                    return Some(answer);
                }
                // The server had closed it before the request was sent.
                Err(error) if used && error.is_canceled() => {}
                Err(_) => return None,
            }
        }
    }

    async fn connect(&self) -> (Sender, JoinHandle<()>) {
        let stream = TcpStream::connect(self.address).await.expect("the server listens");
        stream.set_nodelay(true).expect("it is TCP");
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.expect("HTTP/1.1 needs no handshake");
        // How a connection ends is told to whoever waits for an answer.
        (sender, tokio::spawn(async move { drop(connection.await) }))
    }
}

impl Connection {
    /// The head of the answer, with an empty body.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub async fn head(&mut self) -> Answer {
        let response = timeout(PATIENCE, &mut self.head).await.expect("no head came");
        let (head, body) = response.expect("the connection ended before the head did").into_parts();
        self.body = Some(body);
        Answer { status: head.status.as_u16(), headers: head.headers, body: String::new() }
    }

    /// What comes of the body behind a head that was read.
    ///
    /// # Panics
    ///
    /// If it does not come whole.
    pub async fn rest(mut self) -> String {
        let body = self.body.take().expect("the head was read");
        let body = timeout(PATIENCE, body.collect()).await.expect("the body did not end");
        String::from_utf8_lossy(&body.expect("the body comes whole").to_bytes()).into_owned()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("has_head", &self.body.is_some()).finish_non_exhaustive()
    }
}

fn request(method: Method, path: &str, headers: HeaderMap) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("a story's path is a path");
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, HeaderValue::from_static(SITE_HOST));
    request
}

async fn whole(response: Response<Incoming>) -> Option<Answer> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
