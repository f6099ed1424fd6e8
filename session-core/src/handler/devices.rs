//! The list of a user's sessions, for a page "your devices".

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::adapter::exchange::Exchange;
use crate::adapter::owned::Pages;
use crate::error::Error;
use crate::handler::session::Session;
use crate::store::key::StoreKey;
use crate::store::owner_index::OwnedSession;
use crate::time::UnixTime;

const PURPOSE: &str = "device";
const HANDLE_BYTES: usize = 16;

/// The sessions of the signed-in user, for a page on which users see their devices and sign them out (ASVS
/// 5.0, 7.5.2).
///
/// A handler gets this type from the adapter for its framework. It needs a store with an index by owner.
///
/// ```
/// # use session_core::{Devices, Error};
/// # async fn doc(devices: Devices) -> Result<(), Error> {
/// for device in devices.list(100).await? {
///     println!("{} {:?}", device.label.as_deref().unwrap_or("unknown"), device.last_used);
/// }
/// devices.revoke_others().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Devices {
    session: Session,
    exchange: Exchange,
}

/// One session of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// The handle by which a form names the session.
    pub handle: DeviceHandle,
    /// The time of the sign-in.
    pub created: UnixTime,
    /// The time at which the session was last written or touched. Requests that only read touch it at most
    /// once per reissue time, so it may have been read since.
    pub last_used: UnixTime,
    /// The label that the application gave the session with [`Session::set_label`].
    pub label: Option<Arc<str>>,
    /// True for the session of this request.
    pub current: bool,
}

/// The handle by which a page names one session of the user, as 22 characters of base64url.
///
/// It is not the session ID, and it can be used only by the owner of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceHandle([u8; HANDLE_BYTES]);

impl fmt::Display for DeviceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for DeviceHandle {
    type Err = BadDeviceHandle;

    fn from_str(text: &str) -> Result<Self, BadDeviceHandle> {
        let mut bytes = [0; HANDLE_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(HANDLE_BYTES) => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(BadDeviceHandle),
        }
    }
}

/// The error of parsing a text that is not a valid [`DeviceHandle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid device handle: send a handle from the list of devices unchanged")]
#[non_exhaustive]
pub struct BadDeviceHandle;

impl Exchange {
    /// Loads the request's session and returns a handle on the sessions of its owner.
    ///
    /// # Errors
    ///
    /// Fails if the session cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub async fn devices(&self) -> Result<Devices, Error> {
        Ok(Devices { session: self.session().await?, exchange: self.clone() })
    }
}

impl Devices {
    /// Returns the `limit` live sessions of the signed-in user that were used last, the most recently used
    /// first, and the session of this request if it is not among them. The list is empty if nobody is signed
    /// in.
    ///
    /// This is one store call for a user with up to 1000 sessions, and one more for each further 1000. The
    /// memory that it takes does not grow with the number of sessions.
    ///
    /// # Errors
    ///
    /// Fails if the store failed or has no index by owner.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub async fn list(&self, limit: usize) -> Result<Vec<Device>, Error> {
        let current = self.exchange.current_key();
        let mut latest = Latest { sessions: Vec::new(), limit, current };
        self.pages(|page| {
            latest.add(page);
            None::<()>
        })
        .await?;
        let device = |session: OwnedSession| Device {
            handle: self.handle(&session.key),
            created: session.created,
            last_used: session.last_used,
            label: session.label,
            current: current == Some(session.key),
        };
        Ok(latest.sessions.into_iter().map(device).collect())
    }

    /// Signs out one device of the user. Returns false if the user has no such device.
    ///
    /// The session is deleted at once. The session of this request ends with the response instead.
    ///
    /// # Errors
    ///
    /// Fails if the store failed or has no index by owner. Returns [`Error::Finished`] if the session is that
    /// of this request and the response has begun.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the session may or may not be deleted, perhaps only after the drop.
    pub async fn revoke(&self, handle: &DeviceHandle) -> Result<bool, Error> {
        let named = |session: &OwnedSession| self.handle(&session.key) == *handle;
        let Some(session) = self.pages(|page| page.into_iter().find(named)).await? else {
            return Ok(false);
        };
        if self.exchange.current_key() == Some(session.key) {
            self.session.invalidate()?;
        } else {
            self.exchange.factory().delete(&session.key).await?;
        }
        Ok(true)
    }

    /// Deletes all sessions of the signed-in user except the session of this request, and returns the number
    /// of deleted sessions. Returns 0 if nobody is signed in.
    ///
    /// Call it for "sign out everywhere else", and when the user has changed the password or another factor
    /// (ASVS 5.0, 7.4.3).
    ///
    /// # Errors
    ///
    /// Fails if the store failed or has no index by owner. Some sessions may have been deleted.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the sessions may or may not be deleted, perhaps only after the drop.
    pub async fn revoke_others(&self) -> Result<u64, Error> {
        let Some(owner) = self.session.owner() else { return Ok(0) };
        self.exchange.factory().revoke(&owner, self.exchange.current_key().as_ref()).await
    }

    /// Goes through the pages of the user's sessions until `visit` returns something or no page is left.
    async fn pages<T>(
        &self,
        mut visit: impl FnMut(Vec<OwnedSession>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(owner) = self.session.owner() else { return Ok(None) };
        let factory = self.exchange.factory();
        let mut pages = Pages::of(&owner, factory.now());
        while let Some(page) = pages.next(factory).await? {
            if let Some(found) = visit(page) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn handle(&self, key: &StoreKey) -> DeviceHandle {
        let derived = self.session.settings().signer.derive(PURPOSE, key.as_bytes());
        let (handle, _) = derived.split_first_chunk().expect("a derived token has 32 bytes");
        DeviceHandle(*handle)
    }
}

/// The sessions of the pages so far that were used last, the most recently used first.
struct Latest {
    sessions: Vec<OwnedSession>,
    limit: usize,
    /// The session that stays however long it has not been used.
    current: Option<StoreKey>,
}

impl Latest {
    fn add(&mut self, page: Vec<OwnedSession>) {
        self.sessions.extend(page);
        self.sessions.sort_unstable_by_key(|session| {
            (Reverse(session.last_used), Reverse(session.created), session.key)
        });
        // A session may be in two pages.
        let mut seen = HashSet::new();
        self.sessions.retain(|session| seen.insert(session.key));
        let mut rank = 0..;
        let (limit, current) = (self.limit, self.current);
        self.sessions
            .retain(|session| rank.next().is_some_and(|rank| rank < limit) || Some(session.key) == current);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_handle_is_refused_with_a_hint() {
        for text in ["", "A", "../../etc/passwd", &"A".repeat(400)] {
            let error = text.parse::<DeviceHandle>().unwrap_err().to_string();
            assert!(error.contains("list of devices"), "{error}");
        }
    }

    #[test]
    fn a_handle_is_read_back_from_its_text() {
        let handle = DeviceHandle([7; HANDLE_BYTES]);
        assert_eq!(handle.to_string().parse(), Ok(handle));
    }
}
