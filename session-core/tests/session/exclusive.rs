//! Tests of a sign-in that ends the user's other sessions.

use std::time::Duration;

use session_core::adapter::{Exchange, Notice};
use session_core::{Error, Owner, Session, SessionFactory, SessionOptions};
use session_testkit::{BrokenStore, CountingStore, Flaw, ManualClock, Op};

use crate::browser::{Browser, START, Site};

/// Begins a request that signs `owner` in.
async fn signing_in(browser: &Browser<'_>, owner: &str) -> Exchange {
    let exchange = browser.begin();
    exchange.session().await.unwrap().sign_in_exclusively(owner).unwrap();
    exchange
}

/// Counts the browsers in which somebody is signed in.
async fn signed_in(browsers: &mut [Browser<'_>]) -> usize {
    let mut count = 0;
    for browser in browsers {
        count += usize::from(browser.visit(Session::owner).await.is_some());
    }
    count
}

#[tokio::test]
async fn it_ends_the_users_other_sessions_and_nobody_elses() {
    let site = Site::new();
    let mut others = [site.device("alice", "phone").await, site.device("alice", "tablet").await];
    let mut bob = site.device("bob", "laptop").await;
    site.wait(1);
    let mut browser = site.visitor().await;
    site.calls.take();
    let exchange = signing_in(&browser, "alice").await;
    let effects = browser.finish(&exchange).await;
    assert!(effects.notice.is_none() && effects.set_cookie.is_some());
    assert_eq!(site.calls.take(), [Op::Load, Op::Rename, Op::List, Op::Delete, Op::Delete]);
    assert_eq!(signed_in(&mut others).await, 0);
    assert_eq!(bob.visit(Session::owner).await, Some(Owner::from("bob")));
    let look = |session: &Session| (session.owner(), session.get::<u32>("a").unwrap());
    assert_eq!(browser.visit(look).await, (Some(Owner::from("alice")), Some(1)));
}

#[tokio::test]
async fn of_sign_ins_at_once_exactly_one_stays_whichever_is_saved_last() {
    for count in [2, 8] {
        for saved_first in 0..count {
            let site = Site::new();
            let mut browsers = vec![site.browser(); count];
            let mut exchanges = Vec::new();
            for browser in &browsers {
                exchanges.push(signing_in(browser, "alice").await);
            }
            exchanges.rotate_left(saved_first);
            browsers.rotate_left(saved_first);
            let saves = exchanges.iter().map(|exchange| tokio::spawn(exchange.finish(200)));
            let mut cookies = 0;
            for (save, browser) in saves.collect::<Vec<_>>().into_iter().zip(&mut browsers) {
                let effects = save.await.unwrap().unwrap();
                assert_eq!(effects.set_cookie.is_none(), effects.notice == Some(Notice::SignInSuperseded));
                cookies += usize::from(effects.set_cookie.is_some());
                browser.take(&effects);
            }
            assert!(cookies >= 1, "at least one browser got a cookie");
            assert_eq!(signed_in(&mut browsers).await, 1, "{count} at once");
        }
    }
}

#[tokio::test]
async fn the_session_that_gives_way_is_gone() {
    let site = Site::new();
    let mut slow = site.visitor().await;
    let exchange = signing_in(&slow, "alice").await;
    site.wait(1);
    let mut newer = site.device("alice", "phone").await;
    site.calls.take();
    let effects = slow.finish(&exchange).await;
    assert_eq!((effects.notice, effects.set_cookie), (Some(Notice::SignInSuperseded), None));
    assert_eq!(site.calls.take(), [Op::Rename, Op::List, Op::Delete]);
    assert_eq!(signed_in(std::slice::from_mut(&mut newer)).await, 1);
    assert_eq!(signed_in(std::slice::from_mut(&mut slow)).await, 0);
    assert_eq!(site.store.len(), 1);
}

#[tokio::test]
async fn a_session_from_a_clock_that_was_ahead_does_not_keep_the_user_out() {
    let site = Site::new();
    site.wait(86_400);
    let mut ahead = site.device("alice", "phone").await;
    site.clock.set(START);
    let mut browser = site.browser();
    let exchange = signing_in(&browser, "alice").await;
    let _ = browser.finish(&exchange).await;
    assert_eq!(signed_in(&mut [browser]).await, 1);
    assert_eq!(signed_in(std::slice::from_mut(&mut ahead)).await, 0);
}

#[tokio::test]
async fn a_plain_sign_in_or_a_sign_out_afterwards_ends_no_other_session() {
    type After = fn(&Session) -> Result<(), Error>;
    for after in [|s| s.sign_in("alice"), |s| s.invalidate()] as [After; 2] {
        let site = Site::new();
        let mut other = site.device("alice", "phone").await;
        site.wait(1);
        let mut browser = site.visitor().await;
        browser.visit(|s| s.sign_in_exclusively("alice").and_then(|()| after(s))).await.unwrap();
        assert_eq!(signed_in(std::slice::from_mut(&mut other)).await, 1);
    }
}

#[tokio::test]
async fn a_store_without_an_index_by_owner_signs_nobody_in() {
    let options = SessionOptions::new("a secret of more than thirty-two bytes");
    let store = CountingStore::new(BrokenStore::with(Flaw::HidesItsIndex));
    let calls = store.calls();
    let exchange = SessionFactory::new(options, store).unwrap().begin([]);
    exchange.session().await.unwrap().sign_in_exclusively("alice").unwrap();
    assert!(matches!(exchange.finish(200).await, Err(Error::Store(_))));
    assert_eq!(calls.take(), [], "nothing was written");
}

#[tokio::test]
async fn a_store_without_an_index_by_owner_still_ends_the_session_that_was_invalidated_before() {
    type Before = fn(&Session) -> Result<(), Error>;
    let cases: [(Before, &[Op]); 3] = [
        (|session| session.invalidate(), &[Op::Load, Op::Delete]),
        (|session| session.sign_in("carol"), &[Op::Load, Op::Delete]),
        (|session| session.insert("a", 1), &[Op::Load]),
    ];
    for (before, wanted) in cases {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        let store = CountingStore::new(BrokenStore::with(Flaw::HidesItsIndex));
        let calls = store.calls();
        let sessions = SessionFactory::new(options, store).unwrap();
        let cookie = session_testkit::cookie(&sessions, |session| session.sign_in("alice")).await.unwrap();
        calls.take();
        let exchange = sessions.begin([cookie.as_bytes()]);
        let session = exchange.session().await.unwrap();
        before(&session).and_then(|()| session.sign_in_exclusively("alice")).unwrap();
        assert!(matches!(exchange.finish(200).await, Err(Error::Store(_))));
        assert_eq!(calls.take(), wanted);
    }
}

#[tokio::test]
async fn all_sessions_of_a_user_can_be_ended_from_outside_of_a_request() {
    let site = Site::new();
    let mut devices = [site.device("alice", "phone").await, site.device("alice", "tablet").await];
    let mut bob = site.device("bob", "laptop").await;
    assert_eq!(site.factory.revoke_all("alice").await.unwrap(), 2);
    assert_eq!(signed_in(&mut devices).await, 0);
    assert!(bob.visit(Session::owner).await.is_some());
}

#[tokio::test]
async fn a_renewal_by_another_request_does_not_undo_it() {
    let site = Site::new();
    let phone = site.device("alice", "phone").await;
    let mut browser = site.device("alice", "laptop").await;
    let mut thief = browser.clone();
    site.wait(1);
    let (exchange, parallel) = (signing_in(&browser, "alice").await, thief.begin());
    parallel.session().await.unwrap().renew().unwrap();
    let _ = thief.finish(&parallel).await;
    site.wait(1);
    assert!(browser.finish(&exchange).await.notice.is_none());
    assert_eq!(browser.visit(Session::owner).await, Some(Owner::from("alice")));
    assert_eq!(signed_in(&mut [phone, thief]).await, 0);
}

#[tokio::test]
async fn it_ends_sessions_that_have_expired_by_its_own_clock_but_not_by_a_slower_one() {
    let site = Site::new();
    let mut phone = site.device("alice", "phone").await;
    site.wait(1000);
    let ahead = ManualClock::at(START + Duration::from_secs(1000 + 240));
    let options = SessionOptions::new("a secret of more than thirty-two bytes");
    let server = SessionFactory::with_clock(options, site.store.clone(), ahead).unwrap();
    let exchange = server.begin([]);
    exchange.session().await.unwrap().sign_in_exclusively("alice").unwrap();
    assert!(exchange.finish(200).await.unwrap().set_cookie.is_some());
    assert_eq!(phone.visit(Session::owner).await, None);
}
