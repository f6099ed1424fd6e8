//! What a site and its browsers share.

use http::{HeaderMap, Method};
use tokio::sync::watch;

use super::answer::Answer;
use super::app::App;
use super::framework::Server;
use super::secrets::Secrets;
use super::wire::{Connection, Wire};

/// An app that is served, and the way to it.
#[derive(Debug)]
pub(crate) struct Opened {
    app: App,
    wire: Wire,
    cookie_name: String,
    secrets: Secrets,
    /// It listens as long as this is there.
    _server: Server,
}

impl Opened {
    pub(crate) fn new(app: App, server: Server, cookie_name: String, secrets: Secrets) -> Self {
        Self { app, wire: Wire::to(server.address()), cookie_name, secrets, _server: server }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: HeaderMap) -> Option<Answer> {
        let answer = self.wire.send(method, &self.app.path(path), headers).await?;
        answer.cookie().iter().for_each(|cookie| self.secrets.add_cookie(cookie));
        Some(answer)
    }

    /// Sends a request, and leaves the connection open for its answer.
    pub(crate) async fn ask(&self, path: &str, headers: HeaderMap) -> Connection {
        self.wire.ask(&self.app.path(path), headers).await
    }

    /// How many requests are being answered.
    pub(crate) fn visits(&self) -> watch::Receiver<usize> {
        self.app.visits()
    }

    pub(crate) fn cookie_name(&self) -> &str {
        &self.cookie_name
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
