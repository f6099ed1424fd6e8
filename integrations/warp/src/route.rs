//! A route: its factories and its handler.

use std::pin::Pin;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use session_core::SessionFactory;
use session_core::adapter::{Exchange, Exchanges};

use crate::factories::Factories;

/// The part of a route that its requests share.
pub(crate) struct Route<S, H> {
    pub(crate) factories: S,
    pub(crate) handler: H,
    /// The factories. A request has one exchange of each, even if one is listed twice.
    list: Vec<SessionFactory>,
}

impl<S, H> Route<S, H> {
    pub(crate) fn new<T>(factories: &S, handler: H) -> Self
    where
        S: Factories<T>,
    {
        let mut list = Vec::new();
        factories.add_to(&mut list);
        let list = list.into_iter().map(|sessions| sessions.with_spawner(spawn)).collect();
        Self { factories: factories.clone(), handler, list }
    }

    /// Begins an exchange of each factory.
    pub(crate) fn begin(&self, headers: &HeaderMap) -> Vec<Exchange> {
        let cookies = || headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        let mut entered = Exchanges::default();
        self.list.iter().filter_map(|sessions| entered.enter(None, sessions, cookies())).collect()
    }
}

/// Runs the rest of a save after the client has hung up. Without a runtime the save is lost.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
