//! What each request costs the store: the exact calls.

use crate::Op::{Create, Delete, List, Load, Rename, Revoke, Touch, Update};

use crate::stories::{Args, Everything, Framework, Handled, Setup, Site, When};

pub(super) async fn a_request_that_does_not_ask_for_its_session_calls_nothing(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.visitor("name", "Ada").await.text("/untouched").await;
    assert_eq!(site.calls.take(), []);
}

pub(super) async fn reading_is_one_load(on: &dyn Framework) {
    let site = Site::stock(on).await;
    assert_eq!(site.visitor("name", "Ada").await.text("/get/name").await, r#""Ada""#);
    assert_eq!(site.calls.take(), [Load]);
}

pub(super) async fn writing_is_a_load_and_an_update(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    for path in
        ["/set/name/Grace", "/count", "/flash/hello", "/pop", "/label/laptop", "/remove/name", "/clear"]
    {
        browser.text(path).await;
        assert_eq!(site.calls.take(), [Load, Update], "{path}");
    }
}

pub(super) async fn a_new_session_is_one_create(on: &dyn Framework) {
    let site = Site::stock(on).await;
    for path in ["/set/name/Ada", "/count", "/flash/hello", "/csrf"] {
        site.browser().text(path).await;
        assert_eq!(site.calls.take(), [Create], "{path}");
    }
}

pub(super) async fn a_visitor_who_only_reads_costs_nothing_and_gets_no_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let paths = [
        "/read",
        "/get/name",
        "/entries",
        "/whoami",
        "/peek",
        "/pop",
        "/check/x",
        "/devices",
        "/log_out",
        "/end",
    ];
    for path in paths {
        let answer = site.browser().get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (200, 0), "{path}");
    }
    assert_eq!(site.calls.take(), []);
    assert_eq!(site.rows(), 0);
}

pub(super) async fn what_leaves_a_new_session_empty_costs_nothing_and_gives_no_cookie(on: &dyn Framework) {
    let site = Site::stock(on).await;
    for path in ["/renew", "/clear", "/remove/name", "/label/laptop", "/timeout/60"] {
        let answer = site.browser().get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (200, 0), "{path}");
    }
    assert_eq!(site.calls.take(), []);
}

pub(super) async fn a_log_in_is_a_load_and_a_rename(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.visitor("name", "Ada").await.text("/sign_in/ada").await;
    assert_eq!(site.calls.take(), [Load, Rename]);
}

pub(super) async fn a_log_in_without_an_earlier_session_is_one_create(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.browser().text("/sign_in/ada").await;
    assert_eq!(site.calls.take(), [Create]);
}

pub(super) async fn a_renewal_is_a_load_and_a_rename(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.visitor("name", "Ada").await.text("/renew").await;
    assert_eq!(site.calls.take(), [Load, Rename]);
}

pub(super) async fn a_log_out_that_does_not_load_is_one_delete(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.user("ada").await.text("/log_out").await;
    assert_eq!(site.calls.take(), [Delete]);
}

pub(super) async fn a_log_out_of_a_loaded_session_is_a_load_and_a_delete(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.user("ada").await.text("/end").await;
    assert_eq!(site.calls.take(), [Load, Delete]);
}

pub(super) async fn a_log_out_that_leaves_a_message_is_a_load_and_a_rename(on: &dyn Framework) {
    let site = Site::stock(on).await;
    site.user("ada").await.text("/end_then_set/message/goodbye").await;
    assert_eq!(site.calls.take(), [Load, Rename]);
}

pub(super) async fn reading_when_the_reissue_is_due_is_a_load_and_a_touch(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    browser.text("/read").await;
    assert_eq!(site.calls.take(), [Load, Touch]);
    browser.text("/read").await;
    assert_eq!(site.calls.take(), [Load]);
}

pub(super) async fn a_request_that_does_not_ask_calls_nothing_even_if_the_reissue_is_due(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    assert!(browser.get("/untouched").await.set_cookies().is_empty());
    assert_eq!(site.calls.take(), []);
}

pub(super) async fn writing_when_the_reissue_is_due_is_still_a_load_and_an_update(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    assert!(browser.get("/count").await.cookie().is_some());
    assert_eq!(site.calls.take(), [Load, Update]);
}

/// The others come from another process: in one they let those pass who have lost.
pub(super) async fn each_lost_comparison_costs_one_call_more(on: &dyn Framework) {
    for (path, call) in [("/count", Update), ("/renew", Rename), ("/sign_in/ada", Rename)] {
        for lost in 1..=3 {
            let site = Site::stock(on).await;
            let mut others = Setup::new();
            (others.memory, others.clock) = (site.memory.clone(), site.clock.clone());
            let others = others.open(on).await;
            let browser = site.visitor("name", "Ada").await;
            let mut gate = site.watch.hold(call, When::Before);
            let request = browser.start(path);
            for lap in 1..=lost {
                gate.arrived().await;
                let answer = others.get(&format!("/set/lap/{lap}"), browser.cookie().as_deref()).await;
                assert_eq!(answer.status, 200);
                let passed = std::mem::replace(&mut gate, site.watch.hold(call, When::Before));
                passed.open();
            }
            gate.arrived().await;
            gate.open();
            assert_eq!(request.await.status, 200);
            assert_eq!(site.calls.take().len(), 2 + lost, "{path}, {lost} lost");
        }
    }
}

pub(super) async fn a_log_out_never_loses_a_comparison(on: &dyn Framework) {
    for path in ["/slow/end", "/slow/log_out"] {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let log_out = browser.start(path);
        site.slow.arrived().await;
        browser.text("/count").await;
        site.slow.open();
        assert!(log_out.await.removes_cookie());
        assert_eq!(site.calls.take(), [Load, Load, Update, Delete], "{path}");
    }
}

pub(super) async fn a_session_that_is_gone_costs_no_call_more(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let writer = browser.start("/slow/count");
    site.slow.arrived().await;
    browser.text("/log_out").await;
    site.slow.open();
    writer.await;
    assert_eq!(site.calls.take(), [Load, Delete, Update]);
}

pub(super) async fn several_extractors_of_one_request_load_once(on: &dyn Framework) {
    let all = async |all: Everything, _| Ok(all.again.len().to_string());
    let site = Setup::new().everything("all", all).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.text("/all").await, "1");
    assert_eq!(site.calls.take(), [Load]);
}

pub(super) async fn what_one_extractor_changes_the_others_see_and_it_is_saved_once(on: &dyn Framework) {
    async fn both(all: Everything, _: Args) -> Handled<String> {
        all.session.insert("a", 1)?;
        all.again.insert("b", 2)?;
        Ok(format!("{} {}", all.session.len(), all.again.len()))
    }
    let site = Setup::new().everything("both", both).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.text("/both").await, "3 3");
    assert_eq!(site.calls.take(), [Load, Update]);
}

pub(super) async fn the_devices_are_a_load_and_a_call_of_the_index(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    browser.text("/devices").await;
    assert_eq!(site.calls.take(), [Load, List]);
    browser.text("/revoke_others").await;
    assert_eq!(site.calls.take(), [Load, Revoke]);
}

pub(super) async fn a_cookie_whose_session_is_gone_costs_one_load(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let cookie = browser.cookie();
    browser.text("/log_out").await;
    site.calls.take();
    assert_eq!(site.get("/get/name", cookie.as_deref()).await.body, "nothing");
    assert_eq!(site.calls.take(), [Load]);
}
