//! A log-in form that is sent twice at once, and two users who sign in from one session at once.

use session_core::Session;

use crate::faulty::Fault;
use crate::op::Op;
use crate::stories::{Args, Browser, Framework, Gate, Handled, Setup, Site};

/// A site whose log-in checks the form's token, waits at the gate, and signs in.
async fn with_form(on: &dyn Framework) -> (Site, Gate) {
    async fn log_in(session: Session, args: Args, gate: Gate) -> Handled<&'static str> {
        let [user, token] = [args[0].as_str(), args[1].as_str()];
        if !session.check_csrf(token) {
            return Ok("refused");
        }
        gate.pass().await;
        session.sign_in(user)?;
        session.insert("name", user)?;
        Ok("welcome")
    }
    let gate = Gate::new();
    let at = gate.clone();
    let site =
        Setup::new().loaded("log_in", move |session, args| log_in(session, args, at.clone())).open(on).await;
    (site, gate)
}

async fn sessions_of(browser: &Browser) -> usize {
    browser.text("/devices").await.lines().count()
}

pub(super) async fn a_form_sent_twice_at_once_signs_in_whichever_response_comes_last(on: &dyn Framework) {
    for last in [0, 1] {
        let (site, gate) = with_form(on).await;
        let browser = site.visitor("cart", "tea").await;
        let path = format!("/log_in/ada/{}", browser.csrf_token().await);
        let mut requests = Vec::new();
        for _ in 0..2 {
            requests.push(browser.start(&path));
            gate.arrived().await;
        }
        let mut answers = Vec::new();
        for request in requests {
            gate.open();
            answers.push(request.await);
        }
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == "welcome"));
        browser.keep(&answers[1 - last]);
        browser.keep(&answers[last]);
        assert_eq!(browser.text("/whoami").await, "ada");
        assert_eq!(browser.text("/get/cart").await, r#""tea""#);
        assert_eq!(sessions_of(&browser).await, 1);
        assert_eq!(site.rows(), 1);
    }
}

pub(super) async fn a_form_whose_twin_has_just_signed_in_is_refused_and_harms_nothing(on: &dyn Framework) {
    let (site, gate) = with_form(on).await;
    let browser = site.visitor("cart", "tea").await;
    let path = format!("/log_in/ada/{}", browser.csrf_token().await);
    let old = browser.cookie();
    gate.open();
    assert_eq!(browser.text(&path).await, "welcome");
    let twin = site.get(&path, old.as_deref()).await;
    assert_eq!((twin.body.as_str(), twin.set_cookies().len()), ("refused", 0));
    browser.keep(&twin);
    assert_eq!(browser.text("/whoami").await, "ada");
    assert_eq!(sessions_of(&browser).await, 1);
}

pub(super) async fn without_a_token_a_twin_that_loads_after_the_first_renewed_signs_in_whichever_response_comes_last(
    on: &dyn Framework,
) {
    for last in [0, 1] {
        let site = Site::stock(on).await;
        let browser = site.visitor("cart", "tea").await;
        let old = browser.cookie();
        let answers =
            [site.get("/sign_in/ada", old.as_deref()).await, site.get("/sign_in/ada", old.as_deref()).await];
        assert!(answers.iter().all(|answer| answer.status == 200));
        browser.keep(&answers[1 - last]);
        browser.keep(&answers[last]);
        assert_eq!(browser.text("/whoami").await, "ada");
        assert_eq!(site.get("/whoami", old.as_deref()).await.body, "nobody");
    }
}

pub(super) async fn a_log_in_whose_answer_was_lost_can_be_repeated(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("cart", "tea").await;
    site.faults.set(Op::Rename, Fault::LoseAnswer);
    assert!(browser.get("/sign_in/ada").await.is_bare_503());
    site.faults.clear();
    browser.text("/sign_in/ada").await;
    assert_eq!(browser.text("/whoami").await, "ada");
}

pub(super) async fn two_users_at_once_from_one_session_each_get_their_own(on: &dyn Framework) {
    let (site, gate) = with_form(on).await;
    let browser = site.visitor("cart", "tea").await;
    let token = browser.csrf_token().await;
    let users = ["ada", "bob"];
    let mut requests = Vec::new();
    for user in users {
        requests.push(browser.start(&format!("/log_in/{user}/{token}")));
        gate.arrived().await;
    }
    let mut cookies = Vec::new();
    for (user, request) in users.into_iter().zip(requests) {
        gate.open();
        let cookie = request.await.cookie().expect("another user's log-in is no twin's");
        assert_eq!(site.get("/whoami", Some(&cookie)).await.body, user);
        assert_eq!(site.get("/get/name", Some(&cookie)).await.body, format!("{user:?}"));
        cookies.push(cookie);
    }
    assert_ne!(cookies[0], cookies[1]);
    let [ada, bob] = [0, 1].map(|n| cookies[n].as_str());
    assert_eq!(site.get("/get/cart", Some(ada)).await.body, r#""tea""#);
    assert_eq!(site.get("/get/cart", Some(bob)).await.body, "nothing", "the session had become Ada's");
    assert_eq!(site.get("/whoami", Some(ada)).await.body, "ada");
}

pub(super) async fn two_users_at_once_from_a_third_ones_session_each_get_their_own(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("carol").await;
    browser.text("/set/name/Carol").await;
    let users = ["ada", "bob"];
    let mut requests = Vec::new();
    for user in users {
        requests.push(browser.start(&format!("/slow/sign_in/{user}")));
        site.slow.arrived().await;
    }
    let mut cookies = Vec::new();
    for (user, request) in users.into_iter().zip(requests) {
        site.slow.open();
        let cookie = request.await.cookie().expect("another user's log-in is no twin's");
        assert_eq!(site.get("/whoami", Some(&cookie)).await.body, user);
        assert_eq!(site.get("/entries", Some(&cookie)).await.body, "{}");
        cookies.push(cookie);
    }
    assert_eq!(browser.text("/whoami").await, "nobody");
    // The later log-in ends the session that it began in, and so what the earlier one made of it.
    assert_ne!(site.get("/whoami", Some(&cookies[0])).await.body, "bob");
    assert_eq!(site.get("/whoami", Some(&cookies[1])).await.body, "bob");
}

pub(super) async fn a_log_in_beside_a_plain_renewal_is_not_lost(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("cart", "tea").await;
    let log_in = browser.start("/slow/sign_in/ada");
    site.slow.arrived().await;
    browser.text("/renew").await;
    site.slow.open();
    browser.keep(&log_in.await);
    assert_eq!(browser.text("/whoami").await, "ada");
}

pub(super) async fn a_log_in_that_loses_to_a_log_out_begins_a_session_with_nothing_older(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    browser.text("/set/name/Ada").await;
    let log_in = browser.start("/slow/sign_in/ada");
    site.slow.arrived().await;
    browser.text("/log_out").await;
    site.slow.open();
    browser.keep(&log_in.await);
    assert_eq!(browser.text("/whoami").await, "ada");
    assert_eq!(browser.text("/entries").await, "{}");
    assert_eq!(site.rows(), 1);
}
