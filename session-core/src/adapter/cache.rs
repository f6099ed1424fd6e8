//! A cache of verified cookies and decoded payloads, which can be deleted without changing behaviour.
//!
//! It is worth about half of a request's time on a store in memory, and nothing noticeable on a database. A
//! busy browser sends the same cookie again and again, and its payload is read again and again. To verify the
//! cookie and decode the payload costs more than the rest of a request.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use subtle::ConstantTimeEq as _;

use crate::protocol::change::Data;
use crate::serializer::{Serializer, SerializerError};
use crate::setup::settings::Settings;
use crate::store::record::Version;
use crate::ticket::Ticket;

/// The number of slots of each cache. A slot keeps one result.
const SLOTS: usize = 1024;
/// The longest input, in bytes, whose result is kept. It limits both caches to a few megabytes.
const LONGEST: usize = 4096;

/// The results of verifying cookies and decoding payloads.
///
/// A result is used only if the bytes that it was made from are equal to the new ones, which are compared in
/// constant time. Equal bytes always have the same result, because a factory's secrets and serializers never
/// change.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    tickets: Cache<Ticket>,
    payloads: Cache<Data>,
}

impl Caches {
    /// Returns the ticket in the value of a session cookie, or `None` if the value is not a valid one.
    pub(crate) fn ticket(&self, value: &str, settings: &Settings) -> Option<Ticket> {
        let slot = slot_of(value);
        if let Some(ticket) = self.tickets.get(slot, value.as_bytes()) {
            return Some(ticket);
        }
        let Settings { cookie, signer, serializer, .. } = settings;
        let ticket = Ticket::open(value, cookie.name.as_str(), signer, serializer.as_ref())?;
        self.tickets.put(slot, value.as_bytes().into(), ticket);
        Some(ticket)
    }

    /// Returns the data of a record's payload. It is taken out of the cache, so that the request can change
    /// it without a copy; [`Caches::keep_data`] puts it back.
    pub(crate) fn data(
        &self,
        version: Version,
        payload: &Arc<[u8]>,
        serializer: &dyn Serializer,
    ) -> Result<Data, SerializerError> {
        if let Some(data) = self.payloads.take(version.to_bits(), payload) {
            return Ok(data);
        }
        Data::from_value(serializer.deserialize(payload)?)
            .ok_or(SerializerError::new("the payload is not an object"))
    }

    /// Keeps the data of a payload for the next request, unless it has many values.
    pub(crate) fn keep_data(&self, version: Version, payload: &Arc<[u8]>, data: &Data) {
        if data.is_small() {
            self.payloads.put(version.to_bits(), Arc::clone(payload), data.clone());
        }
    }
}

/// Derives a slot from the start of a cookie's value, which is its MAC and therefore as good as random.
fn slot_of(value: &str) -> u64 {
    value.bytes().take(16).fold(0, |slot, byte| (slot << 5) ^ u64::from(byte) ^ (slot >> 59))
}

/// Tells whether the bytes are equal, in a time that depends on their length alone. It compares words,
/// because comparing byte by byte would cost more than the MAC.
fn same(one: &[u8], other: &[u8]) -> bool {
    let (words, rest) = one.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    let differing =
        words.iter().zip(other_words).fold(0, |differing, (a, b)| differing | (word(a) ^ word(b)));
    one.len() == other.len() && (differing.ct_eq(&0) & rest.ct_eq(other_rest)).into()
}

struct Cache<V> {
    slots: Box<[Slot<V>]>,
}

/// The last result that was put into a slot, with the bytes that it was made from.
type Slot<V> = Mutex<Option<(Arc<[u8]>, V)>>;

impl<V: Clone> Cache<V> {
    fn get(&self, slot: u64, bytes: &[u8]) -> Option<V> {
        let slot = self.slot(slot).lock().unwrap_or_else(PoisonError::into_inner);
        let (of, value) = slot.as_ref()?;
        same(of, bytes).then(|| value.clone())
    }

    fn take(&self, slot: u64, bytes: &[u8]) -> Option<V> {
        let mut slot = self.slot(slot).lock().unwrap_or_else(PoisonError::into_inner);
        let taken = slot.take_if(|(of, _)| std::ptr::eq::<[u8]>(&**of, bytes) || same(of, bytes));
        drop(slot);
        taken.map(|(_, value)| value)
    }

    fn put(&self, slot: u64, bytes: Arc<[u8]>, value: V) {
        if bytes.len() <= LONGEST {
            let old = self.slot(slot).lock().unwrap_or_else(PoisonError::into_inner).replace((bytes, value));
            // The old value is freed outside of the lock.
            drop(old);
        }
    }

    fn slot(&self, slot: u64) -> &Slot<V> {
        &self.slots[(slot % SLOTS as u64) as usize]
    }
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self { slots: std::iter::repeat_with(Mutex::default).take(SLOTS).collect() }
    }
}

