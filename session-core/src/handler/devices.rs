//! The sessions of the owner of this one: "your devices".

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::adapter::exchange::Exchange;
use crate::error::Error;
use crate::handler::session::Session;
use crate::store::contract::{OwnedSession, OwnerIndex};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::key::StoreKey;
use crate::time::UnixTime;

const PURPOSE: &str = "device";
const HANDLE_BYTES: usize = 16;

/// The sessions of whoever is signed in, for a page on which they see and end them (ASVS 5.0, 7.5.2).
///
/// ```
/// # use session_core::{Devices, Error};
/// # async fn doc(devices: Devices) -> Result<(), Error> {
/// for device in devices.list().await? {
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

/// One session of the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// What a form names it by.
    pub handle: DeviceHandle,
    /// When it signed in.
    pub created: UnixTime,
    /// When it was last written or touched; up to the reissue time ago it may have been read.
    pub last_used: UnixTime,
    /// The label that the application gave it.
    pub label: Option<Arc<str>>,
    /// Whether it is the session of this request.
    pub current: bool,
}

/// What a page names a session by: not its id, and good for its owner alone.
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

/// A text that is no [`DeviceHandle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no handle of a device: it comes from the list of devices, unchanged")]
pub struct BadDeviceHandle;

impl Exchange {
    /// The sessions of whoever is signed in with this one, which is loaded for it.
    ///
    /// # Errors
    ///
    /// If the store failed.
    pub async fn devices(&self) -> Result<Devices, Error> {
        Ok(Devices { session: self.session().await?, exchange: self.clone() })
    }
}

impl Devices {
    /// The live sessions of the owner, the one used last first. Empty if nobody is signed in.
    ///
    /// # Errors
    ///
    /// If the store failed, or keeps no index by owner.
    pub async fn list(&self) -> Result<Vec<Device>, Error> {
        let current = self.exchange.current_key();
        let mut sessions = self.sessions().await?;
        sessions.sort_by_key(|session| {
            (std::cmp::Reverse(session.last_used), std::cmp::Reverse(session.created))
        });
        let device = |session: OwnedSession| Device {
            handle: self.handle(&session.key),
            created: session.created,
            last_used: session.last_used,
            label: session.label,
            current: current == Some(session.key),
        };
        Ok(sessions.into_iter().map(device).collect())
    }

    /// Ends one session of the owner; false if the owner has no such session. This request's own ends with the response.
    ///
    /// # Errors
    ///
    /// If the store failed, or keeps no index by owner.
    pub async fn revoke(&self, handle: &DeviceHandle) -> Result<bool, Error> {
        let sessions = self.sessions().await?;
        let Some(session) = sessions.into_iter().find(|session| self.handle(&session.key) == *handle) else {
            return Ok(false);
        };
        if self.exchange.current_key() == Some(session.key) {
            self.session.invalidate()?;
        } else {
            let factory = self.exchange.factory();
            let deleted = factory.store.delete(&session.key).await;
            deleted.map_err(|error| factory.failure("revocation failed", error))?;
        }
        Ok(true)
    }

    /// Ends all sessions of the owner but this one; the answer is how many. For "sign out everywhere else", and for every change of a
    /// password or another factor (ASVS 5.0, 7.4.3).
    ///
    /// # Errors
    ///
    /// If the store failed, or keeps no index by owner; some may then have ended.
    pub async fn revoke_others(&self) -> Result<u64, Error> {
        let Some(owner) = self.session.owner() else { return Ok(0) };
        let revoked = self.index()?.revoke(&owner, self.exchange.current_key().as_ref()).await;
        revoked.map_err(|error| self.exchange.factory().failure("revocation failed", error))
    }

    async fn sessions(&self) -> Result<Vec<OwnedSession>, Error> {
        let Some(owner) = self.session.owner() else { return Ok(Vec::new()) };
        let factory = self.exchange.factory();
        let listed = self.index()?.list(&owner, factory.now()).await;
        listed.map_err(|error| factory.failure("device list failed", error))
    }

    fn index(&self) -> Result<&dyn OwnerIndex, Error> {
        let store = &self.exchange.factory().store;
        let none =
            || StoreError::new(store.name(), StoreErrorKind::Other).with_source("it keeps no index by owner");
        Ok(store.owner_index().ok_or_else(none)?)
    }

    fn handle(&self, key: &StoreKey) -> DeviceHandle {
        let derived = self.session.settings().signer.derive(PURPOSE, key.as_bytes());
        let (handle, _) = derived.split_first_chunk().expect("32 bytes begin with 16");
        DeviceHandle(*handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_handle_is_refused_in_words() {
        for text in ["", "A", "../../etc/passwd", &"A".repeat(400)] {
            let error = text.parse::<DeviceHandle>().unwrap_err().to_string();
            assert!(error.contains("list of devices"), "{error}");
        }
    }

    #[test]
    fn a_handle_is_what_it_was_written_as() {
        let handle = DeviceHandle([7; HANDLE_BYTES]);
        assert_eq!(handle.to_string().parse(), Ok(handle));
    }
}
