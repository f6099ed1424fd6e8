//! The errors of a wrong URL of Redis.

use std::time::{Duration, Instant};

use test_servers::{Redis, RedisCluster, Sentinel};
use url::Url;

use crate::database::changed;
use crate::site::Site;
use crate::wrong_urls::{assert_is_one_clear_line, with_user};

/// The longest time that the program may take to refuse a URL.
const PATIENCE: Duration = Duration::from_secs(8);

/// Fails unless the program refuses each URL soon, with one clear line that contains the reason.
pub(crate) fn assert_refused(urls: &[(String, &str)]) {
    for (url, reason) in urls {
        let begin = Instant::now();
        assert_is_one_clear_line(url, reason);
        assert!(begin.elapsed() < PATIENCE, "{url}: {:?}", begin.elapsed());
    }
}

fn at_port(url: &str, port: u16) -> String {
    changed(url, |url| url.set_port(Some(port)).unwrap())
}

fn port(url: &str) -> u16 {
    url.parse::<Url>().unwrap().port().unwrap()
}

fn with_scheme(url: &str, scheme: &str) -> String {
    format!("{scheme}{}", url.strip_prefix("redis").unwrap())
}

#[test]
fn a_wrong_redis_url_is_one_clear_line_without_the_password() {
    let server = Redis::start().unwrap();
    let url = server.url();
    assert_refused(&[
        (
            changed(&url, |url| url.set_host(Some("no-such-host.invalid")).unwrap()),
            "failed to lookup address",
        ),
        (at_port(&url, 1), ": Connection refused;"),
        (changed(&url, |url| url.set_password(Some("swordfish")).unwrap()), "WRONGPASS"),
        (changed(&url, |url| url.set_username("nobody").unwrap()), "WRONGPASS"),
        (changed(&url, |url| url.set_password(None).unwrap()), "NOAUTH"),
        (changed(&url, |url| url.set_path("16")), "DB index is out of range"),
        (changed(&url, |url| url.set_path("sessions")), "the URL is not one of Redis"),
        (with_scheme(&url, "rediss"), "did not reply"),
        (with_scheme(&url, "redis-cluster"), "cluster support disabled"),
        (with_scheme(&url, "redis-sentinel"), "the URL is not one of Redis"),
        (with_scheme(&url, "redis-sentinel") + "?sentinelServiceName=shop", "unknown command 'SENTINEL'"),
        ("redis+unix://:swordfish@host/no/such/socket".to_owned(), "No such file or directory"),
    ]);
}

#[test]
fn a_server_that_is_not_redis_is_one_clear_line() {
    let http = Site::open("axum", "memory");
    for port in [http.address().port(), port(&test_servers::postgres_url()), port(&test_servers::mysql_url())]
    {
        for scheme in ["redis", "redis-cluster"] {
            let url = format!("{scheme}://:swordfish@127.0.0.1:{port}");
            assert_refused(&[(url, "the server does not reply as Redis does")]);
        }
    }
}

#[test]
fn a_missing_right_is_one_clear_line() {
    let server = Redis::start().unwrap();
    for (user, rights, reason) in [
        ("unscripted", "~* +@all -evalsha", "'evalsha'"),
        ("reader", "~* +@read +@scripting +@connection +info", "'set'"),
        ("stranger", "~other:* +@all", "one of the keys"),
        ("unlisted", "~* +@all -zadd", "can't run this command"),
    ] {
        let words = ["acl", "setuser", user, "on", ">secret"].into_iter().chain(rights.split(' '));
        server.command(&words.collect::<Vec<_>>()).unwrap();
        assert_refused(&[(with_user(&server.url(), user), reason)]);
    }
}

#[test]
fn a_wrong_sentinel_url_is_one_clear_line_without_the_passwords() {
    let group = Sentinel::start().unwrap();
    let url = group.url();
    let sentinel_password = url.parse::<Url>().unwrap().password().unwrap().to_owned();
    assert_refused(&[
        (url.replace("sentinelServiceName=session", "sentinelServiceName=shop"), "primary address"),
        (
            url.replace(&format!("sentinelPassword={sentinel_password}"), "sentinelPassword=x"),
            "sentinel nodes",
        ),
        (changed(&url, |url| url.set_password(Some("swordfish")).unwrap()), "WRONGPASS"),
        ("redis-sentinel://:x@127.0.0.1:1?sentinelServiceName=session".to_owned(), "sentinel nodes"),
    ]);
}

#[test]
fn a_wrong_cluster_url_is_one_clear_line_without_the_password() {
    let cluster = RedisCluster::start().unwrap();
    let url = cluster.url();
    assert_refused(&[
        (changed(&url, |url| url.set_password(Some("swordfish")).unwrap()), "WRONGPASS"),
        (format!("redis{}", url.strip_prefix("redis-cluster").unwrap()), "begins with redis-cluster://"),
    ]);
}
