//! The end of a request's exchanges, at which their sessions are saved.

use session_core::adapter::{Effects, Exchange, Finish};

use crate::error::Error;

/// The saves of a request whose handler has returned, in their order: one for each exchange.
///
/// If the client hangs up in the meantime, the saves that have not begun are begun when this is dropped.
pub(crate) struct Saves {
    unfinished: std::vec::IntoIter<Exchange>,
    /// The status of the response, or `None` for a rejection.
    status: Option<u16>,
}

impl Saves {
    pub(crate) fn new(exchanges: Vec<Exchange>, status: Option<u16>) -> Self {
        Self { unfinished: exchanges.into_iter(), status }
    }

    /// Saves the sessions, one after the other. If one cannot be saved, the response cannot carry a cookie;
    /// of the sessions after it, only the changes that need no cookie are saved.
    pub(crate) async fn finish(mut self) -> Result<Vec<Effects>, Error> {
        let mut finished = Ok(Vec::with_capacity(self.unfinished.len()));
        while let Some(exchange) = self.unfinished.next() {
            match (self.end(&exchange).await, &mut finished) {
                (Ok(effects), Ok(all)) => all.push(effects),
                (Err(error), Ok(_)) => (finished, self.status) = (Err(Error(error)), None),
                (_, Err(_)) => {} // the first error counts
            }
        }
        finished
    }

    fn end(&self, exchange: &Exchange) -> Finish {
        match self.status {
            Some(status) => exchange.finish(status),
            None => exchange.reject(),
        }
    }
}

impl Drop for Saves {
    fn drop(&mut self) {
        while let Some(exchange) = self.unfinished.next() {
            drop(self.end(&exchange)); // a save that is dropped continues on the Tokio runtime
        }
    }
}
