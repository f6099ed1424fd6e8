//! The notices of a request with two sessions.

use std::convert::Infallible;
use std::time::Duration;

use session_core::MemoryStore;
use session_testkit::{ManualClock, TestRequest, cookie};
use session_warp::{Named, Notice, Session, SessionFactory, SessionFilter as _, SessionOptions, UnixTime};
use warp::Filter;

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

async fn site_first((site, admin): (Session, Named<Admin, Session>), two: Two) -> &'static str {
    two.change(&site, &admin).await;
    "changed"
}

async fn admin_first((admin, site): (Named<Admin, Session>, Session), two: Two) -> &'static str {
    two.change(&site, &admin).await;
    "changed"
}

/// Extracts the two factories, for the handler.
fn with(
    two: &Two,
) -> impl Filter<Extract = (Two,), Error = Infallible> + Clone + Send + Sync + 'static + use<> {
    let two = two.clone();
    warp::any().map(move || two.clone())
}

#[tokio::test]
async fn of_two_notices_that_of_the_first_factory_is_in_the_extensions() {
    let two = Two::new().await;
    let factories = (two.site.clone(), Named::<Admin, _>::new(two.admin.clone()));
    let route = with(&two).session(&factories, site_first);
    let response = warp::test::request().header("cookie", &two.cookie).reply(&route).await;
    assert_eq!(response.extensions().get(), Some(&Notice::ChangesDropped));

    let two = Two::new().await;
    let factories = (Named::<Admin, _>::new(two.admin.clone()), two.site.clone());
    let route = with(&two).session(&factories, admin_first);
    let response = warp::test::request().header("cookie", &two.cookie).reply(&route).await;
    assert_eq!(response.extensions().get(), Some(&Notice::SignInSuperseded));
}
