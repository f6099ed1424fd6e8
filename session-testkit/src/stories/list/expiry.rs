//! Sessions end when they were not used for a while, or have lived long enough.

use std::time::Duration;

use crate::Op::{Load, Touch, Update};
use session_core::SessionOptions;

use crate::stories::{Framework, SECRET, START, Setup, Site};

/// A site without an absolute limit: CubicWeb's defaults, with a timeout of 1200 s and a reissue after 120 s.
async fn cubicweb(on: &dyn Framework) -> Site {
    let mut setup = Setup::new();
    setup.options = SessionOptions::new(SECRET);
    setup.open(on).await
}

pub(super) async fn a_cookie_that_timed_out_is_none_without_asking_the_store(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(1201);
    assert_eq!(browser.text("/get/name").await, "nothing");
    assert_eq!(site.calls.take(), []);
}

pub(super) async fn a_record_that_timed_out_is_none_though_the_cookie_still_holds(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    // The cookie holds until more than its 1200 s have passed; the record is absent at its deadline.
    site.wait_secs(1200);
    assert_eq!(browser.text("/get/name").await, "nothing");
    assert_eq!(site.calls.take(), [Load]);
}

pub(super) async fn a_session_in_use_does_not_time_out(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    for _ in 0..20 {
        site.wait_secs(1000);
        assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    }
}

pub(super) async fn the_cookie_is_reissued_after_120_seconds_and_not_before(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(120);
    assert!(browser.get("/read").await.set_cookies().is_empty());
    assert_eq!(site.calls.take(), [Load]);
    site.wait_secs(1);
    let before = browser.cookie();
    assert!(browser.get("/read").await.cookie().is_some());
    assert_eq!(site.calls.take(), [Load, Touch]);
    assert_ne!(browser.cookie(), before);
    assert_eq!(site.watch.keys().len(), 1, "it is the same session, under the same id");
}

pub(super) async fn a_write_sends_no_cookie_before_the_reissue_is_due_but_moves_the_records_deadline(
    on: &dyn Framework,
) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(100);
    assert!(browser.get("/count").await.set_cookies().is_empty());
    site.wait_secs(1100);
    // 1200 s after the cookie, 1100 s after the write.
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    assert_eq!(site.calls.take(), [Load, Update, Load, Touch]);
}

pub(super) async fn without_a_reissue_time_the_session_ends_however_much_it_is_used(on: &dyn Framework) {
    let mut setup = Setup::new();
    setup.options = SessionOptions::new(SECRET);
    setup.options.reissue_time = None;
    let site = setup.open(on).await;
    let browser = site.visitor("name", "Ada").await;
    for _ in 0..4 {
        site.wait_secs(300);
        assert!(browser.get("/count").await.set_cookies().is_empty());
    }
    site.wait_secs(1);
    assert_eq!(browser.text("/get/name").await, "nothing");
}

pub(super) async fn without_a_timeout_a_session_lives_until_it_is_ended(on: &dyn Framework) {
    let mut setup = Setup::new();
    setup.options = SessionOptions::new(SECRET);
    setup.options.timeout = None;
    let site = setup.open(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(10 * 365 * 24 * 3600);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
}

pub(super) async fn the_absolute_limit_ends_a_session_in_use(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    for _ in 0..71 {
        site.wait_secs(600);
        assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    }
    site.wait_secs(599);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    site.wait_secs(1);
    let answer = browser.get("/get/name").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("nothing", 0));
}

pub(super) async fn a_renewal_does_not_move_the_absolute_limit_and_a_sign_in_does(on: &dyn Framework) {
    for (path, after) in [("/renew", "nothing"), ("/sign_in/ada", r#""Ada""#)] {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        for _ in 0..71 {
            site.wait_secs(600);
            browser.text("/read").await;
        }
        browser.text(path).await;
        site.wait_secs(600);
        assert_eq!(browser.text("/get/name").await, after, "{path}");
    }
}

