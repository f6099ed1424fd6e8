//! Values of the caller's types, written as JSON and read back.

use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::handler::finite::is_finite;
use crate::protocol::change::ValueError;

/// The number of levels to which a value may nest. serde_json reads 127 levels, and the session itself and a
/// flash queue take two of them.
const DEEPEST: usize = 120;

/// Decodes a value as the type that the caller wants.
pub(crate) fn decoded<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, ValueError> {
    T::deserialize(value).map_err(|_| ValueError::decoding(name, type_name::<T>()))
}

/// Encodes a value of the caller's type. Refuses a value that could be saved but never be read again: one
/// that nests too deep, or that holds a number which JSON cannot hold.
pub(crate) fn encoded<T: Serialize>(name: &str, value: &T) -> Result<Value, ValueError> {
    let wanted = type_name::<T>();
    let json = serde_json::to_value(value).map_err(|_| ValueError::encoding(name, wanted))?;
    let mut has_null = false;
    if !nests_at_most(&json, DEEPEST, &mut has_null) {
        return Err(ValueError::too_deep(name, wanted));
    }
    // NaN and infinities are written as null, so a value without a null has none of them.
    if has_null && !is_finite(value) {
        return Err(ValueError::not_finite(name, wanted));
    }
    Ok(json)
}

/// Encodes a value that its own type must read back.
pub(crate) fn encoded_to_be_read<T>(name: &str, value: &T) -> Result<Value, ValueError>
where
    T: Serialize + DeserializeOwned,
{
    let json = encoded(name, value)?;
    match T::deserialize(&json) {
        Ok(_) => Ok(json),
        Err(_) => Err(ValueError::not_read_back(name, type_name::<T>())),
    }
}

/// Tells whether a value nests no deeper than `levels`, and notes if there is a null in it.
fn nests_at_most(value: &Value, levels: usize, has_null: &mut bool) -> bool {
    match value {
        Value::Array(items) => {
            levels > 0 && items.iter().all(|item| nests_at_most(item, levels - 1, has_null))
        }
        Value::Object(map) => {
            levels > 0 && map.values().all(|item| nests_at_most(item, levels - 1, has_null))
        }
        Value::Null => {
            *has_null = true;
            true
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
