//! Ten thousand requests of probes and crawlers leave nothing behind.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::op::Op;
use crate::stories::{Framework, Site, garbage};

const REQUESTS: usize = 10_000;
const PATHS: [&str; 8] =
    ["/untouched", "/read", "/entries", "/whoami", "/peek", "/pop", "/check/x", "/log_out"];

pub(super) async fn requests_without_a_good_cookie_write_nothing_and_get_no_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let visitor = site.visitor("name", "Ada").await;
    let cookie = visitor.cookie().unwrap();
    let (_, valid) = cookie.split_once('=').unwrap();
    let seed = rand::random();
    let mut rng = StdRng::seed_from_u64(seed);
    for n in 0..REQUESTS {
        let path = PATHS[n % PATHS.len()];
        let mut headers = HeaderMap::new();
        for _ in 0..rng.random_range(0..3) {
            let header = garbage::header(&mut rng, valid);
            headers.append(COOKIE, HeaderValue::from_str(&header).unwrap());
        }
        let answer = site.get_with(path, headers.clone()).await;
        assert_eq!((answer.status, answer.set_cookies()), (200, vec![]), "seed {seed}, {path}, {headers:?}");
    }
    assert_eq!(site.calls.take(), [], "seed {seed}");
    assert_eq!(site.rows(), 1, "seed {seed}");
    assert_eq!(visitor.text("/get/name").await, r#""Ada""#);
}

pub(super) async fn cookies_of_sessions_that_are_gone_write_nothing_either(on: &dyn Framework) {
    let site = Site::stock(on).await;
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

pub(super) async fn bytes_that_are_no_text_are_no_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
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
