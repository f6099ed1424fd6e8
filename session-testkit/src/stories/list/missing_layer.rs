//! A route without a layer says what is missing.

use crate::stories::{Framework, Layer, Setup, Site};

async fn without_a_layer(on: &dyn Framework) -> Site {
    let mut setup = Setup::new();
    setup.layer = Layer::Missing;
    setup.open(on).await
}

pub(super) async fn every_extractor_answers_500_with_the_remedy(on: &dyn Framework) {
    let site = without_a_layer(on).await;
    for path in ["/read", "/log_out", "/devices"] {
        for cookie in [None, Some("__Host-session=AAAA")] {
            let answer = site.get(path, cookie).await;
            assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{path}");
            assert!(answer.body.contains(on.remedy()), "{path}: {:?} names no remedy", answer.body);
        }
    }
}

pub(super) async fn a_route_that_asks_for_no_session_needs_no_layer(on: &dyn Framework) {
    assert_eq!(without_a_layer(on).await.browser().text("/untouched").await, "untouched");
}
