//! What a pure function gave lately, so that it need not run again on the same bytes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use subtle::ConstantTimeEq as _;

use crate::change::Data;
use crate::options::Settings;
use crate::record::Version;
use crate::serializer::{Serializer, SerializerError};
use crate::ticket::Ticket;

/// Each memo keeps the last result for each of so many places, and nothing longer than this: at most some megabytes.
const PLACES: usize = 1024;
const LONGEST: usize = 4096;

/// A busy browser sends one cookie again and again, and its payload is read again and again. Checking the one and decoding the
/// other costs more than all the rest of a request; these are their results.
///
/// Nothing here is believed that was not compared with the very bytes it was made of, in constant time: what was verified or decoded
/// once gives the same result again, and a factory's secrets and serializers never change.
#[derive(Debug, Default)]
pub(crate) struct Memos {
    tickets: Memo<Ticket>,
    payloads: Memo<Data>,
}

impl Memos {
    /// The ticket that the value of our cookie is.
    pub(crate) fn ticket(&self, value: &str, settings: &Settings) -> Option<Ticket> {
        let place = place_of(value);
        if let Some(ticket) = self.tickets.get(place, value.as_bytes()) {
            return Some(ticket);
        }
        let Settings { cookie, signer, serializer, .. } = settings;
        let ticket = Ticket::open(value, cookie.name.as_str(), signer, serializer.as_ref())?;
        self.tickets.put(place, value.as_bytes().into(), ticket);
        Some(ticket)
    }

    /// The data that a record's payload is. It is lent to one request, which may change it without a copy; see [`Memos::keep_data`].
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
            .ok_or(SerializerError::new("the payload is no object"))
    }

    /// Keeps what a payload decodes to for the next request, once this one has read or written it.
    pub(crate) fn keep_data(&self, version: Version, payload: &Arc<[u8]>, data: &Data) {
        if data.is_small() {
            self.payloads.put(version.to_bits(), Arc::clone(payload), data.clone());
        }
    }
}

/// A cookie's value begins with its MAC, which is as good as random.
fn place_of(value: &str) -> u64 {
    value.bytes().take(16).fold(0, |place, byte| (place << 5) ^ u64::from(byte) ^ (place >> 59))
}

/// Whether the bytes are equal, in a time that depends on their length alone; by words, since by bytes it would cost more than the MAC.
fn same(one: &[u8], other: &[u8]) -> bool {
    let (words, rest) = one.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    let differing =
        words.iter().zip(other_words).fold(0, |differing, (a, b)| differing | (word(a) ^ word(b)));
    one.len() == other.len() && (differing.ct_eq(&0) & rest.ct_eq(other_rest)).into()
}

struct Memo<V> {
    places: Box<[Place<V>]>,
}

/// The last result of those that share the place, with the bytes that it was made of.
type Place<V> = Mutex<Option<(Arc<[u8]>, V)>>;

impl<V: Clone> Memo<V> {
    fn get(&self, place: u64, bytes: &[u8]) -> Option<V> {
        let place = self.place(place).lock().unwrap_or_else(PoisonError::into_inner);
        let (of, value) = place.as_ref()?;
        same(of, bytes).then(|| value.clone())
    }

    fn take(&self, place: u64, bytes: &[u8]) -> Option<V> {
        let mut place = self.place(place).lock().unwrap_or_else(PoisonError::into_inner);
        let taken = place.take_if(|(of, _)| std::ptr::eq::<[u8]>(&**of, bytes) || same(of, bytes));
        drop(place);
        taken.map(|(_, value)| value)
    }

    fn put(&self, place: u64, bytes: Arc<[u8]>, value: V) {
        if bytes.len() <= LONGEST {
            let old =
                self.place(place).lock().unwrap_or_else(PoisonError::into_inner).replace((bytes, value));
            // What is freed is freed outside of the lock.
            drop(old);
        }
    }

    fn place(&self, place: u64) -> &Place<V> {
        &self.places[(place % PLACES as u64) as usize]
    }
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self { places: std::iter::repeat_with(Mutex::default).take(PLACES).collect() }
    }
}

