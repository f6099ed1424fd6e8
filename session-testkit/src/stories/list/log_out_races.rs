//! After a sign-out nothing brings the session back, whatever else was on its way.

use std::time::Duration;

use crate::op::Op;
use crate::stories::{Args, Browser, Everything, Framework, Handled, Setup, Site, When};

/// No cookie that the browser ever had is good for anything, and the store is empty.
async fn all_dead(site: &Site, cookies: &[Option<String>]) {
    assert_eq!(site.rows(), 0);
    for cookie in cookies {
        let cookie = cookie.as_deref().expect("the browser had a cookie");
        assert_eq!(site.get("/entries", Some(cookie)).await.body, "{}");
        assert_eq!(site.get("/whoami", Some(cookie)).await.body, "nobody");
    }
}

const LOG_OUTS: [&str; 2] = ["/log_out", "/end"];

pub(super) async fn a_slow_writer_does_not_bring_back_a_session_that_was_logged_out(on: &dyn Framework) {
    let writers = [
        "/set/name/Grace",
        "/count",
        "/remove/name",
        "/clear",
        "/flash/hello",
        "/renew",
        "/csrf",
        "/label/laptop",
        "/timeout/60",
        "/log_out",
        "/end",
        "/read",
    ];
    for log_out in LOG_OUTS {
        for writer in writers {
            let site = Site::stock(on).await;
            let browser = site.visitor("name", "Ada").await;
            let cookie = browser.cookie();
            let slow = browser.start(&format!("/slow{writer}"));
            site.slow.arrived().await;
            browser.text(log_out).await;
            site.slow.open();
            let answer = slow.await;
            assert_eq!((answer.status, answer.cookie()), (200, None), "{writer} after {log_out}");
            all_dead(&site, &[cookie]).await;
        }
    }
}

pub(super) async fn a_writer_whose_handler_is_done_does_not_bring_it_back_either(on: &dyn Framework) {
    for log_out in LOG_OUTS {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let cookie = browser.cookie();
        let update = site.watch.hold(Op::Update, When::Before);
        let writer = browser.start("/count");
        update.arrived().await;
        browser.text(log_out).await;
        update.open();
        assert_eq!(writer.await.cookie(), None);
        all_dead(&site, &[cookie]).await;
    }
}

pub(super) async fn a_reader_that_would_reissue_the_cookie_does_not_bring_it_back(on: &dyn Framework) {
    for log_out in LOG_OUTS {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let cookie = browser.cookie();
        site.wait_secs(121);
        let reader = browser.start("/slow/read");
        site.slow.arrived().await;
        browser.text(log_out).await;
        site.slow.open();
        assert_eq!(reader.await.cookie(), None);
        all_dead(&site, &[cookie]).await;
    }
}

pub(super) async fn a_log_out_with_the_old_cookie_ends_what_a_renewal_has_just_made_of_it(
    on: &dyn Framework,
) {
    for log_out in LOG_OUTS {
        for renewal in ["/renew", "/sign_in/ada"] {
            let site = Site::stock(on).await;
            let browser = site.visitor("name", "Ada").await;
            let old = browser.cookie();
            browser.text(renewal).await;
            let new = browser.cookie();
            assert_ne!(old, new);
            let answer = site.get(log_out, old.as_deref()).await;
            assert!(answer.removes_cookie(), "{log_out} after {renewal}");
            all_dead(&site, &[old, new]).await;
        }
    }
}

pub(super) async fn a_log_out_that_began_before_a_renewal_ends_what_the_renewal_makes(on: &dyn Framework) {
    for log_out in LOG_OUTS {
        for renewal in ["/renew", "/sign_in/ada"] {
            let site = Site::stock(on).await;
            let browser = site.visitor("name", "Ada").await;
            let old = browser.cookie();
            let ending = browser.start(&format!("/slow{log_out}"));
            site.slow.arrived().await;
            browser.text(renewal).await;
            let new = browser.cookie();
            site.slow.open();
            assert!(ending.await.removes_cookie(), "{log_out} before {renewal}");
            all_dead(&site, &[old, new]).await;
        }
    }
}

pub(super) async fn a_renewal_that_began_before_a_log_out_makes_nothing(on: &dyn Framework) {
    for log_out in LOG_OUTS {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let old = browser.cookie();
        let renewal = browser.start("/slow/renew");
        site.slow.arrived().await;
        browser.text(log_out).await;
        site.slow.open();
        assert!(renewal.await.set_cookies().is_empty());
        all_dead(&site, &[old]).await;
    }
}

pub(super) async fn a_log_out_ends_the_session_after_several_renewals(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let mut cookies = vec![browser.cookie()];
    for renewal in ["/renew", "/sign_in/ada", "/renew"] {
        browser.text(renewal).await;
        cookies.push(browser.cookie());
    }
    site.get("/log_out", cookies[0].as_deref()).await;
    all_dead(&site, &cookies).await;
}

