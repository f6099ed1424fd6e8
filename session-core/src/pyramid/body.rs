//! The body of Pyramid's session cookie.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::pyramid::signer::Signer;
use crate::serializer::{Serializer, SerializerError};
use crate::time::UnixTime;

/// The body of a Pyramid session cookie: `[renewed, created, state]`.
///
/// Pyramid's cookie sessions keep their data in the state. CubicWeb and this library keep the ID of a stored
/// session there. `Debug` does not show the state.
///
/// ```
/// use session_core::UnixTime;
/// use session_core::pyramid::{CookieBody, HashAlg, JsonSerializer, Salt, Secret, Signer};
///
/// let secret = Secret::from("thirty-two bytes of secret, or more");
/// let signer = Signer::new(&secret, &[], &Salt::default(), HashAlg::Sha512);
/// let python = signer.sign(br#"[1700000000, 1700000000.25, {"sessioneid": 760}]"#);
/// let body = CookieBody::open(&python, &signer, &JsonSerializer).unwrap();
/// assert_eq!(body.renewed, UnixTime::from_secs(1_700_000_000));
/// assert_eq!(body.state["sessioneid"], 760);
/// ```
#[derive(Clone, PartialEq)]
pub struct CookieBody {
    /// The time at which the cookie was last sent ("issued at" elsewhere in this library).
    pub renewed: UnixTime,
    /// The time at which the session began.
    pub created: UnixTime,
    /// The rest of the body: the data of a cookie session, or the ID of a stored session.
    pub state: Value,
}

impl CookieBody {
    /// Opens a cookie's value. Returns `None` unless one of the signer's secrets signed it and the body has
    /// this form, with finite times.
    #[must_use]
    pub fn open(value: &str, signer: &Signer, serializer: &dyn Serializer) -> Option<Self> {
        let body = serializer.deserialize(&signer.verify(value)?).ok()?;
        let [renewed, created, state] = items(body)?;
        Some(Self { renewed: time(&renewed)?, created: time(&created)?, state })
    }

    /// Returns the cookie's value for this body.
    ///
    /// # Errors
    ///
    /// Fails if the serializer has no form for the body.
    pub fn seal(&self, signer: &Signer, serializer: &dyn Serializer) -> Result<String, SerializerError> {
        let body = json!([secs(self.renewed), secs(self.created), self.state]);
        Ok(signer.sign(&serializer.serialize(&body)?))
    }

    /// Returns the state as values by name, or `None` if it is neither an object nor a list of pairs.
    /// Python's `dict()` takes a list of pairs, too.
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

/// Splits a body into its three items. Python unpacks anything that can be iterated, and an object yields its
/// keys.
fn items(body: Value) -> Option<[Value; 3]> {
    let items: Vec<Value> = match body {
        Value::Array(items) => items,
        Value::Object(map) => map.into_iter().map(|(key, _)| Value::String(key)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    items.try_into().ok()
}

/// Reads a time as Python's `float()` does. Returns `None` if it is not finite: no cookie may say that it
/// never times out.
fn time(value: &Value) -> Option<UnixTime> {
    let secs = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    UnixTime::from_secs_f64(secs)
}

/// Writes a time as Python does: whole seconds as an integer, others as a float.
fn secs(at: UnixTime) -> Value {
    if at == at.whole_secs() { json!(at.as_secs()) } else { json!(at.as_millis() as f64 / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyramid::hash_alg::HashAlg;
    use crate::pyramid::secret::{Salt, Secret};
    use crate::serializer::JsonSerializer;

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
    fn debug_output_shows_no_state() {
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
}
