//! What must never be traced.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::Value;
use session_core::store::{Record, StoreKey};

use super::traces;

/// Shorter texts may stand in a trace by chance.
const SHORTEST: usize = 8;
/// Bytes of a key that no other key shares. Its first two are its placement, which is no secret.
const PLACEMENT_BYTES: usize = 2;

/// The secrets that one site has given away or kept. Clones are the same.
#[derive(Clone)]
pub struct Secrets(Arc<Mutex<HashSet<String>>>);

/// It is part of a store whose own `Debug` the stories look at.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// The secrets of a new site, this one among them. From the first site on everything is traced.
    pub(crate) fn new(secret: &str) -> Self {
        traces::begin();
        let secrets = Self(Arc::default());
        secrets.add(secret);
        secrets
    }

    /// Adds one that the library does not know.
    pub fn add(&self, text: &str) {
        if text.len() >= SHORTEST {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        }
    }

    /// A cookie's value, its body, and the id in it.
    pub(crate) fn add_cookie(&self, cookie: &str) {
        let value = cookie.split_once('=').map_or(cookie, |(_, value)| value);
        self.add(value);
        let body = URL_SAFE_NO_PAD.decode(value).unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        if let Some((_, id)) = body.split_once(r#""sessioneid":""#) {
            self.add(id.split('"').next().expect("a split has a first part"));
        }
    }

    /// A key in the forms in which one might print it.
    pub(crate) fn add_key(&self, key: &StoreKey) {
        let bytes = &key.as_bytes()[PLACEMENT_BYTES..];
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
        for text in [&hex, &hex.to_uppercase(), &list.join(", "), &list.join(",")] {
            self.add(text);
        }
        // The whole key's base64 says the same six bits at other places than that of the hash alone.
        for bytes in [bytes, key.as_bytes().as_slice()] {
            for engine in [STANDARD, URL_SAFE] {
                self.add(engine.encode(bytes).trim_end_matches('='));
            }
        }
    }

    /// What a record holds: the payload, each text in it, the owner, the label.
    pub(crate) fn add_record(&self, record: &Record) {
        self.add(&String::from_utf8_lossy(&record.payload));
        let payload = serde_json::from_slice(&record.payload).unwrap_or_default();
        let mut values: Vec<&Value> = vec![&payload];
        while let Some(value) = values.pop() {
            match value {
                Value::String(text) => self.add(text),
                Value::Array(list) => values.extend(list),
                Value::Object(map) => values.extend(map.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        record.owner.iter().for_each(|owner| self.add(owner.as_str()));
        record.label.iter().for_each(|label| self.add(label));
    }

    /// Whether one of the secrets stands in this text, and which.
    #[must_use]
    pub fn find_in(&self, text: &str) -> Option<String> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().find(|secret| text.contains(secret.as_str())).cloned()
    }

    /// Panics if one of the secrets was traced.
    pub fn check(&self) {
        if let Some(secret) = self.find_in(&traces::captured()) {
            panic!("a trace holds the secret {secret:?}");
        }
    }
}
