//! A new secret takes the place of an old one, and nobody is logged out.

use session_core::pyramid::{HashAlg, Salt, Secret, Signer};

use crate::stories::{Framework, SECRET, Setup, Site};

const NEW: &str = "the secret that comes next, longer than 32 bytes";

/// The site before the change of the secret, and after it: with the old one still accepted, or not.
async fn sites(on: &dyn Framework, accept: &[&str]) -> (Site, Site) {
    let before = Setup::new();
    let mut after = Setup::new();
    (after.memory, after.clock) = (before.memory.clone(), before.clock.clone());
    after.options.secret = NEW.into();
    after.options.previous_secrets = accept.iter().map(|secret| Secret::from(*secret)).collect();
    (before.open(on).await, after.open(on).await)
}

fn is_signed_by(secret: &str, cookie: &str) -> bool {
    let signer = Signer::new(&Secret::from(secret), &[], &Salt::default(), HashAlg::Sha512);
    signer.verify(cookie.split_once('=').unwrap().1).is_some()
}

pub(super) async fn a_cookie_of_the_old_secret_works_and_is_signed_anew_when_it_is_next_sent(
    on: &dyn Framework,
) {
    let (before, after) = sites(on, &[SECRET]).await;
    let old = before.visitor("name", "Ada").await.cookie().unwrap();
    assert!(is_signed_by(SECRET, &old));

    let browser = after.browser();
    browser.plant(&old);
    let answer = browser.get("/get/name").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), (r#""Ada""#, 0));
    after.wait_secs(121);
    let reissued = browser.get("/get/name").await.cookie().unwrap();
    assert!(is_signed_by(NEW, &reissued) && !is_signed_by(SECRET, &reissued));
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    assert_eq!(after.rows(), 1);
}

pub(super) async fn a_renewal_and_a_sign_in_sign_with_the_new_secret(on: &dyn Framework) {
    for path in ["/renew", "/sign_in/ada"] {
        let (before, after) = sites(on, &[SECRET]).await;
        let browser = after.browser();
        browser.plant(&before.visitor("name", "Ada").await.cookie().unwrap());
        assert!(is_signed_by(NEW, &browser.get(path).await.cookie().unwrap()));
        assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    }
}

pub(super) async fn a_factory_that_does_not_accept_the_old_secret_refuses_its_cookies(on: &dyn Framework) {
    let (before, after) = sites(on, &[]).await;
    let browser = before.visitor("name", "Ada").await;
    assert_eq!(after.get("/get/name", browser.cookie().as_deref()).await.body, "nothing");
    after.get("/log_out", browser.cookie().as_deref()).await;
    assert_eq!(after.calls.take(), []);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
}

pub(super) async fn the_old_factory_refuses_what_the_new_secret_signed(on: &dyn Framework) {
    let (before, after) = sites(on, &[SECRET]).await;
    let cookie = after.visitor("name", "Ada").await.cookie();
    assert_eq!(before.get("/get/name", cookie.as_deref()).await.body, "nothing");
}

pub(super) async fn a_form_that_was_sent_out_under_the_old_secret_still_counts(on: &dyn Framework) {
    let (before, after) = sites(on, &[SECRET]).await;
    let visitor = before.visitor("name", "Ada").await;
    let token = visitor.csrf_token().await;
    let browser = after.browser();
    browser.plant(&visitor.cookie().unwrap());
    assert_eq!(browser.text(&format!("/check/{token}")).await, "true");
    let (_, strict) = sites(on, &[]).await;
    assert_eq!(strict.get(&format!("/check/{token}"), visitor.cookie().as_deref()).await.body, "false");
}
