//! Cookies as text: writing Set-Cookie, finding ours in Cookie headers.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

use crate::time::UnixTime;

/// Names that no cookie may have: they read as attributes (webob refuses them too).
const RESERVED: [&str; 9] =
    ["path", "domain", "comment", "max-age", "expires", "secure", "httponly", "samesite", "partitioned"];

/// RFC 9110's date form, which every browser reads.
const DATE: StaticFormatDescription =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// A cookie's name: a token of RFC 9110 that is no attribute's name and does not begin with `$`.
///
/// ```
/// use session_core::CookieName;
///
/// assert_eq!("__Host-session".parse::<CookieName>().unwrap().as_str(), "__Host-session");
/// assert!("a b".parse::<CookieName>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

impl CookieName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CookieName {
    type Err = BadCookieName;

    fn from_str(name: &str) -> Result<Self, BadCookieName> {
        let reserved = RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word));
        let token = !name.is_empty() && name.bytes().all(is_token_byte);
        if token && !reserved && !name.starts_with('$') {
            Ok(Self(name.to_owned()))
        } else {
            Err(BadCookieName)
        }
    }
}

/// A name that no cookie may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie's name is a token of letters, digits and !#$%&'*+-.^_`|~ that is no attribute's name and does not begin with $"
)]
pub struct BadCookieName;

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// When a browser sends the cookie along with requests that another site caused.
///
/// ```
/// use session_core::SameSite;
///
/// assert_eq!("lax".parse(), Ok(SameSite::Lax));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when the user follows a link to our site. The default.
    #[default]
    Lax,
    /// Always; the browser then demands `Secure`.
    None,
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

impl FromStr for SameSite {
    type Err = UnknownSameSite;

    fn from_str(name: &str) -> Result<Self, UnknownSameSite> {
        [Self::Strict, Self::Lax, Self::None]
            .into_iter()
            .find(|samesite| samesite.as_str().eq_ignore_ascii_case(name))
            .ok_or(UnknownSameSite)
    }
}

/// A word that is none of `Strict`, `Lax` and `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("samesite is Strict, Lax or None")]
pub struct UnknownSameSite;

/// All of a cookie but its value. Setting and removing use the same attributes, or the browser would not remove it.
///
/// ```
/// use session_core::{CookieAttributes, UnixTime};
///
/// let cookie = CookieAttributes::new("session".parse().unwrap());
/// assert_eq!(cookie.set("value", UnixTime::from_secs(0)), "session=value; Path=/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieAttributes {
    /// The cookie's name.
    pub name: CookieName,
    /// `Path`; absent if `None` or empty.
    pub path: Option<String>,
    /// `Domain`; absent if `None` or empty.
    pub domain: Option<String>,
    /// `Max-Age` in seconds, and `Expires` with it; absent if `None`: the browser forgets the cookie when it is closed.
    pub max_age: Option<i64>,
    /// `Secure`: over https alone.
    pub secure: bool,
    /// `HttpOnly`: hidden from scripts.
    pub httponly: bool,
    /// `SameSite`; absent if `None`.
    pub samesite: Option<SameSite>,
    /// `Partitioned` (CHIPS): one cookie for each top-level site that embeds ours.
    pub partitioned: bool,
}

impl CookieAttributes {
    /// webob's defaults: `Path=/` and nothing else.
    #[must_use]
    pub fn new(name: CookieName) -> Self {
        let path = Some("/".to_owned());
        Self {
            name,
            path,
            domain: None,
            max_age: None,
            secure: false,
            httponly: false,
            samesite: None,
            partitioned: false,
        }
    }

    /// The text of the header that sets the cookie.
    #[must_use]
    pub fn set(&self, value: &str, now: UnixTime) -> String {
        let expires = self.max_age.map(|secs| UnixTime::from_secs(now.as_secs().saturating_add(secs)));
        self.text(&quoted(value), self.max_age.zip(expires))
    }

    /// The text of the header that removes the cookie.
    #[must_use]
    pub fn removal(&self) -> String {
        self.text("", Some((0, UnixTime::from_secs(0))))
    }

    fn text(&self, value: &str, life: Option<(i64, UnixTime)>) -> String {
        let mut text = format!("{}={value}", self.name.0);
        if let Some(domain) = self.domain.as_deref().filter(|domain| !domain.is_empty()) {
            attribute(&mut text, "Domain", &escaped(&latin1(domain)));
        }
        if let Some((max_age, expires)) = life {
            attribute(&mut text, "Max-Age", &max_age.to_string());
            attribute(&mut text, "Expires", &date(expires));
        }
        if let Some(path) = self.path.as_deref().filter(|path| !path.is_empty()) {
            attribute(&mut text, "Path", &escaped(&latin1(path)));
        }
        for (name, on) in [("Secure", self.secure), ("HttpOnly", self.httponly)] {
            if on {
                text.push_str("; ");
                text.push_str(name);
            }
        }
        if let Some(samesite) = self.samesite {
            attribute(&mut text, "SameSite", samesite.as_str());
        }
        if self.partitioned {
            text.push_str("; Partitioned");
        }
        text
    }
}

fn attribute(text: &mut String, name: &str, value: &str) {
    text.push_str("; ");
    text.push_str(name);
    text.push('=');
    text.push_str(value);
}