pub(super) async fn a_shorter_absolute_limit_holds_from_the_restart_on(on: &dyn Framework) {
    let mut before = Setup::new();
    before.options.timeout = None;
    before.options.lifetime = None;
    let mut after = Setup::new();
    (after.memory, after.clock) = (before.memory.clone(), before.clock.clone());
    after.options.timeout = None;
    after.options.lifetime = Some(Duration::from_secs(3600));
    let (before, after) = (before.open(on).await, after.open(on).await);
    let cookie = before.visitor("name", "Ada").await.cookie();
    before.wait_secs(3600);
    assert_eq!(before.get("/get/name", cookie.as_deref()).await.body, r#""Ada""#);
    assert_eq!(after.get("/get/name", cookie.as_deref()).await.body, "nothing");
}

pub(super) async fn a_timeout_of_its_own_outlives_the_factorys_and_the_browser(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/timeout/2592000").await;
    let [cookie] = answer.set_cookies()[..] else { panic!("the cookie has to say so") };
    assert!(cookie.contains("; Max-Age=2592000; Expires="), "{cookie}");
    site.wait_secs(29 * 24 * 3600);
    let answer = browser.get("/get/name").await;
    assert_eq!(answer.body, r#""Ada""#);
    assert!(answer.set_cookies()[0].contains("; Max-Age=2592000; "), "a reissue says it again");
    site.wait_secs(30 * 24 * 3600 + 1);
    assert_eq!(browser.text("/get/name").await, "nothing");
}

pub(super) async fn a_shorter_timeout_of_its_own_ends_the_session_sooner(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/timeout/60").await;
    for _ in 0..10 {
        site.wait_secs(50);
        assert_eq!(browser.text("/get/name").await, r#""Ada""#, "in use it lives on");
    }
    site.wait_secs(61);
    assert_eq!(browser.text("/get/name").await, "nothing");
}

pub(super) async fn the_absolute_limit_ends_a_session_with_a_timeout_of_its_own_too(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/timeout/2592000").await;
    site.wait_secs(12 * 3600 - 1);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    site.wait_secs(1);
    assert_eq!(browser.text("/get/name").await, "nothing");
}

pub(super) async fn a_session_that_timed_out_begins_again_under_a_fresh_id(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    let (old, keys) = (browser.cookie(), site.watch.keys());
    for secs in [1200, 1201] {
        site.clock.set(START + Duration::from_secs(secs));
        let answer = site.get("/set/name/Grace", old.as_deref()).await;
        let new = answer.cookie();
        assert!(new.is_some() && new != old);
        assert_eq!(site.get("/entries", new.as_deref()).await.body, r#"{"name":"Grace"}"#);
        assert_eq!(site.get("/entries", old.as_deref()).await.body, "{}");
    }
    assert_eq!(site.watch.keys().len(), keys.len() + 2);
}

pub(super) async fn the_cookie_of_a_session_that_timed_out_is_not_removed(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    for secs in [1200, 1201, 100_000] {
        site.clock.set(START + Duration::from_secs(secs));
        for path in ["/read", "/pop", "/end"] {
            assert!(
                site.get(path, browser.cookie().as_deref()).await.set_cookies().is_empty(),
                "{path} at {secs} s"
            );
        }
    }
}

pub(super) async fn the_clock_is_read_again_when_the_session_is_saved(on: &dyn Framework) {
    let site = cubicweb(on).await;
    let browser = site.visitor("name", "Ada").await;
    let slow = browser.start("/slow/count");
    site.slow.arrived().await;
    site.wait_secs(1000);
    site.slow.open();
    browser.keep(&slow.await);
    site.wait_secs(1100);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
}

pub(super) async fn a_session_from_a_clock_that_was_ahead_times_out_after_its_next_request(
    on: &dyn Framework,
) {
    let site = cubicweb(on).await;
    for ahead in [86_400, 10 * 365 * 86_400] {
        site.clock.set(START + Duration::from_secs(ahead));
        let browser = site.visitor("name", "Ada").await;
        site.clock.set(START);
        assert_eq!(browser.text("/get/name").await, r#""Ada""#);
        assert_eq!(site.calls.take(), [Load, Update], "one write more");
        site.wait_secs(1800);
        assert_eq!(browser.text("/get/name").await, "nothing", "{ahead} s ahead");
        assert_eq!(site.calls.take(), [], "the cookie has timed out");
    }
}
