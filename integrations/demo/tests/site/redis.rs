//! The site on Redis: through restarts, sentinels, a cluster, TLS and a socket.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use test_servers::{Redis, RedisCluster, Sentinel};

use crate::browser::Browser;
use crate::matrix::FRAMEWORKS;
use crate::program::Program;
use crate::site::Site;
use crate::walk;
use crate::wrong_redis_urls::assert_refused;

/// The longest time until the site works again with its servers.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn a_restart_of_redis_signs_nobody_out() {
    let mut server = Redis::start().unwrap();
    let sites = FRAMEWORKS.iter().map(|framework| Site::open(framework, &server.url()));
    let mut visitors: Vec<_> = sites.map(|site| (signed_in(&site), site)).collect();
    server.kill().unwrap();
    thread::scope(|scope| {
        for (browser, site) in &mut visitors {
            scope.spawn(|| assert_is_unavailable(browser, site));
        }
    });
    server.start_again().unwrap();
    visitors.iter_mut().for_each(|(browser, site)| assert_is_signed_in(browser, site));
}

#[test]
fn the_site_works_on_sentinels_and_outlives_their_primary() {
    let mut group = Sentinel::start().unwrap();
    let site = Site::open("axum", &group.url());
    walk(&site);
    let mut browser = signed_in(&site);
    group.wait_until_synced().unwrap();
    group.kill(0).unwrap();
    assert_is_signed_in(&mut browser, &site);
    walk::a_sign_out_ends_the_session_for_every_copy_of_its_cookie(&site);
}

#[test]
fn the_site_works_on_a_cluster_and_outlives_one_of_its_nodes() {
    let mut cluster = RedisCluster::start().unwrap();
    let site = Site::open("axum", &cluster.url());
    walk(&site);
    // Each node has a third of them.
    let mut browsers = [(); 12].map(|()| signed_in(&site));
    cluster.wait_until_ok().unwrap();
    cluster.kill(0).unwrap();
    browsers.iter_mut().for_each(|browser| assert_is_signed_in(browser, &site));
}

#[test]
fn the_site_works_over_tls_with_a_server_that_it_trusts() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = Redis::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    // Rustls says `InvalidCertificate`, OpenSSL `certificate verify failed`.
    assert_refused(&[(server.url(), "ertificate")]);
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("server.pem");
    fs::write(&certificate, made.cert.pem()).unwrap();
    let arguments = ["--store", &server.url()];
    let site = Program::start_trusting(folder.path(), &certificate, &arguments);
    let mut browser = Browser::new();
    browser.sign_in(site.address, "Ada");
    assert_eq!(browser.owner(site.address).as_deref(), Some("Ada"));
}

#[test]
fn the_site_works_through_a_socket() {
    let server = Redis::start().unwrap();
    let setting = server.command(&["config", "get", "unixsocket"]).unwrap();
    let (url, socket) = (server.url(), setting.lines().nth(1).unwrap());
    let user = url.strip_prefix("redis://").and_then(|url| url.split('@').next()).unwrap();
    walk(&Site::open("axum", &format!("redis+unix://{user}@host{socket}")));
}

/// Signs in, signs out other devices, and changes a session in parallel tabs.
fn walk(site: &Site) {
    walk::all_other_devices_are_signed_out_at_once(site);
    walk::a_device_can_sign_out_another(site);
    walk::a_sign_out_ends_the_session_for_every_copy_of_its_cookie(site);
    walk::items_added_in_parallel_tabs_are_all_in_the_cart(site);
}

/// Returns a browser that has signed in and visited once.
fn signed_in(site: &Site) -> Browser {
    let mut browser = Browser::new();
    browser.sign_in(site.address(), "Grace");
    assert_eq!(browser.get(site.address(), "/visits").text("visits"), "1");
    browser
}

fn assert_is_unavailable(browser: &mut Browser, site: &Site) {
    let page = browser.get(site.address(), "/visits");
    assert_eq!((page.status, page.header("set-cookie")), (503, None));
    assert!(page.says("Your session is unavailable"), "{}", page.body);
    assert_eq!(browser.get(site.address(), "/healthz").status, 200);
}

/// Waits until the site works again. The driver may end its first new connection, and a visit that is being
/// saved then fails, whether it counts or not.
fn assert_is_signed_in(browser: &mut Browser, site: &Site) {
    let begin = Instant::now();
    let mut tries = 1;
    let page = loop {
        let page = browser.get(site.address(), "/visits");
        if page.status != 503 {
            break page;
        }
        assert!(begin.elapsed() < PATIENCE, "the site does not work again");
        thread::sleep(Duration::from_millis(50));
        tries += 1;
    };
    let visits: u32 = page.text("visits").parse().unwrap();
    assert!((2..=1 + tries).contains(&visits), "{visits} visits after {tries} tries");
    assert_eq!(browser.owner(site.address()).as_deref(), Some("Grace"));
}
