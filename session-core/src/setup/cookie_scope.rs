//! The domain and the path of a cookie: the values with which browsers keep it and send it back.
//!
//! The rules are those of RFC 6265bis (5.6.3, 5.6.4 and 5.1.3) and of the URL standard, which says how a host
//! and a path are written in a URL, because browsers compare a cookie with the URL byte for byte.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::setup::options_error::OptionsError;

/// The longest attribute of a cookie that browsers accept, in bytes (RFC 6265bis, 5.6).
const ATTRIBUTE_BYTES: usize = 1024;
/// The longest host name and the longest part of it between two dots, in bytes (RFC 1035, 2.3.4).
const HOST_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;
/// The characters, besides controls and those beyond ASCII, that browsers percent-encode in the path of a
/// URL. The URL standard has all but `|`, which Chromium encodes too.
const ENCODED_IN_PATHS: &[u8] = b" \"<>^`{|}";

/// A problem with a value, and its remedy.
type Refusal = (&'static str, &'static str);

/// Checks a domain. An empty one is not sent.
pub(crate) fn check_domain(domain: &str) -> Result<(), OptionsError> {
    let refused = |(problem, remedy)| OptionsError::new("domain", problem, remedy);
    if domain.is_empty() {
        return Ok(());
    }
    // Browsers ignore one leading dot.
    let host = domain.strip_prefix('.').unwrap_or(domain);
    character_in_domain(domain).or_else(|| form_of_host(host)).map_or(Ok(()), |refusal| Err(refused(refusal)))
}

/// Checks a path. An empty one is not sent.
pub(crate) fn check_path(path: &str) -> Result<(), OptionsError> {
    let refused = |(problem, remedy)| OptionsError::new("path", problem, remedy);
    if path.is_empty() {
        return Ok(());
    }
    form_of_path(path)
        .or_else(|| path.bytes().find_map(character_in_path))
        .map_or(Ok(()), |refusal| Err(refused(refusal)))
}

/// Returns the problem with a domain that has characters which no host name has.
fn character_in_domain(domain: &str) -> Option<Refusal> {
    let is_in_hosts = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if domain.bytes().all(is_in_hosts) {
        return None;
    }
    let address = domain.trim_start_matches('[').trim_end_matches(']');
    Some(if domain.contains("://") {
        ("it is a URL", "write the host alone, such as example.com")
    } else if domain.contains('/') {
        ("it has a path", "write the host alone, such as example.com, and the path into `path`")
    } else if address.parse::<Ipv6Addr>().is_ok() {
        ("it is an IPv6 address, which not every browser takes", "use None: the cookie is for this host")
    } else if domain.contains(':') {
        ("it has a port, and cookies know no ports", "write the host alone")
    } else if domain.contains('*') {
        ("browsers know no wildcard", "write the domain without it: subdomains are included")
    } else if !domain.is_ascii() {
        (
            "browsers write a name beyond ASCII in Punycode",
            "write it so: xn--bcher-kva.example for bücher.example",
        )
    } else {
        ("it has a character that no host name has", "use letters, digits, -, _ and dots")
    })
}

/// Returns the problem with a host that has only the characters of host names.
fn form_of_host(host: &str) -> Option<Refusal> {
    let mut labels = host.split('.');
    let last = labels.next_back().unwrap_or_default();
    if last.is_empty() {
        Some(("it ends with a dot, and browsers compare it with hosts that do not", "leave out the dot"))
    } else if host.split('.').any(str::is_empty) {
        Some(("there is nothing between two of its dots", "leave out one of the dots"))
    } else if host.len() > HOST_BYTES || host.split('.').any(|label| label.len() > LABEL_BYTES) {
        Some(("no host name is that long", "use at most 253 bytes, and 63 between two dots"))
    } else if ends_in_number(last) {
        let refusal = (
            "its end is a number, but it is not an IPv4 address",
            "write all four numbers, or a host whose last part is not a number",
        );
        host.parse::<Ipv4Addr>().is_err().then_some(refusal)
    } else if labels.next().is_none() && !host.eq_ignore_ascii_case("localhost") {
        let problem = "browsers keep it for a host of this name only, as without a domain";
        Some((problem, "use None, or a domain with a dot"))
    } else {
        None
    }
}

/// Tells whether browsers take a host with this last label for an IPv4 address.
fn ends_in_number(label: &str) -> bool {
    let digits = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the problem with a path as a whole.
fn form_of_path(path: &str) -> Option<Refusal> {
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    let is_escape = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if path.len() > ATTRIBUTE_BYTES {
        Some(("browsers ignore an attribute of more than 1024 bytes", "shorten it"))
    } else if !path.starts_with('/') {
        let problem = "it does not begin with /, so browsers keep a cookie for each folder instead";
        Some((problem, "write / at its beginning"))
    } else if path.split('/').any(is_dots) {
        Some(("browsers resolve . and .. before they send a request", "write the path that they lead to"))
    } else if path.split('%').skip(1).any(|rest| !is_escape(rest)) {
        Some(("a % in it is not followed by two hexadecimal digits", "write %25 for it"))
    } else {
        None
    }
}

/// Returns the problem with a byte that a path does not have in a URL, or that Set-Cookie cannot carry.
fn character_in_path(byte: u8) -> Option<Refusal> {
    match byte {
        b';' | b',' => {
            let problem = "it has a semicolon or a comma, which is sent escaped and matches no URL";
            Some((problem, "use a folder above it, such as /"))
        }
        b'?' | b'#' => Some(("it has a query or a fragment", "leave out everything from ? or # on")),
        b'\\' => Some(("browsers write / for a backslash", "write / too")),
        _ if byte.is_ascii_control() => Some(("it contains a control character", "leave it out")),
        _ if !byte.is_ascii() || ENCODED_IN_PATHS.contains(&byte) => Some((
            "browsers percent-encode one of its characters in a URL, so it matches none",
            "write it as the browser does, such as %20 for a space and %C3%A9 for é",
        )),
        _ => None,
    }
}
