//! What the kit calls keys, versions and points in time: `a`, `v2`, `+20 min`.

use std::collections::HashMap;
use std::hash::Hash;

use session_core::UnixTime;
use session_core::store::{StoreKey, Version};

/// The names that were given so far, in the order in which things were met.
#[derive(Debug)]
pub(crate) struct Names {
    start: UnixTime,
    keys: HashMap<StoreKey, usize>,
    versions: HashMap<Version, usize>,
}

impl Names {
    pub(crate) fn new(start: UnixTime) -> Self {
        Self { start, keys: HashMap::new(), versions: HashMap::new() }
    }

    pub(crate) fn key(&mut self, key: &StoreKey) -> String {
        let number = number(&mut self.keys, *key);
        let letter = char::from(b'a' + (number % 26) as u8);
        if number < 26 { letter.to_string() } else { format!("{letter}{}", number / 26) }
    }

    pub(crate) fn version(&mut self, version: Version) -> String {
        format!("v{}", number(&mut self.versions, version) + 1)
    }

    /// How far a point in time lies from the start.
    pub(crate) fn time(&self, time: UnixTime) -> String {
        let millis = time.as_millis().saturating_sub(self.start.as_millis());
        let sign = if millis < 0 { '-' } else { '+' };
        let (secs, rest) = (millis.unsigned_abs() / 1_000, millis.unsigned_abs() % 1_000);
        match (secs, rest) {
            (0, 0) => "+0".to_owned(),
            (0, rest) => format!("{sign}{rest} ms"),
            (secs, 0) if secs % 60 == 0 => format!("{sign}{} min", secs / 60),
            (secs, 0) => format!("{sign}{secs} s"),
            (secs, rest) => format!("{sign}{secs} s {rest} ms"),
        }
    }
}

fn number<T: Eq + Hash>(known: &mut HashMap<T, usize>, thing: T) -> usize {
    let next = known.len();
    *known.entry(thing).or_insert(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_letters_in_the_order_in_which_they_are_met() {
        let mut names = Names::new(UnixTime::from_secs(0));
        let key = |n| StoreKey::from_bytes([n; StoreKey::BYTES]);
        assert_eq!([names.key(&key(9)), names.key(&key(4)), names.key(&key(9))].join(" "), "a b a");
        for n in 10..40 {
            names.key(&key(n));
        }
        assert_eq!(names.key(&key(33)), "z");
        assert_eq!(names.key(&key(34)), "a1");
    }

    #[test]
    fn times_are_told_from_the_start() {
        let names = Names::new(UnixTime::from_secs(1_000));
        let told = |millis: i64| names.time(UnixTime::from_millis(1_000_000 + millis));
        assert_eq!(told(0), "+0");
        assert_eq!(told(-1), "-1 ms");
        assert_eq!(told(1_200_000), "+20 min");
        assert_eq!(told(61_000), "+61 s");
        assert_eq!(told(59_999), "+59 s 999 ms");
        assert_eq!(told(-61_001), "-61 s 1 ms");
    }
}