fn date(at: UnixTime) -> String {
    // The form has four digits for the year; no browser keeps a cookie as long as that.
    let secs = at.as_secs().clamp(-62_135_596_800, 253_402_300_799);
    OffsetDateTime::from_unix_timestamp(secs)
        .expect("the years 1 to 9999 are within the library's range")
        .format(DATE)
        .expect("a date has every part that the form names")
}

/// Latin-1 if it can be, as webob sends attributes; else UTF-8.
fn latin1(text: &str) -> Vec<u8> {
    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    latin1.unwrap_or_else(|| text.as_bytes().to_owned())
}

/// Bytes that stand for themselves in a cookie (webob's set).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'()*+-./:<=>?@[]^_`{|}~".contains(&byte)
}

fn quoted(value: &str) -> Cow<'_, str> {
    if value.bytes().all(is_plain) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(format!("\"{}\"", escaped(value.as_bytes())))
    }
}

/// Bytes that would end or change the header become three octal digits.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut text, &byte| {
        if is_plain(byte) || byte == b' ' {
            text.push(char::from(byte));
        } else {
            write!(text, "\\{byte:03o}").expect("writing to a String does not fail");
        }
        text
    })
}

/// What may stand around a pair. Other white space is part of the name to a browser, and so it is here.
const BLANKS: [char; 2] = [' ', '\t'];

/// The values of the cookies called `name` in one Cookie header, in the browser's order. Never an error: what is no cookie is passed over.
///
/// The name is compared to the byte and nothing is percent-decoded, so no other name can pass for a `__Host-` one (CVE-2020-7070,
/// CVE-2022-31629, CVE-2023-23934).
pub(crate) fn values<'h>(header: &'h str, name: &'h str) -> impl Iterator<Item = Cow<'h, str>> {
    header.split(';').filter_map(move |pair| {
        let value = pair.trim_start_matches(BLANKS).strip_prefix(name)?.strip_prefix('=')?;
        unquoted(value.trim_matches(BLANKS))
    })
}

/// A value without the double quotes that a browser may send it in; what is escaped within them is read as webob reads it.
fn unquoted(value: &str) -> Option<Cow<'_, str>> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Some(Cow::Borrowed(value));
    };
    if inner.contains('\\') {
        unescaped(inner.as_bytes()).map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

fn unescaped(mut rest: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(rest.len());
    loop {
        rest = match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                after
            }
            [b'\\', byte, after @ ..] | [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(header: &str) -> Vec<String> {
        values(header, "session").map(Cow::into_owned).collect()
    }

    #[test]
    fn values_come_in_the_browsers_order() {
        assert_eq!(read("a=1; session=x;session=y ; b=2"), ["x", "y"]);
        assert_eq!(read("session="), [""]);
        assert_eq!(read(""), Vec::<String>::new());
    }

    #[test]
    fn only_the_exact_name_counts() {
        for header in
            ["Session=x", "session2=x", "=session=x", "ses%73ion=x", "..session=x", "session", "xsession=x"]
        {
            assert_eq!(read(header), Vec::<String>::new(), "{header}");
        }
        for blank in ['\u{2000}', '\u{3000}', '\u{a0}', '\u{85}', '\u{2028}', '\u{b}', '\u{c}'] {
            for header in [format!("{blank}session=x"), format!("a=1; {blank}session=x")] {
                assert_eq!(read(&header), Vec::<String>::new(), "{header:?}");
            }
        }
    }

    #[test]
    fn quotes_are_taken_off_and_octal_digits_read() {
        assert_eq!(read(r#"session="x y""#), ["x y"]);
        assert_eq!(read(r#"session="a\054b\\\"c""#), [r#"a,b\"c"#]);
        assert_eq!(read(r#"session="\377""#), Vec::<String>::new());
        assert_eq!(read(r#"session="x"#), [r#""x"#]);
    }

    #[test]
    fn a_cookie_is_removed_with_the_attributes_that_it_was_set_with() {
        let mut cookie = CookieAttributes::new("__Host-s".parse().unwrap());
        (cookie.secure, cookie.httponly, cookie.partitioned) = (true, true, true);
        cookie.samesite = Some(SameSite::None);
        let attributes = "; Path=/; Secure; HttpOnly; SameSite=None; Partitioned";
        assert_eq!(cookie.set("v", UnixTime::from_secs(0)), format!("__Host-s=v{attributes}"));
        assert_eq!(
            cookie.removal(),
            format!("__Host-s=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT{attributes}")
        );
    }

    #[test]
    fn a_path_cannot_end_its_attribute() {
        let mut cookie = CookieAttributes::new("s".parse().unwrap());
        cookie.path = Some("/a;b\r\nX: y".to_owned());
        assert_eq!(cookie.set("v", UnixTime::from_secs(0)), r"s=v; Path=/a\073b\015\012X: y");
    }

    #[test]
    fn a_life_beyond_all_dates_has_the_last_date() {
        let mut cookie = CookieAttributes::new("s".parse().unwrap());
        cookie.max_age = Some(i64::MAX);
        assert!(cookie.set("v", UnixTime::from_secs(0)).contains("Expires=Fri, 31 Dec 9999 23:59:59 GMT"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(header: String, name in "[a-z]{1,8}") {
            values(&header, &name).count();
        }

        #[test]
        fn what_is_written_is_read_back(value in "\\PC{0,40}") {
            let text = CookieAttributes::new("session".parse().unwrap()).set(&value, UnixTime::from_secs(0));
            let header = text.strip_suffix("; Path=/").unwrap();
            prop_assert_eq!(read(header), [value]);
        }
    }
}
