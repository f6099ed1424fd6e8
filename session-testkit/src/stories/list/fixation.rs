//! Nobody but the library chooses an id, and a log-in leaves nothing to who knew the old one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use session_core::pyramid::{HashAlg, Salt, Secret, Signer};

use crate::op::Op;
use crate::stories::garbage::{BASE64, PRINTABLE, flipped, text};
use crate::stories::{Framework, SECRET, Setup, Site};

/// How many values are tried that nobody thought of.
const TRIES: usize = 256;

pub(super) async fn after_a_log_in_with_a_planted_cookie_the_attacker_has_nothing(on: &dyn Framework) {
    let site = Site::stock(on).await;
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

pub(super) async fn what_the_attacker_goes_on_to_write_with_the_planted_cookie_does_not_reach_the_victim(
    on: &dyn Framework,
) {
    let site = Site::stock(on).await;
    let attacker = site.visitor("cart", "planted").await;
    let victim = site.browser();
    victim.plant(&attacker.cookie().unwrap());
    let write = attacker.start("/slow/set/cart/poisoned");
    site.slow.arrived().await;
    victim.text("/sign_in/victim").await;
    site.slow.open();
    assert!(write.await.set_cookies().is_empty());
    assert_eq!(victim.text("/get/cart").await, r#""planted""#);
    assert_eq!(attacker.text("/entries").await, "{}");
}

pub(super) async fn a_log_in_again_renews_the_id_and_the_token_too(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    let (old, token) = (browser.cookie(), browser.csrf_token().await);
    browser.text("/sign_in/ada").await;
    assert_ne!(browser.cookie(), old);
    assert_eq!(site.get("/whoami", old.as_deref()).await.body, "nobody");
    assert_eq!(browser.text(&format!("/check/{token}")).await, "false");
}

pub(super) async fn a_log_in_over_another_users_session_keeps_nothing_of_it(on: &dyn Framework) {
    let site = Site::stock(on).await;
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

pub(super) async fn a_log_in_keeps_what_the_visitor_had(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("cart", "tea").await;
    browser.text("/sign_in/ada").await;
    assert_eq!(browser.text("/get/cart").await, r#""tea""#);
}

/// Writes with this cookie, and looks that the session that comes of it is another one.
async fn adopts_nothing(site: &Site, cookie: &str) {
    let (rows, keys) = (site.rows(), site.watch.keys());
    let answer = site.get("/set/name/Ada", Some(cookie)).await;
    let issued = answer.cookie().unwrap_or_else(|| panic!("{cookie} keeps a new session from its cookie"));
    assert!(!cookie.contains(&issued), "{cookie} was adopted");
    let new: Vec<_> = site.watch.keys().difference(&keys).copied().collect();
    let created = site.calls.take();
    assert_eq!(created.last(), Some(&Op::Create), "{cookie}");
    assert_eq!(site.rows(), rows + 1, "{cookie}");
    assert!(!new.is_empty(), "{cookie}: the store was given a key that it knew");
    assert_eq!(site.get("/get/name", Some(&issued)).await.body, r#""Ada""#, "{cookie}");
    assert_eq!(site.get("/get/name", Some(cookie)).await.body, "nothing", "{cookie} names the new session");
    site.calls.take();
}

pub(super) async fn a_foreign_value_is_never_adopted(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let visitor = site.visitor("name", "Ada").await;
    let cookie = visitor.cookie().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();

    let signer = |secret: &str, salt| Signer::new(&Secret::from(secret), &[], &salt, HashAlg::Sha512);
    let ours = signer(SECRET, Salt::default());
    let id = URL_SAFE_NO_PAD.encode([7; 18]);
    let body = |id: &str| format!(r#"[1700000000, 1700000000, {{"sessioneid": {id}}}]"#);
    let quoted = body(&format!("{id:?}"));

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
        format!("{name}={}", flipped(value, 0)),
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
pub(super) async fn a_signed_id_that_the_store_does_not_know_is_never_adopted(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let signer = Signer::new(&Secret::from(SECRET), &[], &Salt::default(), HashAlg::Sha512);
    let id = URL_SAFE_NO_PAD.encode([7; 18]);
    let body = format!(r#"[1700000000, 1700000000, {{"sessioneid": "{id}"}}]"#);
    let cookie = format!("__Host-session={}", signer.sign(body.as_bytes()));
    adopts_nothing(&site, &cookie).await;
    assert_eq!(site.get("/entries", Some(&cookie)).await.body, "{}");
}

pub(super) async fn the_id_of_a_session_that_ended_is_never_used_again(on: &dyn Framework) {
    let site = Site::stock(on).await;
    for end in ["/log_out", "/end", "/sign_in/ada", "/renew"] {
        let browser = site.visitor("name", "Ada").await;
        let old = browser.cookie().unwrap();
        browser.text(end).await;
        site.wait_secs(600);
        adopts_nothing(&site, &old).await;
    }
}

pub(super) async fn two_factories_with_one_secret_and_one_store_do_not_take_each_others_cookies(
    on: &dyn Framework,
) {
    let first = Setup::new();
    let mut second = Setup::new();
    second.memory = first.memory.clone();
    second.options.cookie_name = "__Host-admin".to_owned();
    let (first, second) = (first.open(on).await, second.open(on).await);
    let cookie = first.user("ada").await.cookie().unwrap();
    let (_, value) = cookie.split_once('=').unwrap();
    let renamed = format!("__Host-admin={value}");
    assert_eq!(first.get("/whoami", Some(&cookie)).await.body, "ada");
    assert_eq!(second.get("/whoami", Some(&renamed)).await.body, "nobody");
    assert_eq!(second.get("/log_out", Some(&renamed)).await.status, 200);
    assert_eq!(first.get("/whoami", Some(&cookie)).await.body, "ada");
}

pub(super) async fn whatever_bytes_the_cookie_is_its_id_is_not_adopted(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let mut rng = StdRng::seed_from_u64(rand::random());
    for _ in 0..TRIES {
        let value = match rng.random_range(0..4) {
            0 => text(&mut rng, PRINTABLE, 0..=300).replace([';', ' '], "_"),
            1 => text(&mut rng, BASE64, 86..=200),
            2 => text(&mut rng, BASE64, 24..=24),
            _ => format!("\"{}\"", text(&mut rng, PRINTABLE, 0..=40)),
        };
        adopts_nothing(&site, &format!("__Host-session={value}")).await;
    }
}
