//! The serializers, which turn values into bytes and back.

use std::fmt;

use serde_json::Value;

/// A format that turns values into bytes and back: Python's `serializer`.
///
/// The cookie's body has one ([`SessionOptions::serializer`](crate::SessionOptions::serializer)), and the
/// stored payload has one ([`SessionOptions::data_serializer`](crate::SessionOptions::data_serializer)).
/// Bytes from a cookie are read only after their MAC was verified. Even so, the format must hold data only,
/// and must not be able to name code (CVE-2013-7489, pickle).
///
/// ```
/// use session_core::pyramid::{Serializer, SerializerError};
/// use serde_json::Value;
///
/// /// Indented JSON, for looking at rows by hand.
/// #[derive(Debug)]
/// struct Pretty;
///
/// impl Serializer for Pretty {
///     fn serialize(&self, value: &Value) -> Result<Vec<u8>, SerializerError> {
///         serde_json::to_vec_pretty(value).map_err(|_| SerializerError::new("not JSON"))
///     }
///     fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
///         serde_json::from_slice(bytes).map_err(|_| SerializerError::new("not JSON"))
///     }
/// }
/// ```
pub trait Serializer: fmt::Debug + Send + Sync + 'static {
    /// Turns `value` into bytes.
    ///
    /// # Errors
    ///
    /// Fails if the format has no form for the value.
    fn serialize(&self, value: &Value) -> Result<Vec<u8>, SerializerError>;

    /// Turns `bytes` back into a value.
    ///
    /// # Errors
    ///
    /// Fails if the bytes are not in this format.
    fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError>;
}

/// The reason why a serializer has failed. It holds no part of the input, so that no payload reaches a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("serializer: {0}")]
pub struct SerializerError(&'static str);

impl SerializerError {
    /// Creates an error with this reason.
    #[must_use]
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }
}

/// JSON without white space: the default for both cookie and payload. It reads the output of Python's
/// `json.dumps`, except `NaN` and `Infinity`, which are not JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonSerializer;

/// The room, in bytes, that is reserved for a value. It is enough for most sessions, so that their bytes are
/// not moved.
const SESSION_BYTES: usize = 512;

impl Serializer for JsonSerializer {
    fn serialize(&self, value: &Value) -> Result<Vec<u8>, SerializerError> {
        let mut bytes = Vec::with_capacity(SESSION_BYTES);
        serde_json::to_writer(&mut bytes, value)
            .map_err(|_| SerializerError::new("the value has no JSON form"))?;
        Ok(bytes)
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
        serde_json::from_slice(bytes).map_err(|_| SerializerError::new("the bytes are not JSON"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_back() {
        let value = json!({"a": [1, 2.5, null, "é☃"], "b": {"c": true}});
        let bytes = JsonSerializer.serialize(&value).unwrap();
        assert_eq!(JsonSerializer.deserialize(&bytes), Ok(value));
    }

    #[test]
    fn refused_bytes_are_not_repeated_in_the_error() {
        let error = JsonSerializer.deserialize(b"hunter2").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn deep_nesting_is_refused_instead_of_ending_the_process() {
        let deep = "[".repeat(100_000);
        assert!(JsonSerializer.deserialize(deep.as_bytes()).is_err());
    }
}
