//! Several cookies of our name, of which another host may have planted some.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use session_core::SessionOptions;

use crate::op::Op;
use crate::stories::{Framework, Receipt, SECRET, Setup, Site};

const GARBAGE: &str = "__Host-session=AAAA";

async fn name_by(site: &Site, header: &str) -> String {
    site.get("/get/name", Some(header)).await.body
}

pub(super) async fn garbage_before_or_after_the_good_cookie_does_not_hide_it(on: &dyn Framework) {
    let site = Site::stock(on).await;
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

pub(super) async fn of_two_valid_cookies_the_one_sent_last_counts(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let old = site.visitor("name", "Old").await.cookie().unwrap();
    site.wait_secs(1);
    let new = site.visitor("name", "New").await.cookie().unwrap();
    assert_eq!(name_by(&site, &format!("{old}; {new}")).await, r#""New""#);
    assert_eq!(name_by(&site, &format!("{new}; {old}")).await, r#""New""#);
}

pub(super) async fn a_cookie_that_timed_out_does_not_hide_the_good_one(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let old = site.visitor("name", "Old").await.cookie().unwrap();
    site.wait_secs(1201);
    let new = site.visitor("name", "New").await.cookie().unwrap();
    assert_eq!(name_by(&site, &format!("{old}; {new}")).await, r#""New""#);
    assert_eq!(name_by(&site, &format!("{new}; {old}")).await, r#""New""#);
}

pub(super) async fn five_cookies_are_tried_and_no_more(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let four = [GARBAGE; 4].join("; ");
    assert_eq!(name_by(&site, &format!("{four}; {good}")).await, r#""Ada""#);
    assert_eq!(name_by(&site, &format!("{four}; {GARBAGE}; {good}")).await, "nothing");
    assert_eq!(name_by(&site, &format!("{good}; {four}; {GARBAGE}; {GARBAGE}")).await, r#""Ada""#);
}

pub(super) async fn a_cookie_longer_than_any_browser_keeps_is_not_even_counted(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let long = format!("__Host-session={}", "A".repeat(5000));
    assert_eq!(name_by(&site, &format!("{}; {good}", [long.as_str(); 6].join("; "))).await, r#""Ada""#);
}

pub(super) async fn bytes_that_are_no_text_do_not_hide_the_good_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let header = [good.as_bytes(), b"; theme=\xff"].concat();
    let header = HeaderValue::from_bytes(&header).expect("a header may hold such bytes");
    let headers = HeaderMap::from_iter([(COOKIE, header)]);
    assert_eq!(site.get_with("/get/name", headers).await.body, r#""Ada""#);
}

pub(super) async fn cookies_in_several_headers_count_as_in_one(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    let headers = ["theme=dark", GARBAGE, good.as_str()];
    let headers: HeaderMap =
        headers.iter().map(|text| (COOKIE, HeaderValue::from_str(text).unwrap())).collect();
    assert_eq!(headers.get_all(COOKIE).iter().count(), 3);
    assert_eq!(site.get_with("/get/name", headers).await.body, r#""Ada""#);
}

pub(super) async fn a_log_out_ends_the_session_that_the_good_cookie_names(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let good = site.visitor("name", "Ada").await.cookie().unwrap();
    assert!(site.get("/log_out", Some(&format!("{GARBAGE}; {good}"))).await.removes_cookie());
    assert_eq!(site.rows(), 0);
}

pub(super) async fn no_other_name_passes_for_ours(on: &dyn Framework) {
    let site = Site::stock(on).await;
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

/// A host beside the site's, under the same parent domain.
const NEIGHBOUR: &str = "evil.a.test";

/// A site whose cookie has no prefix that binds it to its host: CubicWeb's defaults.
async fn unprefixed(on: &dyn Framework) -> Site {
    let mut setup = Setup::new();
    setup.options = SessionOptions::new(SECRET);
    setup.open(on).await
}

/// What a neighbour sends to set this cookie on all hosts of the parent domain.
fn tossed(cookie: &str) -> String {
    format!("{cookie}; Domain=a.test; Path=/; Secure")
}

pub(super) async fn a_neighbour_cannot_toss_the_hardened_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let attackers = site.visitor("name", "Mallory").await.cookie().unwrap();
    let victim = site.browser();
    for set_cookie in [
        tossed(&attackers),
        tossed(&attackers.replace("__Host-", "__HOST-")),
        tossed(&attackers).replace("; Path=/", ""),
    ] {
        assert_eq!(victim.toss(NEIGHBOUR, &set_cookie), Receipt::Refused);
    }
    assert_eq!(victim.toss(NEIGHBOUR, &format!("{attackers}; Path=/; Secure")), Receipt::Accepted);
    assert_eq!(victim.text("/get/name").await, "nothing", "what a host keeps for itself goes to no other");
}

pub(super) async fn garbage_tossed_from_a_parent_domain_does_not_sign_out(on: &dyn Framework) {
    let site = unprefixed(on).await;
    let browser = site.visitor("name", "Ada").await;
    for set_cookie in ["session=AAAA; Domain=a.test; Path=/", "session=AAAA; Domain=a.test; Path=/get"] {
        assert_eq!(browser.toss(NEIGHBOUR, set_cookie), Receipt::Accepted);
        assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    }
}

pub(super) async fn who_signs_in_over_a_tossed_session_has_one_that_the_neighbour_does_not_know(
    on: &dyn Framework,
) {
    let site = unprefixed(on).await;
    let attacker = site.visitor("cart", "planted").await;
    let victim = site.browser();
    assert_eq!(victim.toss(NEIGHBOUR, &tossed(&attacker.cookie().unwrap())), Receipt::Accepted);
    assert_eq!(victim.text("/get/cart").await, r#""planted""#, "the tossed session is the victim's now");
    site.wait_secs(1);
    victim.text("/sign_in/victim").await;
    assert_eq!(victim.text("/whoami").await, "victim", "the tossed cookie is still in the jar");
    assert_eq!(attacker.text("/whoami").await, "nobody");
    assert_eq!(attacker.text("/entries").await, "{}");
    victim.text("/log_out").await;
    assert_eq!(victim.text("/whoami").await, "nobody");
    assert_eq!(site.rows(), 0);
}
