//! The watch over the connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fred::clients::Client;
use fred::interfaces::EventInterface as _;

use crate::driver::doubt::Doubt;
use crate::driver::said::plain;
use crate::trace;

/// The last problem of a client's connection, and the doubt whether its server is the primary. Clones share
/// both.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    problem: Arc<Mutex<Option<Arc<str>>>>,
    doubt: Doubt,
}

impl Watch {
    /// Watches a client until it ends. Each loss and each return of a connection is an event.
    pub(super) fn of(client: &Client) -> Self {
        let watch = Self::default();
        let (on_error, on_connect) = (watch.clone(), watch.clone());
        // The tasks end with the client.
        drop(client.on_error(move |(error, _)| {
            on_error.note(plain(error.details()));
            async { Ok(()) }
        }));
        drop(client.on_reconnect(move |_| {
            trace::event("the connection to the server is open again");
            on_connect.doubt.raise();
            *on_connect.problem() = None;
            async { Ok(()) }
        }));
        watch
    }

    /// Returns the last problem, unless there has been a connection since.
    pub(super) fn last_problem(&self) -> Option<Arc<str>> {
        self.problem().clone()
    }

    /// Returns the doubt whether the server is the primary, which each new connection raises.
    pub(super) const fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    fn note(&self, problem: &str) {
        trace::warning("the connection to the server is lost, or cannot be opened", problem);
        *self.problem() = Some(problem.into());
    }

    fn problem(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
