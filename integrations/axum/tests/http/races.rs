//! Races between sign-out, sign-in and other requests, on a database. Afterwards no session is left, and no
//! cookie works.

use std::sync::Arc;
use std::time::Duration;

use session_testkit::stories::Site;

use super::database::Database;
use crate::framework::Axum;

async fn site() -> (Database, Site) {
    let database = Database::new().await;
    let site = database.setup().await.open(&Axum::plain()).await;
    (database, site)
}

async fn all_dead(database: &Database, site: &Site, cookies: &[Option<String>]) {
    assert_eq!(database.rows().await, 0);
    for cookie in cookies {
        let cookie = cookie.as_deref().expect("the browser has a cookie");
        assert_eq!(site.get("/entries", Some(cookie)).await.body, "{}");
    }
}

const SIGN_OUTS: [&str; 2] = ["/log_out", "/end"];

#[tokio::test]
async fn a_slow_writer_does_not_bring_back_a_session_after_sign_out() {
    for sign_out in SIGN_OUTS {
        for writer in ["/count", "/renew", "/flash/hello", "/clear", "/read"] {
            let (database, site) = site().await;
            let browser = site.visitor("name", "Ada").await;
            let cookie = browser.cookie();
            site.wait_secs(121);
            let slow = browser.start(&format!("/slow{writer}"));
            site.slow.arrived().await;
            browser.text(sign_out).await;
            site.slow.open();
            assert_eq!(slow.await.cookie(), None, "{writer} after {sign_out}");
            all_dead(&database, &site, &[cookie]).await;
        }
    }
}

#[tokio::test]
async fn a_sign_out_that_began_before_a_renewal_ends_the_renewed_session() {
    for sign_out in SIGN_OUTS {
        for renewal in ["/renew", "/sign_in/ada"] {
            let (database, site) = site().await;
            let browser = site.visitor("name", "Ada").await;
            let old = browser.cookie();
            let ending = browser.start(&format!("/slow{sign_out}"));
            site.slow.arrived().await;
            browser.text(renewal).await;
            let new = browser.cookie();
            site.slow.open();
            assert!(ending.await.removes_cookie(), "{sign_out} before {renewal}");
            all_dead(&database, &site, &[old, new]).await;
        }
    }
}

#[tokio::test]
async fn a_sign_out_with_the_old_cookie_ends_the_renewed_session() {
    for sign_out in SIGN_OUTS {
        for renewal in ["/renew", "/sign_in/ada"] {
            let (database, site) = site().await;
            let browser = site.visitor("name", "Ada").await;
            let old = browser.cookie();
            browser.text(renewal).await;
            let new = browser.cookie();
            assert!(site.get(sign_out, old.as_deref()).await.removes_cookie(), "{sign_out} after {renewal}");
            all_dead(&database, &site, &[old, new]).await;
        }
    }
}

#[tokio::test]
async fn a_form_sent_twice_at_once_leaves_one_session() {
    let (database, site) = site().await;
    let browser = site.visitor("cart", "tea").await;
    let mut requests = Vec::new();
    for _ in 0..2 {
        requests.push(browser.start("/slow/sign_in/ada"));
        site.slow.arrived().await;
    }
    for request in requests {
        site.slow.open();
        browser.keep(&request.await);
    }
    assert_eq!(browser.text("/whoami").await, "ada");
    assert_eq!(browser.text("/get/cart").await, r#""tea""#);
    assert_eq!(browser.text("/devices").await.lines().count(), 1);
    assert_eq!(database.rows().await, 1);
}

#[tokio::test]
async fn devices_are_listed_and_revoked() {
    let (database, site) = site().await;
    let (laptop, phone) = (site.user("ada").await, site.user("ada").await);
    site.user("bob").await;
    assert_eq!(laptop.text("/devices").await.lines().count(), 2);
    assert_eq!(laptop.text("/revoke_others").await, "1");
    assert_eq!(phone.text("/whoami").await, "nobody");
    assert_eq!(laptop.text("/whoami").await, "ada");
    assert_eq!(database.rows().await, 2);
}

/// Opens a site on which conflicts are resolved in time even if the machine is slow.
async fn patient_site() -> (Database, Site) {
    let database = Database::new().await;
    let mut setup = database.setup().await;
    setup.options.conflict_timeout = Duration::from_secs(60);
    let site = setup.open(&Axum::plain()).await;
    (database, site)
}

/// Increments one counter with this many clients, of which each makes its requests one after the other.
async fn increments(clients: usize, requests: usize) {
    let (database, site) = patient_site().await;
    let site = Arc::new(site);
    let browser = site.visitor("name", "Ada").await;
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let (site, cookie) = (Arc::clone(&site), browser.cookie());
            tokio::spawn(async move {
                for _ in 0..requests {
                    assert_eq!(site.get("/count", cookie.as_deref()).await.status, 200);
                }
            })
        })
        .collect();
    let all = clients.len() * requests;
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(browser.text("/entries").await, format!(r#"{{"count":{all},"name":"Ada"}}"#));
    assert_eq!(database.rows().await, 1);
}

#[tokio::test]
async fn eight_clients_with_twenty_five_increments_each_lose_none() {
    increments(8, 25).await;
}

#[tokio::test]
async fn two_hundred_parallel_increments_all_count() {
    const REQUESTS: usize = 200;
    let (database, site) = patient_site().await;
    let browser = site.visitor("name", "Ada").await;
    let requests: Vec<_> = (0..REQUESTS).map(|_| browser.start("/slow/count")).collect();
    for _ in &requests {
        site.slow.arrived().await;
    }
    for _ in &requests {
        site.slow.open();
    }
    for request in requests {
        assert_eq!(request.await.status, 200);
    }
    assert_eq!(browser.text("/entries").await, format!(r#"{{"count":{REQUESTS},"name":"Ada"}}"#));
    assert_eq!(database.rows().await, 1);
}
