//! Several cookies of our name, of which another host may have planted some.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use session_testkit::Op;

use crate::support::Site;

const GARBAGE: &str = "__Host-session=AAAA";

async fn name_by(site: &Site, header: &str) -> String {
    site.get("/get/name", Some(header)).await.body
}

#[tokio::test]
async fn garbage_before_or_after_the_good_cookie_does_not_hide_it() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    for header in [
        format!("{GARBAGE}; {good}"),
        format!("{good}; {GARBAGE}"),
        format!("{GARBAGE}; {good}; {GARBAGE}"),
        format!("__Host-session=; {good}"),
        format!("theme=dark; {good}; =x; ;"),
        format!("{good}; {good}"),
    ] {
        assert_eq!(name_by(&site, &header).await, r#""Ada""#, "{header}");
        assert_eq!(site.calls.take(), [Op::Load], "one load, whatever else there is");
    }
}

#[tokio::test]
async fn of_two_valid_cookies_the_one_sent_last_counts() {
    let site = Site::stock();
    let old = site.visitor("name", "Old").await.cookie().unwrap();
    site.wait_secs(1);
    let new = site.visitor("name", "New").await.cookie().unwrap();
    assert_eq!(name_by(&site, &format!("{old}; {new}")).await, r#""New""#);
    assert_eq!(name_by(&site, &format!("{new}; {old}")).await, r#""New""#);
}

#[tokio::test]
async fn a_cookie_that_timed_out_does_not_hide_the_good_one() {
    let site = Site::stock();
    let old = site.visitor("name", "Old").await.cookie().unwrap();
    site.wait_secs(1201);
    let new = site.visitor("name", "New").await.cookie().unwrap();
    assert_eq!(name_by(&site, &format!("{old}; {new}")).await, r#""New""#);
    assert_eq!(name_by(&site, &format!("{new}; {old}")).await, r#""New""#);
}

#[tokio::test]
async fn five_cookies_are_tried_and_no_more() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let four = [GARBAGE; 4].join("; ");
    assert_eq!(name_by(&site, &format!("{four}; {good}")).await, r#""Ada""#);
    assert_eq!(name_by(&site, &format!("{four}; {GARBAGE}; {good}")).await, "nothing");
    assert_eq!(name_by(&site, &format!("{good}; {four}; {GARBAGE}; {GARBAGE}")).await, r#""Ada""#);
}

#[tokio::test]
async fn a_cookie_longer_than_any_browser_keeps_is_not_even_counted() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let long = format!("__Host-session={}", "A".repeat(5000));
    assert_eq!(name_by(&site, &format!("{}; {good}", [long.as_str(); 6].join("; "))).await, r#""Ada""#);
}

#[tokio::test]
async fn cookies_in_several_headers_count_as_in_one() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let headers = ["theme=dark", GARBAGE, good.as_str()];
    let headers: HeaderMap =
        headers.iter().map(|text| (COOKIE, HeaderValue::from_str(text).unwrap())).collect();
    assert_eq!(headers.get_all(COOKIE).iter().count(), 3);
    assert_eq!(site.get_with("/get/name", headers).await.body, r#""Ada""#);
}

#[tokio::test]
async fn a_log_out_ends_the_session_that_the_good_cookie_names() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    assert!(site.get("/log_out", Some(&format!("{GARBAGE}; {good}"))).await.removes_cookie());
    assert_eq!(site.rows(), 0);
}

#[tokio::test]
async fn no_other_name_passes_for_ours() {
    let site = Site::stock();
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let value = good.strip_prefix("__Host-session").unwrap();
    for name in [
        "__host-session",
        "__HOST-SESSION",
        "..Host-session",
        "=__Host-session",
        "%5f%5fHost-session",
        "Host__session",
        "session",
        "__Host-session ",
    ] {
        assert_eq!(name_by(&site, &format!("{name}{value}")).await, "nothing", "{name}");
    }
}
