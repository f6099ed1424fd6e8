//! Values of `domain`, `path` and `max_age` that are accepted. The demo's browser tests show for each that
//! real clients send the cookie back.

use std::time::Duration;

use session_core::SessionOptions;

/// An accepted value, and an address to which clients send the cookie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) option: &'static str,
    pub(crate) value: &'static str,
    /// The host that sets the cookie, and gets it back.
    pub(crate) host: &'static str,
    /// The path of the request that gets the cookie back.
    pub(crate) path: &'static str,
    /// `false` if the policy of Python's `http.cookiejar` does not allow the cookie.
    pub(crate) is_for_python: bool,
}

impl Accepted {
    /// Returns options with this value.
    pub(crate) fn options(&self) -> SessionOptions {
        let mut options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
        options.cookie_name = "session".to_owned();
        match self.option {
            "domain" => options.domain = Some(self.value.to_owned()),
            "path" => options.path = Some(self.value.to_owned()),
            "max_age" => options.max_age = self.value.parse().ok().map(Duration::from_secs),
            option => panic!("the table has no {option}"),
        }
        options
    }
}

const fn domain(value: &'static str, host: &'static str) -> Accepted {
    Accepted { option: "domain", value, host, path: "/any/page", is_for_python: true }
}

/// A domain without a dot, which Python's cookie jar refuses.
const fn domain_without_dot(value: &'static str, host: &'static str) -> Accepted {
    Accepted { is_for_python: false, ..domain(value, host) }
}

const fn path(value: &'static str, path: &'static str) -> Accepted {
    Accepted { option: "path", value, host: "shop.example.com", path, is_for_python: true }
}

const fn max_age(value: &'static str) -> Accepted {
    Accepted { option: "max_age", value, host: "shop.example.com", path: "/any/page", is_for_python: true }
}

/// The 40 accepted values.
#[rustfmt::skip] // A table.
pub(crate) const ACCEPTED: [Accepted; 40] = [
    domain("example.com", "example.com"),
    domain("example.com", "shop.example.com"),
    domain("example.com", "one.shop.example.com"),
    domain("shop.example.com", "shop.example.com"),
    domain(".example.com", "shop.example.com"),
    domain("Example.COM", "shop.example.com"),
    domain("my_shop.example.com", "a.my_shop.example.com"),
    domain("my-shop.example.com", "a.my-shop.example.com"),
    domain("1and1.example.com", "a.1and1.example.com"),
    domain("example.c0m", "shop.example.c0m"),
    domain("xn--bcher-kva.example", "shop.xn--bcher-kva.example"),
    domain("example.co.uk", "shop.example.co.uk"),
    domain("shop.localhost", "shop.localhost"),
    domain_without_dot("localhost", "localhost"),
    domain_without_dot(".localhost", "localhost"),
    domain("127.0.0.1", "127.0.0.1"),
    domain("192.168.100.200", "192.168.100.200"),
    domain(
        "a-label-of-sixty-three-bytes-is-the-longest-that-dns-can-carry1.example.com",
        "a-label-of-sixty-three-bytes-is-the-longest-that-dns-can-carry1.example.com",
    ),
    path("/", "/any/page"),
    path("/app", "/app"),
    path("/app", "/app/page"),
    path("/app/", "/app/page"),
    path("/App", "/App/page"),
    path("/app/v1.2", "/app/v1.2/page"),
    path("/~ada/my_shop-2", "/~ada/my_shop-2/page"),
    path("/a=b", "/a=b/page"),
    path("/a&b+c", "/a&b+c/page"),
    path("/it's!($*)", "/it's!($*)/page"),
    path("/user@host:80", "/user@host:80/page"),
    path("/list[1]", "/list[1]/page"),
    path("/a//b", "/a//b/page"),
    path("/.well-known/...", "/.well-known/.../page"),
    path("/my%20shop", "/my%20shop/page"),
    path("/caf%C3%A9", "/caf%C3%A9/page"),
    path("/caf%c3%a9", "/caf%c3%a9/page"),
    path("/a%2Cb%3Bc", "/a%2Cb%3Bc/page"),
    path("/a%2Fb%25", "/a%2Fb%25/page"),
    max_age("122"),
    max_age("3600"),
    max_age("34560000"),
];
