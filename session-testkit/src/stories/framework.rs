//! What the author of an adapter writes so that the stories can be told on it.

use std::net::SocketAddr;

use session_core::store::async_trait;
use tokio::task::JoinHandle;

use super::app::App;

/// A web framework with its adapter: it serves an [`App`] over HTTP.
///
/// There is a route for each kind of handler. Each asks for its session with the adapter's own extractor, passes it on with the number
/// in its path, and makes the framework's response of the [`Reply`](super::Reply), or of the error by the adapter's own type.
///
/// | route | asks for | answers with |
/// |---|---|---|
/// | `/untouched/{call}` | nothing | [`App::untouched`] |
/// | `/loaded/{call}` | the session | [`App::loaded`] |
/// | `/lenient/{call}` | the session, or nothing if it cannot be loaded | [`App::lenient`] |
/// | `/unloaded/{call}` | the session, without loading it | [`App::unloaded`] |
/// | `/read_only/{call}` | the session, to read it only | [`App::read_only`] |
/// | `/devices/{call}` | the devices of whoever is signed in | [`App::devices`] |
/// | `/everything/{call}` | the session, again the session, the unloaded one, the devices | [`App::everything`] |
/// | `/both/{call}` | the session, and by the name [`Admin`](super::Admin) the session, the unloaded one, the devices | [`App::both`] |
///
/// Each is served to GET and HEAD. The sessions come from [`App::sessions`], those with a name from [`App::admin`]. Around all of them, outside the adapter's layer, [`App::visit`] is held.
/// There the driver also looks for the [`Notice`](session_core::adapter::Notice) that the adapter has left, and shows it by the header
/// of [`notice_header`](super::notice_header).
#[async_trait]
pub trait Framework: Send + Sync + 'static {
    /// The framework's name: `axum`.
    fn name(&self) -> &'static str;

    /// Serves the app on a free port of 127.0.0.1, on the runtime that this is called on.
    async fn serve(&self, app: App) -> Server;

    /// A part of the text that a route answers with status 500 if the layer is missing: what the author has to add.
    fn remedy(&self) -> &'static str;

    /// What becomes of a request whose client hangs up.
    fn hang_up(&self) -> HangUp {
        HangUp::EndsTheRequest
    }

    /// The stories that cannot be told on this framework, by id, each with the reason.
    fn exempt(&self) -> &[(&'static str, &'static str)] {
        &[]
    }
}

/// What becomes of a request whose client hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The framework gives it up, wherever it is.
    EndsTheRequest,
    /// The framework does not notice, or goes on all the same.
    ChangesNothing,
}

/// A server that listens until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// The server at this address, which is this task.
    #[must_use]
    pub fn new(address: SocketAddr, task: JoinHandle<()>) -> Self {
        Self { address, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
