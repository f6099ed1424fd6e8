//! What the cookie says, between its signed text and the session's id and times.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::id::{SessionId, StoreKey};
use crate::serializer::{Serializer, SerializerError};
use crate::signer::Signer;
use crate::time::UnixTime;

const ID: &str = "sessioneid";
const TIMEOUT: &str = "timeout";

/// The body of every Pyramid session cookie: `[renewed, created, state]`. Pyramid's cookie session keeps its data in the state;
/// CubicWeb, and this library, keep the id of a stored session there. `Debug` shows no state.
///
/// ```
/// use session_core::{CookieBody, HashAlg, JsonSerializer, Salt, Secret, Signer, UnixTime};
///
/// let signer = Signer::new(&Secret::from("thirty-two bytes of secret, or more"), &[], &Salt::default(), HashAlg::Sha512);
/// let python = signer.sign(br#"[1700000000, 1700000000.25, {"sessioneid": 760}]"#);
/// let body = CookieBody::open(&python, &signer, &JsonSerializer).unwrap();
/// assert_eq!(body.renewed, UnixTime::from_secs(1_700_000_000));
/// assert_eq!(body.state["sessioneid"], 760);
/// ```
#[derive(Clone, PartialEq)]
pub struct CookieBody {
    /// When the cookie was last sent.
    pub renewed: UnixTime,
    /// When the session began.
    pub created: UnixTime,
    /// What the cookie says beside its times.
    pub state: Value,
}

impl CookieBody {
    /// The body of a cookie's value, if one of the signer's secrets signed it and it has this form. All else is no cookie.
    #[must_use]
    pub fn open(value: &str, signer: &Signer, serializer: &dyn Serializer) -> Option<Self> {
        let body = serializer.deserialize(&signer.verify(value)?).ok()?;
        let [renewed, created, state] = items(body)?;
        Some(Self { renewed: time(&renewed)?, created: time(&created)?, state })
    }

    /// The cookie's value for this body.
    ///
    /// # Errors
    ///
    /// If the serializer has no form for the body.
    pub fn seal(&self, signer: &Signer, serializer: &dyn Serializer) -> Result<String, SerializerError> {
        let body = json!([secs(self.renewed), secs(self.created), self.state]);
        Ok(signer.sign(&serializer.serialize(&body)?))
    }

    /// The state by name. Like Python's `dict()`, it takes a list of pairs too.
    #[must_use]
    pub fn named_state(&self) -> Option<Map<String, Value>> {
        match &self.state {
            Value::Object(map) => Some(map.clone()),
            Value::Array(pairs) => pairs.iter().map(pair).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
}

impl fmt::Debug for CookieBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieBody")
            .field("renewed", &self.renewed)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

fn pair(item: &Value) -> Option<(String, Value)> {
    match item.as_array()?.as_slice() {
        [Value::String(name), value] => Some((name.clone(), value.clone())),
        _ => None,
    }
}

/// The three items of a body. Python unpacks whatever can be iterated, and an object yields its keys.
fn items(body: Value) -> Option<[Value; 3]> {
    let items: Vec<Value> = match body {
        Value::Array(items) => items,
        Value::Object(map) => map.into_iter().map(|(key, _)| Value::String(key)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    items.try_into().ok()
}

/// A time as Python's `float()` reads it, if it is finite: no cookie may say that it never times out.
fn time(value: &Value) -> Option<UnixTime> {
    let secs = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    UnixTime::from_secs_f64(secs)
}

/// Whole seconds as an integer, others as a float: as Python writes them.
fn secs(at: UnixTime) -> Value {
    if at == at.whole_secs() { json!(at.as_secs()) } else { json!(at.as_millis() as f64 / 1_000.0) }
}

/// What our cookie says: which session, since when, last sent when, and its own idle limit if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) issued_at: UnixTime,
    pub(crate) created: UnixTime,
    pub(crate) id: SessionId,
    /// What the store knows the session by: it follows from the id and the cookie's name.
    pub(crate) key: StoreKey,
    pub(crate) timeout: Option<Duration>,
}

impl Ticket {
    /// The ticket that the value of the cookie called `name` is. A body of Pyramid's that names no session of ours is none.
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

    /// The cookie's value for this ticket. `issued_at` loses its fraction of a second, as in Pyramid.
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
    use crate::serializer::JsonSerializer;
    use crate::signer::{HashAlg, Salt, Secret};
    use proptest::prelude::*;

    fn signer() -> Signer {
        Signer::new(&Secret::from("secret"), &[], &Salt::default(), HashAlg::Sha512)
    }

    fn opened(body: &str) -> Option<CookieBody> {
        CookieBody::open(&signer().sign(body.as_bytes()), &signer(), &JsonSerializer)
    }

    #[test]
    fn a_body_is_three_items_of_which_two_are_finite_times() {
        for refused in [
            "5",
            "null",
            "[1, 2]",
            "[1, 2, {}, 4]",
            r#"["x", 2, {}]"#,
            "[1e999, 2, {}]",
            r#"["nan", 2, {}]"#,
            "[NaN, 1, {}]",
        ] {
            assert_eq!(opened(refused), None, "{refused}");
        }
        let body = opened(r#"["1699999995", 1699999991.5, {"a": 1}]"#).unwrap();
        assert_eq!(body.renewed, UnixTime::from_secs(1_699_999_995));
        assert_eq!(body.created, UnixTime::from_millis(1_699_999_991_500));
    }

    #[test]
    fn nothing_prints_a_state() {
        let body = opened(r#"[1, 2.5, {"hush": "hush"}]"#).unwrap();
        assert_eq!(
            format!("{body:?}"),
            "CookieBody { renewed: UnixTime(1.000), created: UnixTime(2.500), .. }"
        );
    }

    #[test]
    fn a_state_is_named_values_or_pairs_of_them() {
        assert_eq!(
            opened(r#"[1, 2, [["a", 1]]]"#).unwrap().named_state(),
            opened(r#"[1, 2, {"a": 1}]"#).unwrap().named_state()
        );
        assert_eq!(opened("[1, 2, null]").unwrap().named_state(), None);
        assert_eq!(opened("[1, 2, [1]]").unwrap().named_state(), None);
    }

    #[test]
    fn a_pyramid_cookie_without_an_id_of_ours_is_no_ticket() {
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
        fn a_ticket_is_read_back(bytes: [u8; 18], renewed in 0..4_102_444_800i64, created in 0..4_102_444_800_000i64, timeout in prop::option::of(0..100_000_000u64)) {
            let ticket = Ticket {
                issued_at: UnixTime::from_secs(renewed),
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
