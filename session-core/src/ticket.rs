//! The ticket: the content of the session cookie. This file chooses the cookie's format, which is Pyramid's.

use std::time::Duration;

use serde_json::json;

use crate::id::SessionId;
use crate::pyramid::body::CookieBody;
use crate::pyramid::signer::Signer;
use crate::serializer::{Serializer, SerializerError};
use crate::store::key::StoreKey;
use crate::time::UnixTime;

const ID: &str = "sessioneid";
const TIMEOUT: &str = "timeout";

/// The content of the session cookie: the session's ID, when it was created, when the cookie was issued, and
/// the session's own idle timeout if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) issued_at: UnixTime,
    pub(crate) created: UnixTime,
    pub(crate) id: SessionId,
    /// The session's key in the store. It follows from the ID and the cookie's name.
    pub(crate) key: StoreKey,
    pub(crate) timeout: Option<Duration>,
}

impl Ticket {
    /// Reads the ticket from the value of the cookie called `name`. Returns `None` if the value is not valid,
    /// or is a Pyramid cookie that names no session of this library.
    pub(crate) fn open(
        value: &str,
        name: &str,
        signer: &Signer,
        serializer: &dyn Serializer,
    ) -> Option<Self> {
        let body = CookieBody::open(value, signer, serializer)?;
        let state = body.state.as_object()?;
        let id = SessionId::from_text(state.get(ID)?.as_str()?)?;
        let timeout = match state.get(TIMEOUT) {
            None => None,
            Some(secs) => Some(Duration::from_secs(secs.as_u64()?)),
        };
        Some(Self { issued_at: body.renewed, created: body.created, id, key: id.store_key(name), timeout })
    }

    /// Returns the cookie's value for this ticket. `issued_at` loses its fraction of a second, as in Pyramid.
    pub(crate) fn seal(
        &self,
        signer: &Signer,
        serializer: &dyn Serializer,
    ) -> Result<String, SerializerError> {
        let mut state = json!({ ID: self.id.to_text() });
        if let Some(timeout) = self.timeout {
            state[TIMEOUT] = json!(timeout.as_secs());
        }
        CookieBody { renewed: self.issued_at.whole_secs(), created: self.created, state }
            .seal(signer, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyramid::hash_alg::HashAlg;
    use crate::pyramid::secret::{Salt, Secret};
    use crate::serializer::JsonSerializer;
    use proptest::prelude::*;

    fn signer() -> Signer {
        Signer::new(&Secret::from("secret"), &[], &Salt::default(), HashAlg::Sha512)
    }

    #[test]
    fn a_pyramid_cookie_without_an_id_of_ours_is_not_a_ticket() {
        for state in [
            r#"{}"#,
            r#"{"sessioneid": 760}"#,
            r#"{"sessioneid": null}"#,
            r#"{"sessioneid": "../../x"}"#,
            "[]",
            "null",
        ] {
            let value = signer().sign(format!("[1700000000, 1700000000, {state}]").as_bytes());
            assert_eq!(Ticket::open(&value, "session", &signer(), &JsonSerializer), None, "{state}");
        }
    }

    proptest! {
        #[test]
        fn a_ticket_is_read_back(bytes: [u8; 18], issued_at in 0..4_102_444_800i64, created in 0..4_102_444_800_000i64, timeout in prop::option::of(0..100_000_000u64)) {
            let ticket = Ticket {
                issued_at: UnixTime::from_secs(issued_at),
                created: UnixTime::from_millis(created),
                id: SessionId::from_random(bytes),
                key: SessionId::from_random(bytes).store_key("session"),
                timeout: timeout.map(Duration::from_secs),
            };
            let value = ticket.seal(&signer(), &JsonSerializer).unwrap();
            prop_assert_eq!(Ticket::open(&value, "session", &signer(), &JsonSerializer), Some(ticket));
        }

        #[test]
        fn opening_never_panics(body: Vec<u8>) {
            let value = signer().sign(&body);
            let _ = Ticket::open(&value, "session", &signer(), &JsonSerializer);
            let _ = CookieBody::open(&value, &signer(), &JsonSerializer);
        }
    }
}
