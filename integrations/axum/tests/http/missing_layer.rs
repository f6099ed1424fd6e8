//! A route without a layer says what is missing.

use axum::Router;
use axum::routing::get;
use session_axum::{Rejection, Session, SessionLayer};

use crate::support::{Setup, Site, routes};

fn without_a_layer(routes: Router) -> Site {
    Setup::new(routes).open_layered(|routes, _| routes)
}

#[tokio::test]
async fn every_extractor_answers_500_with_the_remedy() {
    let site = without_a_layer(routes());
    for path in ["/read", "/log_out", "/devices"] {
        let answer = site.browser().get(path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.body.contains("no SessionLayer"), "{}", answer.body);
        assert!(answer.body.contains(".layer(SessionLayer::new(sessions))"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_route_that_was_added_after_the_layer_has_none() {
    let layered = |routes: Router, sessions: SessionLayer| {
        routes.layer(sessions).route("/after", get(async |session: Session| session.len().to_string()))
    };
    let site = Setup::new(routes()).open_layered(layered);
    assert_eq!(site.browser().get("/after").await.status, 500);
    assert_eq!(site.browser().get("/read").await.status, 200);
}

#[tokio::test]
async fn a_handler_can_tell_it_from_an_outage() {
    let handler = async |session: Result<Session, Rejection>| match session {
        Err(Rejection::MissingLayer(missing)) => missing.to_string(),
        Err(_) => "an outage".to_owned(),
        Ok(_) => "a session".to_owned(),
    };
    let site = without_a_layer(Router::new().route("/tell", get(handler)));
    assert!(site.browser().text("/tell").await.contains("SessionLayer"));
}

#[tokio::test]
async fn a_route_that_asks_for_no_session_needs_no_layer() {
    assert_eq!(without_a_layer(routes()).browser().text("/").await, "untouched");
}
