//! The changes of one request, copied from the session's state so that they can be replayed on a newer
//! record.

use crate::owner::Owner;
use crate::protocol::change::{ChangeLog, Contents, Data, ValueError};
use crate::protocol::state::{Intent, State};
use crate::store::record::Record;

/// The changes and the intent of a request. A replay runs code of the caller's, so it uses this copy and
/// holds no lock.
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

    /// Replays the changes on a newer record, whose payload decodes to `data`. Returns the resulting contents
    /// and intent.
    pub(crate) fn on(&self, newer: &Record, data: Data) -> Result<(Contents, Intent), ValueError> {
        let (mut contents, mut intent) = (Contents::of(newer, data), self.intent);
        // If another user has signed in on this session in the meantime, that user's data is discarded, as
        // `sign_in` does.
        if self.intent == Intent::SignIn && newer.owner.is_some() && newer.owner != self.owner {
            (contents, intent) = (Contents::default(), Intent::Invalidate);
        }
        self.log.replay(&mut contents)?;
        Ok((contents, intent))
    }

    /// Replays the changes on an empty session.
    pub(crate) fn on_nothing(&self) -> Result<Contents, ValueError> {
        let mut contents = Contents::default();
        self.log.replay(&mut contents)?;
        Ok(contents)
    }
}
