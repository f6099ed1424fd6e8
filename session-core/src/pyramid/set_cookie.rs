//! The text of Set-Cookie, as webob writes it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

use crate::pyramid::cookie_name::CookieName;
use crate::time::UnixTime;

/// The date format of RFC 9110, which every browser reads.
const DATE: StaticFormatDescription =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The room for the attributes of a cookie, in bytes. Few cookies have longer ones.
const ATTRIBUTES_BYTES: usize = 160;

/// The cases in which a browser sends the cookie with requests that another site has caused.
///
/// ```
/// use session_core::SameSite;
///
/// assert_eq!("lax".parse(), Ok(SameSite::Lax));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// The browser never sends it.
    Strict,
    /// The browser sends it only when the user follows a link to our site. This is the default.
    #[default]
    Lax,
    /// The browser always sends it. It then demands `Secure`.
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

/// The error for a word other than `Strict`, `Lax` and `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("samesite must be Strict, Lax or None")]
#[non_exhaustive]
pub struct UnknownSameSite;

/// A cookie's name and attributes, without its value.
///
/// The same attributes are used to set and to remove a cookie; otherwise the browser would not remove it.
///
/// ```
/// use session_core::UnixTime;
/// use session_core::pyramid::CookieAttributes;
///
/// let cookie = CookieAttributes::new("session".parse().unwrap());
/// assert_eq!(cookie.set("value", UnixTime::from_secs(0)), "session=value; Path=/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieAttributes {
    /// The cookie's name.
    pub name: CookieName,
    /// The `Path`; absent if `None` or empty.
    pub path: Option<String>,
    /// The `Domain`; absent if `None` or empty.
    pub domain: Option<String>,
    /// The `Max-Age` in seconds, which is sent with a matching `Expires`. With `None` both are absent, and
    /// the browser forgets the cookie when it is closed.
    pub max_age: Option<i64>,
    /// `Secure`: the browser sends the cookie over https only.
    pub secure: bool,
    /// `HttpOnly`: the cookie is hidden from scripts.
    pub httponly: bool,
    /// The `SameSite`; absent if `None`.
    pub samesite: Option<SameSite>,
    /// `Partitioned` (CHIPS): the browser keeps one cookie for each top-level site that embeds ours.
    pub partitioned: bool,
}

impl CookieAttributes {
    /// Creates attributes with webob's defaults: `Path=/` and nothing else.
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

    /// Returns the text of the `Set-Cookie` header that sets the cookie to `value`. `Expires` counts from
    /// `now`.
    #[must_use]
    pub fn set(&self, value: &str, now: UnixTime) -> String {
        let expires = self.max_age.map(|secs| UnixTime::from_secs(now.as_secs().saturating_add(secs)));
        self.text(&quoted(value), self.max_age.zip(expires))
    }

    /// Returns the text of the `Set-Cookie` header that removes the cookie.
    #[must_use]
    pub fn removal(&self) -> String {
        self.text("", Some((0, UnixTime::from_secs(0))))
    }

    fn text(&self, value: &str, life: Option<(i64, UnixTime)>) -> String {
        let mut text = String::with_capacity(self.name.as_str().len() + value.len() + ATTRIBUTES_BYTES);
        text.push_str(self.name.as_str());
        text.push('=');
        text.push_str(value);
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
    // The format has four digits for the year. No browser keeps a cookie that long.
    let secs = at.as_secs().clamp(-62_135_596_800, 253_402_300_799);
    OffsetDateTime::from_unix_timestamp(secs)
        .expect("`OffsetDateTime` can hold the years 1 to 9999")
        .format(DATE)
        .expect("a date has every part of the format")
}

/// Encodes text in Latin-1 if that is possible, as webob does for attributes, and otherwise in UTF-8.
fn latin1(text: &str) -> Vec<u8> {
    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    latin1.unwrap_or_else(|| text.as_bytes().to_owned())
}

/// Tells whether a byte stands for itself in a cookie (webob's set).
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

/// Writes bytes that would end or change the header as a backslash and three octal digits.
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_max_age_beyond_all_dates_gets_the_last_date() {
        let mut cookie = CookieAttributes::new("s".parse().unwrap());
        cookie.max_age = Some(i64::MAX);
        assert!(cookie.set("v", UnixTime::from_secs(0)).contains("Expires=Fri, 31 Dec 9999 23:59:59 GMT"));
    }
}
