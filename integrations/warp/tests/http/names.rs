//! Routes with several factories.

use std::time::Duration;

use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_testkit::{Calls, CountingStore, Fault, Faults, FaultyStore, Op};
use session_warp::{Error, Named, Session, SessionFilter as _};
use tokio::time::timeout;
use warp::any;

struct Admin;

fn factory(cookie_name: &str) -> (SessionFactory, Calls, Faults) {
    let store = FaultyStore::new(MemoryStore::new());
    let faults = store.faults();
    let store = CountingStore::new(store);
    let calls = store.calls();
    let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
    options.cookie_name = cookie_name.to_owned();
    (SessionFactory::new(options, store).unwrap(), calls, faults)
}

async fn count((site, admin): (Session, Named<Admin, Session>)) -> Result<String, Error> {
    let count = |session: &Session| session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1);
    Ok(format!("{} {}", count(&site)?, count(&admin)?))
}

#[tokio::test]
async fn one_factory_twice_on_a_route_has_one_session_and_one_cookie() {
    let (sessions, calls, _) = factory("a");
    let route = any().session(&(sessions.clone(), Named::<Admin, _>::new(sessions)), count);
    let response = warp::test::request().reply(&route).await;
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, b"1 2".as_slice()));
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 1);
    assert_eq!(calls.take(), [Op::Create]);
}

#[tokio::test]
async fn after_a_session_that_cannot_be_saved_no_session_is_begun() {
    let ((failing, _, faults), (sound, calls, _)) = (factory("a"), factory("b"));
    faults.set(Op::Create, Fault::Fail);
    let route = any().session(&(failing, Named::<Admin, _>::new(sound)), count);
    let response = warp::test::request().reply(&route).await;
    assert_eq!((response.status().as_u16(), response.headers().get("set-cookie")), (503, None));
    assert_eq!(calls.take(), []);
}

#[tokio::test]
async fn a_client_that_hangs_up_during_the_first_save_does_not_lose_the_second() {
    let ((stalling, _, faults), (sound, calls, _)) = (factory("a"), factory("b"));
    faults.set(Op::Create, Fault::Stall);
    let route = any().session(&(stalling, Named::<Admin, _>::new(sound.clone())), count);
    let request = timeout(Duration::from_millis(100), warp::test::request().reply(&route)).await;
    assert!(request.is_err(), "the first save stalls");
    sound.wait_for_saves().await;
    assert_eq!(calls.take(), [Op::Create]);
}

#[tokio::test]
async fn two_factories_whose_cookies_have_one_name_are_refused() {
    let ((site, calls, _), (admin, ..)) = (factory("same"), factory("same"));
    let route = any().session(&(site, Named::<Admin, _>::new(admin)), count);
    let response = warp::test::request().reply(&route).await;
    assert_eq!((response.status().as_u16(), response.headers().get("set-cookie")), (500, None));
    let error: &session_core::Error = response.extensions().get().unwrap();
    assert!(error.to_string().contains("give one of them another `cookie_name`"), "{error}");
    assert_eq!(calls.take(), []);
}
