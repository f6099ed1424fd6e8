//! Cookies that no browser was given.

use std::ops::RangeInclusive;

use rand::RngExt as _;
use rand::rngs::StdRng;

/// What a cookie's value may be made of.
pub(crate) const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What a header's value may be made of, from space to tilde.
pub(crate) const PRINTABLE: &[u8] = b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\
    abcdefghijklmnopqrstuvwxyz{|}~";
/// How much of a cookie's value is its MAC.
const MAC_CHARS: usize = 84;

/// A text of this alphabet.
pub(crate) fn text(rng: &mut StdRng, alphabet: &[u8], len: RangeInclusive<usize>) -> String {
    let len = rng.random_range(len);
    (0..len).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
}

/// A Cookie header that is none of ours, though it may look like it. `valid` is the value of a good one.
pub(crate) fn header(rng: &mut StdRng, valid: &str) -> String {
    let value = match rng.random_range(0..7) {
        0 => text(rng, PRINTABLE, 0..=199),
        1 => valid[..rng.random_range(0..valid.len())].to_owned(),
        // The body is ours, and its MAC is not.
        2 => text(rng, BASE64, MAC_CHARS..=MAC_CHARS) + &valid[MAC_CHARS..],
        3 => text(rng, BASE64, 80..=299),
        4 => text(rng, BASE64, 4_000..=8_999),
        5 => flipped(valid, rng.random_range(0..valid.len())),
        _ => {
            let cookies: Vec<_> =
                (0..rng.random_range(2..50)).map(|_| text(rng, BASE64, 120..=120)).collect();
            cookies.join("; __Host-session=")
        }
    };
    format!("__Host-session={value}")
}

/// The same value with one character changed.
pub(crate) fn flipped(value: &str, at: usize) -> String {
    let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}
