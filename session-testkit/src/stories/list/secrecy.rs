//! No trace of any crate holds an id, a key, a secret or a value, at the finest level.
//!
//! Every other story looks for its own secrets too, when its site closes.

use crate::faulty::Fault;
use crate::op::Op;
use crate::stories::{Framework, SECRET, Site, captured};

/// A day in the life of a site: all kinds of requests, with conflicts, outages and endings.
async fn a_day(site: &Site) {
    let browser = site.visitor("card", "4111-1111-1111-1111").await;
    for path in
        ["/read", "/get/card", "/count", "/flash/your-secret-santa", "/pop", "/entries", "/timeout/5000"]
    {
        browser.text(path).await;
    }
    let token = browser.csrf_token().await;
    browser.text(&format!("/check/{token}")).await;
    browser.text("/sign_in/ada@example.org").await;
    browser.text("/label/the-laptop-in-the-kitchen").await;
    browser.text("/devices").await;
    browser.text("/renew").await;
    site.wait_secs(1000);
    browser.text("/read").await;

    let slow = browser.start("/slow/count");
    site.slow.arrived().await;
    browser.text("/set/card/5500-0000-0000-0004").await;
    site.slow.open();
    slow.await;

    for op in [Op::Load, Op::Update, Op::Rename, Op::List, Op::Delete] {
        for fault in [Fault::Fail, Fault::LoseAnswer] {
            site.faults.set(op, fault);
            for path in ["/read", "/count", "/renew", "/devices", "/log_out"] {
                site.browser().get(path).await;
                browser.start(path).await;
            }
            site.faults.clear();
            browser.text("/sign_in/ada@example.org").await;
        }
    }
    site.wait_secs(1000);
    site.faults.set(Op::Touch, Fault::Fail);
    browser.text("/read").await;
    site.faults.clear();

    let gone = browser.start("/slow/count");
    site.slow.arrived().await;
    browser.text("/end").await;
    site.slow.open();
    gone.await;
    site.get("/read", Some("__Host-session=garbage")).await;
}

pub(super) async fn a_day_of_requests_leaves_no_secret_in_any_trace(on: &dyn Framework) {
    let site = Site::stock(on).await;
    a_day(&site).await;
    site.secrets().check();
}

pub(super) async fn the_capture_sees_what_a_crate_would_trace_and_knows_the_secrets(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("card", "3400-0000-0000-009").await;
    let cookie = browser.cookie().unwrap();
    let (_, value) = cookie.split_once('=').unwrap();
    tracing::trace!(target: "elsewhere", "a span or an event of any crate, at any level");
    assert!(
        captured().contains("a span or an event of any crate"),
        "another subscriber keeps the traces to itself"
    );
    for leak in [value, "3400-0000-0000-009", SECRET] {
        assert!(
            site.secrets().find_in(&format!("an event about {leak}, say")).is_some(),
            "{leak} is not known"
        );
    }
    for key in site.watch.keys() {
        let hex: String = key.as_bytes()[2..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(site.secrets().find_in(&hex).is_some());
        assert!(site.secrets().find_in(&format!("{:?}", key.as_bytes())).is_some());
    }
}
