//! The notices of a request with two sessions.

use std::time::Duration;

use rocket::fairing::AdHoc;
use rocket::http::Header;
use rocket::local::asynchronous::Client;
use rocket::{State, get, routes};
use session_core::{MemoryStore, SessionFactory, SessionOptions, UnixTime};
use session_rocket::{Named, Session, Sessions};
use session_testkit::{ManualClock, TestRequest, cookie};

use crate::framework::config;

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

#[get("/")]
async fn page(session: Session, admin: Named<Admin, Session>, two: &State<Two>) {
    two.change(&session, &admin).await;
}

#[tokio::test]
async fn of_two_notices_that_of_the_first_fairing_is_what_the_function_returns() {
    for (admin_is_first, wanted) in [(false, "ChangesDropped"), (true, "SignInSuperseded")] {
        let two = Two::new().await;
        let (site, admin) = (Sessions::fairing(two.site.clone()), Sessions::fairing(two.admin.clone()));
        let show = AdHoc::on_response("show", |request, response| {
            response.set_raw_header("x-notice", format!("{:?}", session_rocket::notice(request).unwrap()));
            Box::pin(async {})
        });
        let rocket = rocket::custom(config()).mount("/", routes![page]).manage(two.clone());
        let rocket = if admin_is_first {
            rocket.attach(admin.named::<Admin>()).attach(site)
        } else {
            rocket.attach(site).attach(admin.named::<Admin>())
        };
        let client = Client::untracked(rocket.attach(show)).await.unwrap();
        let response = client.get("/").header(Header::new("Cookie", two.cookie)).dispatch().await;
        assert_eq!(response.headers().get_one("x-notice"), Some(wanted));
    }
}