impl<V> fmt::Debug for Cache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serializer::JsonSerializer;
    use crate::setup::options::SessionOptions;
    use serde_json::{Value, json};
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn settings(secret: &str) -> Settings {
        let mut options = SessionOptions::new(secret);
        options.insecure_secret_ok = true;
        options.check().unwrap()
    }

    fn cookie() -> String {
        let body = br#"[1700000000,1700000000,{"sessioneid":"AbCdEfGhIjKlMnOpQrStUvWx"}]"#;
        settings("secret").signer.sign(body)
    }

    #[test]
    fn a_cookie_is_the_same_ticket_the_second_time() {
        let caches = Caches::default();
        let first = caches.ticket(&cookie(), &settings("secret"));
        assert!(first.is_some());
        assert_eq!(caches.ticket(&cookie(), &settings("secret")), first);
    }

    #[test]
    fn a_cookie_that_differs_in_any_byte_from_a_verified_one_is_refused() {
        let caches = Caches::default();
        caches.ticket(&cookie(), &settings("secret")).unwrap();
        let (cookie, settings) = (cookie(), settings("secret"));
        for at in 0..cookie.len() {
            let mut forged = cookie.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(caches.ticket(&forged, &settings), None, "{at}");
        }
        assert_eq!(caches.ticket(&cookie[..cookie.len() - 1], &settings), None);
    }

    #[test]
    fn bytes_are_the_same_if_length_and_every_byte_are() {
        let bytes: Vec<u8> = (0..29).collect();
        assert!(same(&bytes, &bytes.clone()));
        assert!(same(&[], &[]));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(!same(&bytes, &other), "{at}");
            assert!(!same(&bytes, &bytes[..at]), "{at}");
            // Two differences must not cancel each other out.
            other[(at + 8) % 29] ^= 1;
            assert!(!same(&bytes, &other), "{at}");
        }
    }

    #[test]
    fn a_refused_cookie_is_refused_again() {
        let caches = Caches::default();
        for _ in 0..2 {
            assert_eq!(caches.ticket(&cookie(), &settings("another")), None);
        }
    }

    #[test]
    fn a_payload_that_was_changed_without_a_new_version_is_decoded_again() {
        let caches = Caches::default();
        let version = Version::from_bits(7);
        let read = |payload: &[u8]| {
            let data = caches.data(version, &payload.into(), &JsonSerializer)?;
            caches.keep_data(version, &payload.into(), &data);
            Ok::<_, SerializerError>(data)
        };
        assert_eq!(read(br#"{"a":1}"#).unwrap().as_value(), &json!({"a": 1}));
        assert_eq!(read(br#"{"a":1}"#).unwrap().as_value(), &json!({"a": 1}));
        assert_eq!(read(br#"{"a":2}"#).unwrap().as_value(), &json!({"a": 2}));
        assert!(read(b"[]").is_err());
    }

    /// A JSON serializer that counts how often it decodes.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Serializer for Counting {
        fn serialize(&self, value: &Value) -> Result<Vec<u8>, SerializerError> {
            JsonSerializer.serialize(value)
        }

        fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            JsonSerializer.deserialize(bytes)
        }
    }

    /// Returns how often the payload is decoded if two requests read it from the store one after the other.
    fn decoded(payload: &str) -> usize {
        let (caches, counting) = (Caches::default(), Counting::default());
        for _ in 0..2 {
            let payload = Arc::from(payload.as_bytes());
            let data = caches.data(Version::from_bits(7), &payload, &counting).unwrap();
            caches.keep_data(Version::from_bits(7), &payload, &data);
        }
        counting.0.into_inner()
    }

    #[test]
    fn a_cookie_is_opened_once() {
        let (caches, counting) = (Caches::default(), Arc::new(Counting::default()));
        let settings =
            Settings { serializer: Arc::clone(&counting) as Arc<dyn Serializer>, ..settings("secret") };
        for _ in 0..2 {
            assert!(caches.ticket(&cookie(), &settings).is_some());
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_payload_is_decoded_once_unless_it_is_long_or_has_many_values() {
        let text = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
        assert_eq!((decoded(&text(LONGEST)), decoded(&text(LONGEST + 1))), (1, 2));
        let list = |values: usize| format!(r#"{{"a":[0{}]}}"#, ",0".repeat(values - 1));
        assert_eq!((decoded(&list(100)), decoded(&list(1_000))), (1, 2));
    }

    #[test]
    fn debug_output_shows_no_cached_value() {
        let caches = Caches::default();
        caches.ticket(&cookie(), &settings("secret")).unwrap();
        assert_eq!(format!("{caches:?}"), "Caches { tickets: Cache(..), payloads: Cache(..) }");
    }

    #[test]
    fn cookies_are_spread_over_the_slots() {
        let signer = settings("secret").signer;
        let cookies = (0..SLOTS).map(|n| signer.sign(n.to_string().as_bytes()));
        let slots: HashSet<u64> = cookies.map(|cookie| slot_of(&cookie) % SLOTS as u64).collect();
        // Drawn at random, 1024 slots would have 647 different values; a worse mixture has fewer than 570.
        assert!(slots.len() > 600, "{}", slots.len());
    }

    #[test]
    fn payloads_that_share_a_slot_do_not_get_each_others_data() {
        let caches = Caches::default();
        let other = Version::from_bits(7 + SLOTS as u64);
        let payloads: [Arc<[u8]>; 2] = [b"{\"a\":1}".as_slice().into(), b"{\"b\":1}".as_slice().into()];
        for _ in 0..2 {
            let a = caches.data(Version::from_bits(7), &payloads[0], &JsonSerializer).unwrap();
            caches.keep_data(Version::from_bits(7), &payloads[0], &a);
            let b = caches.data(other, &payloads[1], &JsonSerializer).unwrap();
            assert_eq!((a.as_value(), b.as_value()), (&json!({"a": 1}), &json!({"b": 1})));
        }
    }
}
