//! What one request did to its session, taken out of the session's state so that it can be done again on a newer record.

use crate::owner::Owner;
use crate::protocol::change::{ChangeLog, Contents, Data, ValueError};
use crate::protocol::state::{Intent, State};
use crate::store::record::Record;

/// The changes and the intent of a request. Replaying runs code of the caller's, so it happens on this copy, under no lock.
#[derive(Debug)]
pub(crate) struct Replay {
    log: ChangeLog,
    intent: Intent,
    owner: Option<Owner>,
}

impl Replay {
    /// Copies the changes and the intent of a session.
    pub(crate) fn of(state: &State) -> Self {
        Self { log: state.log().clone(), intent: state.intent(), owner: state.contents().owner.clone() }
    }

    /// Makes the changes again on a newer record, whose payload decodes to `data`. Returns the contents and the intent that follow.
    pub(crate) fn on(&self, newer: &Record, data: Data) -> Result<(Contents, Intent), ValueError> {
        let (mut contents, mut intent) = (Contents::of(newer, data), self.intent);
        // If another user signed in on this session in the meantime, their data are discarded, as `sign_in` does it at once.
        if self.intent == Intent::SignIn && newer.owner.is_some() && newer.owner != self.owner {
            (contents, intent) = (Contents::default(), Intent::Invalidate);
        }
        self.log.replay(&mut contents)?;
        Ok((contents, intent))
    }

    /// Makes the changes again on an empty session.
    pub(crate) fn on_nothing(&self) -> Result<Contents, ValueError> {
        let mut contents = Contents::default();
        self.log.replay(&mut contents)?;
        Ok(contents)
    }
}
