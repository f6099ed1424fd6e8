//! The notice of a request, for a fairing that logs.

use rocket::fairing::AdHoc;
use rocket::{Build, Rocket};
use session_core::Session;
use session_testkit::stories::{Browser, Setup, Site};

use crate::framework::OnRocket;

/// Opens a site with a fairing that shows the notice in a header.
async fn site() -> Site {
    let on = OnRocket::with(|rocket: Rocket<Build>| {
        rocket.attach(AdHoc::on_response("show", |request, response| {
            if let Some(notice) = session_rocket::notice(request) {
                response.set_raw_header("x-notice", format!("{notice:?}"));
            }
            Box::pin(async {})
        }))
    });
    let only_here = async |session: Session, args: Vec<String>| session.sign_in_exclusively(args[0].as_str());
    Setup::new().loaded("only_here", only_here).open(&on).await
}

/// Makes a request that is slower than another one.
async fn slower_than(site: &Site, browser: &Browser, path: &str, other: impl AsyncFnOnce()) -> String {
    let slow = browser.start(&format!("/slow{path}"));
    site.slow.arrived().await;
    other().await;
    site.slow.open();
    let answer = slow.await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    answer.header("x-notice").to_owned()
}

#[tokio::test]
async fn a_dropped_change_is_what_the_function_returns() {
    let site = site().await;
    let browser = site.user("ada").await;
    let renew = async || assert_eq!(browser.get("/renew").await.header("x-notice"), "");
    assert_eq!(slower_than(&site, &browser, "/set/cart/tea", renew).await, "ChangesDropped");
}

#[tokio::test]
async fn a_sign_in_that_gave_way_is_what_the_function_returns() {
    let site = site().await;
    let other = site.browser();
    let sign_in = async || {
        site.wait_secs(1);
        assert_eq!(other.get("/only_here/ada").await.header("x-notice"), "");
    };
    assert_eq!(slower_than(&site, &site.browser(), "/only_here/ada", sign_in).await, "SignInSuperseded");
}
