//! Tests of CSRF tokens.

use session_testkit::Op;

use crate::browser::Site;

#[tokio::test]
async fn the_token_of_a_stored_session_is_the_same_in_every_request_and_costs_no_write() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    site.calls.take();
    let token = browser.visit(|session| session.csrf_token()).await.unwrap();
    assert_eq!(browser.visit(|session| session.csrf_token()).await.unwrap(), token);
    assert_eq!(site.calls.take(), [Op::Load, Op::Load]);
}

#[tokio::test]
async fn asking_for_a_token_stores_a_new_session_once() {
    let site = Site::new();
    let mut browser = site.browser();
    let (one, other) =
        browser.visit(|session| (session.csrf_token().unwrap(), session.csrf_token().unwrap())).await;
    assert_eq!(one, other);
    assert_eq!(site.calls.take(), [Op::Create]);
    assert!(browser.visit(|session| session.check_csrf(&one)).await);
}

#[tokio::test]
async fn a_token_of_another_session_or_of_another_length_is_refused() {
    let site = Site::new();
    let (mut ours, mut theirs) = (site.visitor().await, site.visitor().await);
    let token = ours.visit(|session| session.csrf_token()).await.unwrap();
    let other = theirs.visit(|session| session.csrf_token()).await.unwrap();
    for refused in [other.as_str(), &token[..42], &token[..40], &format!("{token}A"), ""] {
        assert!(!ours.visit(|session| session.check_csrf(refused)).await, "{}", refused.len());
    }
}

#[tokio::test]
async fn a_new_token_replaces_the_old_one() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let old = browser.visit(|session| session.csrf_token()).await.unwrap();
    let new = browser.visit(|session| session.new_csrf_token()).await.unwrap();
    assert!(browser.visit(|session| session.check_csrf(&new)).await);
    assert!(!browser.visit(|session| session.check_csrf(&old)).await);
}
