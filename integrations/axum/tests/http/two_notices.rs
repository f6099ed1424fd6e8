//! The notices of a request with two sessions.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use session_axum::{Named, Notice, Session, SessionFactory, SessionLayer, SessionOptions, UnixTime};
use session_core::MemoryStore;
use session_testkit::{ManualClock, TestRequest, cookie};
use tower::ServiceExt as _;

struct Admin;

/// Two factories, and the cookie of a session of the first.
#[derive(Clone)]
struct Two {
    site: SessionFactory,
    admin: SessionFactory,
    clock: ManualClock,
    cookie: String,
}

impl Two {
    async fn new() -> Self {
        let clock = ManualClock::at(UnixTime::from_secs(1_700_000_000));
        let [site, admin] = ["site", "admin"].map(|cookie_name| {
            let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
            options.cookie_name = cookie_name.to_owned();
            SessionFactory::with_clock(options, MemoryStore::new(), clock.clone()).unwrap()
        });
        let cookie = cookie(&site, |session| session.insert("a", 1)).await.unwrap();
        Self { site, admin, clock, cookie }
    }

    /// Changes both sessions of a request. Then another request renews the first one, and a later one signs
    /// in the user of the second one, so that both saves have a notice.
    async fn change(&self, site: &session_core::Session, admin: &session_core::Session) {
        site.insert("a", 2).unwrap();
        admin.sign_in_exclusively(7).unwrap();
        let other = TestRequest::with_cookie(&self.site, self.cookie.as_str());
        other.session().await.unwrap().renew().unwrap();
        other.finish().await.unwrap();
        self.clock.advance(Duration::from_secs(1));
        cookie(&self.admin, |session| session.sign_in(7)).await.unwrap();
    }
}

#[tokio::test]
async fn of_two_notices_that_of_the_innermost_layer_is_in_the_extensions() {
    for (admin_is_inner, wanted) in [(false, Notice::ChangesDropped), (true, Notice::SignInSuperseded)] {
        let two = Two::new().await;
        let site = SessionLayer::new(two.site.clone());
        let admin = SessionLayer::named::<Admin>(two.admin.clone());
        let [outer, inner] = if admin_is_inner { [site, admin] } else { [admin, site] };
        let request = Request::get("/").header("cookie", &two.cookie).body(Body::empty()).unwrap();
        let page = move |session: Session, admin: Named<Admin, Session>| async move {
            two.change(&session, &admin).await;
        };
        let app = Router::new().route("/", get(page)).layer(inner).layer(outer);
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.extensions().get(), Some(&wanted));
    }
}
