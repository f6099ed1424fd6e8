//! A site under test: an app that is served, on a store that is watched, with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use crate::manual_clock::ManualClock;
use http::header::COOKIE;
use http::{HeaderMap, Method};
use session_core::{MemoryStore, SessionFactory};
use tokio::time::timeout;

use super::answer::Answer;
use super::browser::{Browser, value};
use super::framework::{Framework, HangUp};
use super::gate::{Gate, PATIENCE};
use super::opened::Opened;
use super::secrets::Secrets;
use super::watched::Watch;
use super::wire::Connection;
use crate::counting::Calls;
use crate::faulty::Faults;

/// A site that is open. When it goes, it looks whether a secret of its has got into a trace.
#[derive(Debug)]
pub struct Site {
    pub(crate) opened: Arc<Opened>,
    /// What the sessions come from.
    pub factory: SessionFactory,
    /// Where they are, if they are in memory.
    pub memory: MemoryStore,
    /// The time.
    pub clock: ManualClock,
    /// What was asked of the store.
    pub calls: Calls,
    /// What fails of the store.
    pub faults: Faults,
    /// What the store is given, and how to hold it up.
    pub watch: Watch,
    /// Where requests under `/slow` wait when they have loaded the session, before their handler runs.
    pub slow: Gate,
    /// Where requests under `/late` wait when their handler is done.
    pub late: Gate,
}

impl Site {
    /// A browser that was never here.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::new(Arc::clone(&self.opened))
    }

    /// A browser with a session in which `name` is `value`.
    pub async fn visitor(&self, name: &str, value: &str) -> Browser {
        let browser = self.browser();
        browser.text(&format!("/set/{name}/{value}")).await;
        self.calls.take();
        browser
    }

    /// A browser that has signed in.
    pub async fn user(&self, user: &str) -> Browser {
        let browser = self.browser();
        browser.text(&format!("/sign_in/{user}")).await;
        self.calls.take();
        browser
    }

    /// One request with just this Cookie header.
    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        self.get_with(path, headers(cookie)).await
    }

    /// One request with these headers.
    pub async fn get_with(&self, path: &str, headers: HeaderMap) -> Answer {
        let answer = self.opened.send(Method::GET, path, headers).await;
        answer.unwrap_or_else(|| panic!("{path} was not answered: the connection ended"))
    }

    /// One request with just this Cookie header; `None` if the connection ends without an answer.
    pub async fn try_get(&self, path: &str, cookie: Option<&str>) -> Option<Answer> {
        self.opened.send(Method::GET, path, headers(cookie)).await
    }

    /// Sends a request with just this Cookie header, and leaves the connection open for its answer.
    pub async fn ask(&self, path: &str, cookie: Option<&str>) -> Connection {
        self.opened.ask(path, headers(cookie)).await
    }

    /// Ends a connection whose request is being answered, and waits until the framework has given that up, if it does.
    pub async fn hang_up(&self, on: &dyn Framework, connection: Connection) {
        assert_ne!(*self.opened.visits().borrow(), 0, "the driver holds no visit while it answers");
        drop(connection);
        match on.hang_up() {
            HangUp::EndsTheRequest => self.idle().await,
            HangUp::ChangesNothing => {}
        }
    }

    /// Waits until no request is being answered any more.
    pub async fn idle(&self) {
        let mut visits = self.opened.visits();
        let idle = timeout(PATIENCE, visits.wait_for(|visits| *visits == 0)).await;
        let _ = idle.expect("the framework goes on with a request").expect("the app is there");
    }

    /// How many sessions the memory store has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.memory.len()
    }

    /// Moves the clock.
    pub fn wait_secs(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// What must not be traced.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        self.opened.secrets()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.secrets().check();
        }
    }
}

fn headers(cookie: Option<&str>) -> HeaderMap {
    cookie.map(|cookie| (COOKIE, value(cookie))).into_iter().collect()
}
