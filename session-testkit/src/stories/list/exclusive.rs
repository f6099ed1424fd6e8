//! Sign-ins that end the user's other sessions, one after another and at once.

use session_core::Session;

use crate::faulty::Fault;
use crate::op::Op;
use crate::stories::{Args, Browser, Framework, Gate, Handled, Setup, Site};

/// A site whose exclusive sign-in waits at the gate with its session loaded.
async fn site(on: &dyn Framework) -> (Site, Gate) {
    async fn sign_in(session: Session, args: Args, gate: Gate) -> Handled<()> {
        gate.pass().await;
        session.sign_in_exclusively(args[0].as_str())
    }
    let gate = Gate::new();
    let at = gate.clone();
    let handler = move |session, args| sign_in(session, args, at.clone());
    (Setup::new().loaded("only_here", handler).open(on).await, gate)
}

/// Counts the browsers in which Ada is signed in.
async fn signed_in(browsers: &[Browser]) -> usize {
    let mut count = 0;
    for browser in browsers {
        count += usize::from(browser.text("/whoami").await == "ada");
    }
    count
}

pub(super) async fn an_exclusive_sign_in_ends_the_users_other_sessions(on: &dyn Framework) {
    let (site, gate) = site(on).await;
    let others = [site.user("ada").await, site.user("ada").await];
    let grace = site.user("grace").await;
    site.wait_secs(1);
    let browser = site.visitor("cart", "tea").await;
    gate.open();
    assert_eq!(browser.get("/only_here/ada").await.status, 200);
    assert_eq!(site.calls.take(), [Op::Load, Op::Rename, Op::List, Op::Delete, Op::Delete]);
    assert_eq!(signed_in(&others).await, 0);
    assert_eq!(browser.text("/whoami").await, "ada");
    assert_eq!(browser.text("/get/cart").await, r#""tea""#);
    assert_eq!(grace.text("/whoami").await, "grace");
}

/// Signs in on so many browsers at once: all have loaded their sessions before the first is saved.
async fn at_once(on: &dyn Framework, count: usize) {
    let (site, gate) = site(on).await;
    let browsers: Vec<_> = (0..count).map(|_| site.browser()).collect();
    let mut requests = Vec::new();
    for browser in &browsers {
        requests.push(browser.start("/only_here/ada"));
        gate.arrived().await;
    }
    for _ in 0..count {
        gate.open();
    }
    let mut cookies = 0;
    for (request, browser) in requests.into_iter().zip(&browsers) {
        let answer = request.await;
        assert_eq!(answer.status, 200);
        cookies += answer.set_cookies().len();
        browser.keep(&answer);
    }
    assert!(cookies >= 1, "nobody got a cookie");
    assert_eq!(signed_in(&browsers).await, 1, "sessions of the user that are left");
    assert_eq!(site.rows(), 1);
}

pub(super) async fn of_two_exclusive_sign_ins_at_once_exactly_one_stays(on: &dyn Framework) {
    at_once(on, 2).await;
}

pub(super) async fn of_eight_exclusive_sign_ins_at_once_exactly_one_stays(on: &dyn Framework) {
    at_once(on, 8).await;
}

pub(super) async fn an_exclusive_sign_in_whose_list_fails_is_a_503_without_a_cookie(on: &dyn Framework) {
    let (site, gate) = site(on).await;
    let browser = site.visitor("cart", "tea").await;
    site.faults.set(Op::List, Fault::Fail);
    gate.open();
    let answer = browser.get("/only_here/ada").await;
    assert_eq!((answer.status, answer.set_cookies().len(), answer.body.as_str()), (503, 0, ""));
    assert_eq!(browser.text("/whoami").await, "nobody");
}
