//! The notice of an outcome that the handler could not know of, as the driver shows it.

use session_core::Session;
use session_core::adapter::Notice;

use crate::stories::notice::{NOTICE, notice_header};
use crate::stories::{Answer, Args, Browser, Framework, Setup, Site};

/// Expects the driver to show this notice, or none.
pub(super) fn has_notice(answer: &Answer, notice: Option<Notice>) {
    let expected = notice.map_or("", |notice| notice_header(notice).1);
    let shown = answer.header(NOTICE);
    assert_eq!(
        shown, expected,
        "the header by which the driver shows a notice; see `stories::notice_header`"
    );
}

/// Makes a request whose session has been loaded when the other request begins; its answer.
pub(super) async fn slower_than(
    site: &Site,
    browser: &Browser,
    path: &str,
    other: impl AsyncFnOnce(),
) -> Answer {
    let slow = browser.start(&format!("/slow{path}"));
    site.slow.arrived().await;
    other().await;
    site.slow.open();
    let answer = slow.await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    answer
}

pub(super) async fn a_change_that_loses_to_a_renewal_is_in_a_notice(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    let old = browser.cookie();
    let renew = async || has_notice(&browser.get("/renew").await, None);
    let answer = slower_than(&site, &browser, "/set/cart/tea", renew).await;
    has_notice(&answer, Some(Notice::ChangesDropped));
    let late = site.get("/set/cart/tea", old.as_deref()).await;
    has_notice(&late, Some(Notice::ChangesDropped));
}

pub(super) async fn an_exclusive_sign_in_that_was_superseded_is_in_a_notice(on: &dyn Framework) {
    let only_here = async |session: Session, args: Args| session.sign_in_exclusively(args[0].as_str());
    let site = Setup::new().loaded("only_here", only_here).open(on).await;
    let newer = async || {
        site.wait_secs(1);
        has_notice(&site.browser().get("/only_here/ada").await, None);
    };
    let answer = slower_than(&site, &site.browser(), "/only_here/ada", newer).await;
    has_notice(&answer, Some(Notice::SignInSuperseded));
}

pub(super) async fn an_ordinary_response_has_no_notice(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.browser();
    for path in
        ["/untouched", "/read", "/set/cart/tea", "/sign_in/ada", "/set/cart/milk", "/renew", "/log_out"]
    {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        has_notice(&answer, None);
    }
}
