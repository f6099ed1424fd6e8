//! Values of `domain`, `path` and `max_age` that are refused, each with a part of its error.

/// An option, the refused value, and a part of the error.
pub(crate) type Refused = (&'static str, &'static str, &'static str);

/// The 40 values that are refused with any other options.
#[rustfmt::skip] // A table.
pub(crate) const REFUSED: [Refused; 40] = [
    ("domain", "localhost:3000", "it has a port, and cookies know no ports; write the host alone"),
    ("domain", "example.com:443", "it has a port"),
    ("domain", "https://example.com", "it is a URL; write the host alone"),
    ("domain", "https://example.com:443/app", "it is a URL"),
    ("domain", "example.com/app", "it has a path; write the host alone"),
    ("domain", "example.com/", "it has a path"),
    ("domain", "..example.com", "there is nothing between two of its dots"),
    ("domain", "shop..example.com", "there is nothing between two of its dots; leave out one"),
    ("domain", "example.com.", "it ends with a dot"),
    ("domain", ".", "it ends with a dot"),
    ("domain", "*.example.com", "browsers know no wildcard; write the domain without it"),
    ("domain", "com", "browsers keep it for a host of this name only, as without a domain; use None"),
    ("domain", "bücher.example", "in Punycode; write it so: xn--bcher-kva.example"),
    ("domain", "example com", "it has a character that no host name has"),
    ("domain", " example.com", "it has a character that no host name has"),
    ("domain", "\"example.com\"", "it has a character that no host name has"),
    ("domain", "example.com; Path=/", "it has a path"),
    ("domain", "ada@example.com", "it has a character that no host name has; use letters, digits"),
    ("domain", "example.com,example.org", "it has a character that no host name has"),
    ("domain", "::1", "it is an IPv6 address"),
    ("domain", "[::1]", "it is an IPv6 address, which not every browser takes; use None"),
    ("domain", "127.1", "it is not an IPv4 address; write all four numbers"),
    ("domain", "example.0x1f", "it is not an IPv4 address"),
    ("domain", "a-label-of-sixty-four-bytes-is-one-too-long-for-the-names-in-dns.example.com", "no host name is that long"),
    ("path", "app", "it does not begin with /, so browsers keep a cookie for each folder instead; write / at its beginning"),
    ("path", "https://example.com/app", "it does not begin with /"),
    ("path", "\"/app\"", "it does not begin with /"),
    ("path", "/a,b", "a comma, which is sent escaped and matches no URL"),
    ("path", "/a;b", "it has a semicolon"),
    ("path", "/my shop", "browsers percent-encode one of its characters in a URL, so it matches none; write it as the browser does, such as %20"),
    ("path", "/café", "browsers percent-encode one of its characters"),
    ("path", "/a\"b\"", "browsers percent-encode one of its characters"),
    ("path", "/<a>", "browsers percent-encode one of its characters"),
    ("path", "/a|b", "browsers percent-encode one of its characters"),
    ("path", "/a\\b", "browsers write / for a backslash; write / too"),
    ("path", "/app?a=b", "it has a query or a fragment; leave out everything"),
    ("path", "/app#a", "it has a query or a fragment"),
    ("path", "/app/%2E%2E/shop", "browsers resolve . and .. before they send a request"),
    ("path", "/100%", "is not followed by two hexadecimal digits; write %25 for it"),
    ("max_age", "0", "with less than one second the browser drops the cookie at once; use None"),
];
