//! Requests whose session another tab has just renewed.

use session_core::Session;

use crate::stories::{Args, Framework, Handled, Reply, Setup};

/// Changes the session, unless another request has just renewed it.
async fn careful(session: Session, _: Args) -> Handled {
    if session.was_renewed_elsewhere() {
        return Ok(Reply::status(409));
    }
    session.insert("cart", "tea")?;
    Ok(Reply::status(200))
}

pub(super) async fn a_handler_can_tell_a_session_that_was_renewed_elsewhere_from_none(on: &dyn Framework) {
    let site = Setup::new().loaded("careful", careful).open(on).await;
    let browser = site.user("ada").await;
    let old = browser.cookie();
    browser.text("/renew").await;
    let answer = site.get("/careful", old.as_deref()).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (409, 0));
    assert_eq!(site.get("/careful", None).await.status, 200, "a stranger");
    assert_eq!(browser.get("/careful").await.status, 200);
    assert_eq!(browser.text("/get/cart").await, r#""tea""#);
}

pub(super) async fn a_change_that_loses_to_a_renewal_is_a_409_with_the_option(on: &dyn Framework) {
    for fails in [false, true] {
        let mut setup = Setup::new();
        setup.options.fail_on_dropped_changes = fails;
        let site = setup.open(on).await;
        let browser = site.user("ada").await;
        let writer = browser.start("/slow/set/cart/tea");
        site.slow.arrived().await;
        browser.text("/renew").await;
        site.slow.open();
        let answer = writer.await;
        let status = if fails { 409 } else { 200 };
        assert_eq!((answer.status, answer.set_cookies().len()), (status, 0));
        assert_eq!(browser.text("/whoami").await, "ada", "the renewed session goes on");
        assert_eq!(browser.text("/get/cart").await, "nothing");
    }
}