impl<V> fmt::Debug for Memo<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SessionOptions;
    use crate::serializer::JsonSerializer;
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
        let memos = Memos::default();
        let first = memos.ticket(&cookie(), &settings("secret"));
        assert!(first.is_some());
        assert_eq!(memos.ticket(&cookie(), &settings("secret")), first);
    }

    #[test]
    fn a_cookie_that_differs_anywhere_from_one_that_was_verified_is_refused() {
        let memos = Memos::default();
        memos.ticket(&cookie(), &settings("secret")).unwrap();
        let (cookie, settings) = (cookie(), settings("secret"));
        for at in 0..cookie.len() {
            let mut forged = cookie.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(memos.ticket(&forged, &settings), None, "{at}");
        }
        assert_eq!(memos.ticket(&cookie[..cookie.len() - 1], &settings), None);
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
            // Two differences do not make up for each other.
            other[(at + 8) % 29] ^= 1;
            assert!(!same(&bytes, &other), "{at}");
        }
    }

    #[test]
    fn what_was_refused_is_refused_again() {
        let memos = Memos::default();
        for _ in 0..2 {
            assert_eq!(memos.ticket(&cookie(), &settings("another")), None);
        }
    }

    #[test]
    fn a_payload_that_was_changed_by_hand_under_its_version_is_read_anew() {
        let memos = Memos::default();
        let version = Version::from_bits(7);
        let read = |payload: &[u8]| {
            let data = memos.data(version, &payload.into(), &JsonSerializer)?;
            memos.keep_data(version, &payload.into(), &data);
            Ok::<_, SerializerError>(data)
        };
        assert_eq!(read(br#"{"a":1}"#).unwrap().as_value(), &json!({"a": 1}));
        assert_eq!(read(br#"{"a":1}"#).unwrap().as_value(), &json!({"a": 1}));
        assert_eq!(read(br#"{"a":2}"#).unwrap().as_value(), &json!({"a": 2}));
        assert!(read(b"[]").is_err());
    }

    /// Counts how often it decodes.
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

    /// How often this payload is decoded if two requests read it from the store one after another.
    fn decoded(payload: &str) -> usize {
        let (memos, counting) = (Memos::default(), Counting::default());
        for _ in 0..2 {
            let payload = Arc::from(payload.as_bytes());
            let data = memos.data(Version::from_bits(7), &payload, &counting).unwrap();
            memos.keep_data(Version::from_bits(7), &payload, &data);
        }
        counting.0.into_inner()
    }

    #[test]
    fn a_cookie_is_opened_once() {
        let (memos, counting) = (Memos::default(), Arc::new(Counting::default()));
        let settings =
            Settings { serializer: Arc::clone(&counting) as Arc<dyn Serializer>, ..settings("secret") };
        for _ in 0..2 {
            assert!(memos.ticket(&cookie(), &settings).is_some());
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_payload_that_is_neither_long_nor_of_many_values_is_decoded_once() {
        let text = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - 8));
        assert_eq!((decoded(&text(LONGEST)), decoded(&text(LONGEST + 1))), (1, 2));
        let list = |values: usize| format!(r#"{{"a":[0{}]}}"#, ",0".repeat(values - 1));
        assert_eq!((decoded(&list(100)), decoded(&list(1_000))), (1, 2));
    }

    #[test]
    fn nothing_prints_what_is_kept() {
        let memos = Memos::default();
        memos.ticket(&cookie(), &settings("secret")).unwrap();
        assert_eq!(format!("{memos:?}"), "Memos { tickets: Memo(..), payloads: Memo(..) }");
    }

    #[test]
    fn cookies_are_spread_over_the_places() {
        let signer = settings("secret").signer;
        let cookies = (0..PLACES).map(|n| signer.sign(n.to_string().as_bytes()));
        let places: HashSet<u64> = cookies.map(|cookie| place_of(&cookie) % PLACES as u64).collect();
        // Drawn at random from as many, they would be 647; the places of a worse mixture are under 570.
        assert!(places.len() > 600, "{}", places.len());
    }

    #[test]
    fn two_that_share_a_place_do_not_take_each_others_result() {
        let memos = Memos::default();
        let other = Version::from_bits(7 + PLACES as u64);
        let payloads: [Arc<[u8]>; 2] = [b"{\"a\":1}".as_slice().into(), b"{\"b\":1}".as_slice().into()];
        for _ in 0..2 {
            let a = memos.data(Version::from_bits(7), &payloads[0], &JsonSerializer).unwrap();
            memos.keep_data(Version::from_bits(7), &payloads[0], &a);
            let b = memos.data(other, &payloads[1], &JsonSerializer).unwrap();
            assert_eq!((a.as_value(), b.as_value()), (&json!({"a": 1}), &json!({"b": 1})));
        }
    }
}