pub(super) async fn a_log_out_that_leaves_a_message_ends_what_a_renewal_made_and_keeps_just_the_message(
    on: &dyn Framework,
) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    browser.text("/set/name/Ada").await;
    let old = browser.cookie();
    let ending = browser.start("/slow/end_then_set/message/goodbye");
    site.slow.arrived().await;
    browser.text("/renew").await;
    let renewed = browser.cookie();
    site.slow.open();
    browser.keep(&ending.await);
    assert_eq!(browser.text("/entries").await, r#"{"message":"goodbye"}"#);
    assert_eq!(browser.text("/whoami").await, "nobody");
    assert_eq!(site.rows(), 1);
    for dead in [old, renewed] {
        assert_eq!(site.get("/entries", dead.as_deref()).await.body, "{}");
    }
}

pub(super) async fn a_log_out_with_the_old_cookie_that_leaves_a_message_ends_the_renewed_session_too(
    on: &dyn Framework,
) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    let old = browser.cookie();
    browser.text("/renew").await;
    let answer = site.get("/end_then_set/message/goodbye", old.as_deref()).await;
    let anew = answer.cookie();
    assert_eq!(site.get("/entries", anew.as_deref()).await.body, r#"{"message":"goodbye"}"#);
    assert_eq!(site.get("/whoami", anew.as_deref()).await.body, "nobody");
    assert_eq!(site.rows(), 1);
    for dead in [old, browser.cookie()] {
        assert_eq!(site.get("/entries", dead.as_deref()).await.body, "{}");
    }
}

pub(super) async fn a_log_out_without_a_session_costs_nothing_and_leaves_no_message(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.browser();
    let answer = browser.get("/end_then_set/message/goodbye").await;
    assert!(answer.set_cookies().is_empty());
    assert_eq!((site.calls.take(), site.rows()), (vec![], 0));
}

pub(super) async fn a_log_out_while_a_writer_is_busy_ends_also_what_it_has_written(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let cookie = browser.cookie();
    let ending = browser.start("/slow/end");
    site.slow.arrived().await;
    browser.text("/count").await;
    site.slow.open();
    assert!(ending.await.removes_cookie());
    all_dead(&site, &[cookie]).await;
}

pub(super) async fn a_log_out_and_what_is_written_before_it_in_one_request_is_a_log_out(on: &dyn Framework) {
    async fn both(all: Everything, _: Args) -> Handled<()> {
        all.session.insert("name", "Grace")?;
        all.unloaded.invalidate()
    }
    let site = Setup::new().everything("both", both).open(on).await;
    let browser: Browser = site.visitor("name", "Ada").await;
    let cookie = browser.cookie();
    assert!(browser.get("/both").await.removes_cookie());
    all_dead(&site, &[cookie]).await;
}

pub(super) async fn a_session_that_expires_under_a_slow_writer_does_not_come_back(on: &dyn Framework) {
    for writer in ["/count", "/renew", "/read"] {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let cookie = browser.cookie();
        let slow = browser.start(&format!("/slow{writer}"));
        site.slow.arrived().await;
        site.clock.advance(Duration::from_secs(1201));
        site.slow.open();
        assert_eq!(slow.await.cookie(), None, "{writer}");
        assert_eq!(site.get("/entries", cookie.as_deref()).await.body, "{}");
    }
}

pub(super) async fn a_revoked_device_that_is_just_writing_does_not_come_back(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let (stolen, mine) = (site.user("ada").await, site.user("ada").await);
    for writer in ["/count", "/renew"] {
        let slow = stolen.start(&format!("/slow{writer}"));
        site.slow.arrived().await;
        mine.text("/revoke_others").await;
        site.slow.open();
        assert_eq!(slow.await.cookie(), None, "{writer}");
        assert_eq!(site.get("/whoami", stolen.cookie().as_deref()).await.body, "nobody");
        assert_eq!(site.rows(), 1);
        stolen.text("/sign_in/ada").await;
    }
}

pub(super) async fn what_is_written_after_an_unloaded_sign_out_begins_another_session(on: &dyn Framework) {
    let handler = async |everything: Everything, args: Args| {
        let Everything { session, unloaded, .. } = everything;
        session.insert("before", true)?;
        unloaded.invalidate()?;
        match args.first() {
            Some(user) => session.sign_in(user.as_str()),
            None => session.insert("after", true),
        }
    };
    for (path, left, owner) in [("/leave", r#"{"after":true}"#, "nobody"), ("/leave/grace", "{}", "grace")] {
        let site = Setup::new().everything("leave", handler).open(on).await;
        let browser = site.user("ada").await;
        let cookie = browser.cookie();
        assert_eq!(browser.get(path).await.status, 200);
        assert_eq!(browser.text("/entries").await, left);
        assert_eq!(browser.text("/whoami").await, owner);
        let old = site.get("/whoami", cookie.as_deref()).await;
        assert_eq!(old.body, "nobody", "the session has ended");
        assert_eq!(site.rows(), 1);
    }
}
