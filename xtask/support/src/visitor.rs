//! A visitor whose session is read while its store cannot write.

use std::time::{Duration, Instant};

use session_core::adapter::Exchange;
use session_core::store::SessionStore;
use session_core::{SessionFactory, SessionOptions};
use session_testkit::ManualClock;

use crate::records::NOW;

/// The call timeout of the stores by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A visitor of a site on a store, whose clock stands still unless the test moves it.
#[derive(Debug)]
pub struct Visitor {
    factory: SessionFactory,
    clock: ManualClock,
    cookie: String,
}

impl Visitor {
    /// Visits the site for the first time, with a session of twenty minutes.
    pub async fn of(store: impl SessionStore) -> Self {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        let clock = ManualClock::at(NOW);
        let factory = SessionFactory::with_clock(options, store, clock.clone()).unwrap();
        let mut visitor = Self { factory, clock, cookie: String::new() };
        let exchange = visitor.begin();
        exchange.session().await.unwrap().insert("a", 1).unwrap();
        visitor.cookie = exchange.finish(200).await.unwrap().set_cookie.unwrap();
        visitor
    }

    /// Moves the clock on.
    pub fn wait(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// Reads the session, which has to be whole. Returns the time that the response took, and whether it came
    /// with a new cookie.
    pub async fn read(&mut self) -> (Duration, bool) {
        let (begun, exchange) = (Instant::now(), self.begin());
        assert_eq!(exchange.session().await.unwrap().get::<i32>("a").unwrap(), Some(1));
        let effects = exchange.finish(200).await.unwrap();
        let (took, is_reissued) = (begun.elapsed(), effects.set_cookie.is_some());
        self.cookie = effects.set_cookie.unwrap_or_else(|| self.cookie.clone());
        (took, is_reissued)
    }

    /// Reads the session soon after its last use, while the store cannot write. The response is there soon,
    /// and has no cookie.
    pub async fn read_without_touch(&mut self) {
        self.wait(130);
        let (took, is_reissued) = self.read().await;
        assert!(took < CALL_TIMEOUT / 2 && !is_reissued, "{took:?} {is_reissued}");
    }

    /// Reads the session when half of its idle timeout is over, while the store cannot write. The response
    /// waits until `free` ends that, after a second, and the session is prolonged.
    pub async fn read_with_touch(&mut self, free: impl Future<Output = ()>) {
        self.wait(600);
        let free = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            free.await;
        };
        let ((took, is_reissued), ()) = tokio::join!(self.read(), free);
        assert!(took > Duration::from_millis(900) && is_reissued, "{took:?} {is_reissued}");
        self.wait(1_100);
        assert!(self.read().await.1);
    }

    fn begin(&self) -> Exchange {
        self.factory.begin(Some(self.cookie.as_bytes()))
    }
}
