//! The notice in a response's extensions, for a layer that logs or makes another response of it.

use axum::response::Response;
use http::HeaderValue;
use session_axum::Notice;
use session_core::Session;
use session_testkit::stories::{Browser, Setup, Site};

use crate::framework::Axum;

/// Opens a site with a layer above the session's that shows the notice in a header.
async fn site() -> Site {
    let on = Axum::layered(|routes, sessions| {
        let show = async |mut response: Response| {
            if let Some(notice) = response.extensions().get::<Notice>() {
                let text = format!("{notice:?}");
                response.headers_mut().insert("x-notice", HeaderValue::try_from(text).unwrap());
            }
            response
        };
        routes.layer(sessions).layer(axum::middleware::map_response(show))
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
async fn a_dropped_change_is_in_the_extensions_of_the_response() {
    let site = site().await;
    let browser = site.user("ada").await;
    let renew = async || assert_eq!(browser.get("/renew").await.header("x-notice"), "");
    assert_eq!(slower_than(&site, &browser, "/set/cart/tea", renew).await, "ChangesDropped");
}

#[tokio::test]
async fn a_sign_in_that_gave_way_is_in_the_extensions_of_the_response() {
    let site = site().await;
    let other = site.browser();
    let sign_in = async || {
        site.wait_secs(1);
        assert_eq!(other.get("/only_here/ada").await.header("x-notice"), "");
    };
    assert_eq!(slower_than(&site, &site.browser(), "/only_here/ada", sign_in).await, "SignInSuperseded");
}
