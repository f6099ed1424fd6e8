//! What a store makes of a touch that must not take long.

use session_core::UnixTime;
use session_core::store::{Record, StoreError, StoreErrorKind, StoreKey, Touched};

use super::flaw::Flaw;
use super::{BrokenStore, NAME};

impl BrokenStore {
    /// A brief touch. A sound store makes it as any other.
    pub(super) async fn touch_briefly(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        Ok(match () {
            () if self.has(Flaw::BriefTouchDoesNothing) => self.table().clone().touch(key, expires, now),
            () if self.has(Flaw::BriefTouchFindsNothing) => Touched::Gone,
            () if self.has(Flaw::BriefTouchNeverSucceeds) => {
                return Err(
                    StoreError::new(NAME, StoreErrorKind::Unavailable).with_source("it took too long")
                );
            }
            () if self.has(Flaw::BriefTouchRevives) => self.touch_in_any_case(key, expires, now),
            () if self.has(Flaw::BriefTouchFollowsTheMoved) => {
                let mut table = self.table();
                let at = table.became(key);
                table.touch(&at, expires, now)
            }
            () => self.touch_in_steps(key, expires, now).await,
        })
    }

    /// A touch that does not look whether the record has expired.
    fn touch_in_any_case(&self, key: &StoreKey, expires: Option<UnixTime>, now: UnixTime) -> Touched {
        let mut table = self.table();
        let touched = table.touch(key, expires, now);
        match table.record(key) {
            Some(record) if touched == Touched::Gone => {
                table.keep(*key, &Record { expires, ..record });
                Touched::Done
            }
            Some(_) | None => touched,
        }
    }
}
