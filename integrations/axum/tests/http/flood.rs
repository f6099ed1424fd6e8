//! Ten thousand requests of probes and crawlers leave nothing behind.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use session_testkit::Op;

use crate::support::Site;

const REQUESTS: usize = 10_000;
const PATHS: [&str; 8] = ["/", "/read", "/entries", "/whoami", "/peek", "/pop", "/check/x", "/log_out"];

fn text(rng: &mut StdRng, alphabet: &[u8], len: usize) -> String {
    (0..len).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
}

/// A Cookie header that is none of ours, though it may look like it. `valid` is the value of a good one.
fn garbage(rng: &mut StdRng, valid: &str) -> String {
    let printable: Vec<u8> = (0x20..0x7F).collect();
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = match rng.random_range(0..7) {
        0 => {
            let len = rng.random_range(0..200);
            text(rng, &printable, len)
        }
        1 => valid[..rng.random_range(0..valid.len())].to_owned(),
        2 => {
            // The body is ours, and its MAC is not.
            let mac = text(rng, base64, 84);
            format!("{mac}{}", &valid[84..])
        }
        3 => {
            let len = rng.random_range(80..300);
            text(rng, base64, len)
        }
        4 => {
            let len = rng.random_range(4_000..9_000);
            text(rng, base64, len)
        }
        5 => {
            let at = rng.random_range(0..valid.len());
            let other = if valid.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &valid[..at], &valid[at + 1..])
        }
        _ => {
            let cookies: Vec<_> = (0..rng.random_range(2..50)).map(|_| text(rng, base64, 120)).collect();
            cookies.join("; __Host-session=")
        }
    };
    format!("__Host-session={value}")
}

#[tokio::test]
async fn requests_without_a_good_cookie_write_nothing_and_get_no_cookie() {
    let site = Site::stock();
    let visitor = site.visitor("name", "Ada").await;
    let cookie = visitor.cookie().unwrap();
    let (_, valid) = cookie.split_once('=').unwrap();
    let seed = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    for n in 0..REQUESTS {
        let path = PATHS[n % PATHS.len()];
        let mut headers = HeaderMap::new();
        for _ in 0..rng.random_range(0..3) {
            let header = garbage(&mut rng, valid);
            headers.append(COOKIE, HeaderValue::from_str(&header).unwrap());
        }
        let answer = site.get_with(path, headers.clone()).await;
        assert_eq!((answer.status, answer.set_cookies()), (200, vec![]), "seed {seed}, {path}, {headers:?}");
    }
    assert_eq!(site.calls.take(), [], "seed {seed}");
    assert_eq!(site.rows(), 1, "seed {seed}");
    assert_eq!(visitor.text("/get/name").await, r#""Ada""#);
}

#[tokio::test]
async fn cookies_of_sessions_that_are_gone_write_nothing_either() {
    let site = Site::stock();
    let mut gone = Vec::new();
    for _ in 0..20 {
        let browser = site.visitor("name", "Ada").await;
        gone.push(browser.cookie());
        browser.text("/log_out").await;
    }
    site.calls.take();
    for n in 0..400 {
        let path = PATHS[n % (PATHS.len() - 1)];
        let answer = site.get(path, gone[n % gone.len()].as_deref()).await;
        assert_eq!((answer.status, answer.set_cookies()), (200, vec![]), "{path}");
    }
    assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    assert_eq!(site.rows(), 0);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_no_cookie() {
    let site = Site::stock();
    for bytes in [
        b"__Host-session=\xFF\xFE".as_slice(),
        b"\xFF=\xFE; __Host-session",
        b";;;=;;",
        b"__Host-session=\"\\",
    ] {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(bytes).unwrap())]);
        let answer = site.get_with("/entries", headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{bytes:?}");
    }
    assert_eq!(site.calls.take(), []);
}
