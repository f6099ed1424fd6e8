//! Nobody but the library chooses an id, and a log-in leaves nothing to who knew the old one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use session_core::{HashAlg, Salt, Secret, Signer};

use crate::support::{SECRET, Site};

#[tokio::test]
async fn after_a_log_in_with_a_planted_cookie_the_attacker_has_nothing() {
    let site = Site::stock();
    let attacker = site.visitor("cart", "planted").await;
    let token = attacker.csrf_token().await;
    let planted = attacker.cookie().unwrap();

    let victim = site.browser();
    victim.plant(&planted);
    victim.text("/sign_in/victim").await;

    assert_eq!(attacker.text("/whoami").await, "nobody");
    assert_eq!(attacker.text("/entries").await, "{}");
    assert_ne!(victim.cookie().unwrap(), planted);
    assert_eq!(victim.text(&format!("/check/{token}")).await, "false");
    assert_eq!(attacker.text(&format!("/check/{token}")).await, "false");

    let token = victim.csrf_token().await;
    assert_eq!(victim.text(&format!("/check/{token}")).await, "true");
    assert_eq!(victim.text("/whoami").await, "victim");
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn what_the_attacker_goes_on_to_write_with_the_planted_cookie_does_not_reach_the_victim() {
    let site = Site::stock();
    let attacker = site.visitor("cart", "planted").await;
    let victim = site.browser();
    victim.plant(&attacker.cookie().unwrap());
    let write = attacker.start("/slow/set/cart/poisoned");
    site.slow.arrived().await;
    victim.text("/sign_in/victim").await;
    site.slow.open();
    assert!(write.await.unwrap().set_cookies().is_empty());
    assert_eq!(victim.text("/get/cart").await, r#""planted""#);
    assert_eq!(attacker.text("/entries").await, "{}");
}

#[tokio::test]
async fn a_log_in_again_renews_the_id_and_the_token_too() {
    let site = Site::stock();
    let browser = site.user("ada").await;
    let (old, token) = (browser.cookie(), browser.csrf_token().await);
    browser.text("/sign_in/ada").await;
    assert_ne!(browser.cookie(), old);
    assert_eq!(site.get("/whoami", old.as_deref()).await.body, "nobody");
    assert_eq!(browser.text(&format!("/check/{token}")).await, "false");
}

#[tokio::test]
async fn a_log_in_over_another_users_session_keeps_nothing_of_it() {
    let site = Site::stock();
    let browser = site.user("ada").await;
    browser.text("/set/name/Ada").await;
    browser.text("/label/adas-laptop").await;
    let old = browser.cookie();
    browser.text("/sign_in/bob").await;
    assert_eq!(browser.text("/entries").await, "{}");
    assert_eq!(browser.text("/whoami").await, "bob");
    assert!(!browser.text("/devices").await.contains("adas-laptop"));
    assert_eq!(site.get("/whoami", old.as_deref()).await.body, "nobody");
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn a_log_in_keeps_what_the_visitor_had() {
    let site = Site::stock();
    let browser = site.visitor("cart", "tea").await;
    browser.text("/sign_in/ada").await;
    assert_eq!(browser.text("/get/cart").await, r#""tea""#);
}

/// Writes with this cookie, and looks that the session that comes of it is another one.
async fn adopts_nothing(site: &Site, cookie: &str) {
    let (rows, keys) = (site.rows(), site.watch.keys());
    let answer = site.get("/set/name/Ada", Some(cookie)).await;
    let issued = answer.cookie().expect("a new session has a cookie");
    assert!(!cookie.contains(&issued), "{cookie} was adopted");
    let new: Vec<_> = site.watch.keys().difference(&keys).copied().collect();
    let created = site.calls.take();
    assert_eq!(created.last(), Some(&session_testkit::Op::Create), "{cookie}");
    assert_eq!(site.rows(), rows + 1);
    assert!(!new.is_empty(), "the store was given a key that it knew");
    assert_eq!(site.get("/get/name", Some(&issued)).await.body, r#""Ada""#);
    assert_eq!(site.get("/get/name", Some(cookie)).await.body, "nothing", "{cookie} names the new session");
    site.calls.take();
}

#[tokio::test]
async fn a_foreign_value_is_never_adopted() {
    let site = Site::stock();
    let visitor = site.visitor("name", "Ada").await;
    let cookie = visitor.cookie().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();

    let signer = |secret: &str, salt| Signer::new(&Secret::from(secret), &[], &salt, HashAlg::Sha512);
    let ours = signer(SECRET, Salt::default());
    let id = URL_SAFE_NO_PAD.encode([7; 18]);
    let body = |id: &str| format!(r#"[1700000000, 1700000000, {{"sessioneid": {id}}}]"#);
    let quoted = body(&format!("{id:?}"));
    let mut flipped = value.to_owned();
    flipped.replace_range(..1, if value.starts_with('A') { "B" } else { "A" });

    let cookies = [
        format!(
            "{name}={}",
            signer("another secret, of the attacker's choice", Salt::default()).sign(quoted.as_bytes())
        ),
        format!("{name}={}", signer(SECRET, Salt::from("another salt")).sign(quoted.as_bytes())),
        format!("{name}={}", ours.sign(body("760").as_bytes())),
        format!("{name}={}", ours.sign(body(r#""../../etc/passwd""#).as_bytes())),
        format!("{name}={}", ours.sign(b"[1700000000, 1700000000, {}]")),
        format!("{name}={}", ours.sign(b"null")),
        format!("{name}={}", URL_SAFE_NO_PAD.encode(quoted.as_bytes())),
        format!("{name}={id}"),
        format!("{name}="),
        format!("{name}={flipped}"),
        format!("{name}={}", &value[..value.len() - 1]),
        format!("{name}={value}AAAA"),
        format!("session={value}"),
        format!("Session={value}"),
        format!("__host-session={value}"),
        format!("__Host-sessions={value}"),
        format!("=__Host-session={value}"),
        format!("..Host-session={value}"),
        format!("%5F%5FHost-session={value}"),
    ];
    for cookie in cookies {
        adopts_nothing(&site, &cookie).await;
    }
}

/// A cookie that we signed, for an id that the store has never had: a secret that leaked, or a store that was emptied.
#[tokio::test]
async fn a_signed_id_that_the_store_does_not_know_is_never_adopted() {
    let site = Site::stock();
    let signer = Signer::new(&Secret::from(SECRET), &[], &Salt::default(), HashAlg::Sha512);
    let id = URL_SAFE_NO_PAD.encode([7; 18]);
    let body = format!(r#"[1700000000, 1700000000, {{"sessioneid": "{id}"}}]"#);
    let cookie = format!("__Host-session={}", signer.sign(body.as_bytes()));
    adopts_nothing(&site, &cookie).await;
    assert_eq!(site.get("/entries", Some(&cookie)).await.body, "{}");
}

#[tokio::test]
async fn the_id_of_a_session_that_ended_is_never_used_again() {
    let site = Site::stock();
    for end in ["/log_out", "/end", "/sign_in/ada", "/renew"] {
        let browser = site.visitor("name", "Ada").await;
        let old = browser.cookie().unwrap();
        browser.text(end).await;
        site.wait_secs(600);
        adopts_nothing(&site, &old).await;
    }
}

#[test]
fn whatever_bytes_the_cookie_is_its_id_is_not_adopted() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let site = runtime.block_on(async { Site::stock() });
    let text =
        prop_oneof!["[!-:<-~]{0,300}", "[A-Za-z0-9_-]{86,200}", "[A-Za-z0-9_-]{24}", "\"[ -~]{0,40}\""];
    TestRunner::default()
        .run(&text, |value| {
            runtime.block_on(adopts_nothing(&site, &format!("__Host-session={value}")));
            Ok(())
        })
        .unwrap();
}
