//! Cookie and Set-Cookie headers as a browser reads them. The library's own code is not used.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Date, Month};

/// The Cookie header of a request, and the name of the cookies in it that count.
#[derive(Clone, Debug)]
pub(crate) struct CookieHeader {
    text: String,
    name: String,
}

impl CookieHeader {
    /// Returns the header of a case's request: its text if the case has it, otherwise one made from the
    /// cookie's value.
    pub(crate) fn of(case: &Value, name: &str) -> Option<Self> {
        let made = || case["cookie_value"].as_str().map(|value| format!("{name}={value}"));
        let text = case["cookie_header"].as_str().map(str::to_owned).or_else(made)?;
        Some(Self { text, name: name.to_owned() })
    }

    /// Returns the text of the header.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Returns the values of the cookies that count, in order.
    pub(crate) fn values(&self) -> Vec<String> {
        self.text.split(';').filter_map(|pair| self.value(pair)).map(unquoted).collect()
    }

    /// Returns the header with the values that `other` returns in place of the old ones. Everything else
    /// stays as it is.
    pub(crate) fn swapped(&self, mut other: impl FnMut(&str) -> Option<String>) -> Self {
        let mut pair = |pair: &str| {
            let value = self.value(pair)?;
            let new = other(&unquoted(value))?;
            let quote = if value.starts_with('"') { "\"" } else { "" };
            Some(format!("{}={quote}{new}{quote}", self.name))
        };
        let pairs: Vec<String> =
            self.text.split(';').map(|old| pair(old).unwrap_or_else(|| old.to_owned())).collect();
        Self { text: pairs.join(";"), name: self.name.clone() }
    }

    fn value<'p>(&self, pair: &'p str) -> Option<&'p str> {
        let (name, value) = pair.trim().split_once('=')?;
        (name == self.name).then_some(value)
    }
}

/// A Set-Cookie header, parsed.
#[derive(Clone, Debug)]
pub(crate) struct SetCookie {
    /// The cookie's name.
    pub(crate) name: String,
    /// The cookie's value, without quotes and escapes.
    pub(crate) value: String,
    /// The cookie's attributes by their names in lower case. A date is in seconds since 1970.
    pub(crate) attributes: BTreeMap<String, String>,
}

impl SetCookie {
    /// Parses the header.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or((text, ""));
        let attributes = parts.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = name.to_ascii_lowercase();
            let value = match name.as_str() {
                "expires" => {
                    instant(value).map_or_else(|| format!("no date: {value}"), |secs| secs.to_string())
                }
                "samesite" => value.to_ascii_lowercase(),
                _ => unescaped(value),
            };
            (name, value)
        });
        // Without quotes, a value ends where webob would have quoted it.
        let is_quoted = value.starts_with('"');
        let end = |c: char| !is_quoted && (!c.is_ascii_graphic() || matches!(c, ',' | '"' | '\\'));
        let value = value.split(end).next().unwrap_or_default();
        Self { name: name.to_owned(), value: unquoted(value), attributes: attributes.collect() }
    }

    /// Returns the Cookie header of a browser that has only this cookie.
    pub(crate) fn header(&self) -> CookieHeader {
        CookieHeader { text: format!("{}={}", self.name, self.value), name: self.name.clone() }
    }

    /// Tells whether the browser removes the cookie at `now`: `Max-Age` is zero, and the date has passed.
    pub(crate) fn is_removal(&self, now: i64) -> bool {
        let number = |name: &str| self.attributes.get(name).and_then(|value| value.parse::<i64>().ok());
        self.value.is_empty()
            && number("max-age") == Some(0)
            && number("expires").is_some_and(|expires| expires < now)
    }
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => unescaped(inner),
        None => value.to_owned(),
    }
}

/// Decodes the escapes: a backslash and three octal digits are a byte, and any other character after a
/// backslash is itself. Bytes that are not UTF-8 are read as Latin-1.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let octal =
            after.get(..3).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        let (byte, taken) = match (first, octal) {
            (b'\\', Some(byte)) => (byte, 4),
            (b'\\', None) => (*after.first().unwrap_or(&first), 2),
            _ => (first, 1),
        };
        bytes.push(byte);
        rest = rest.get(taken..).unwrap_or_default();
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

/// Reads a cookie's date: `Tue, 14-Nov-2023 22:13:20 GMT`, with spaces for the dashes, or with two digits for
/// the year.
fn instant(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split([' ', '-', ',', ':']).filter(|word| !word.is_empty()).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = words.as_slice() else { return None };
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = u8::try_from(months.find(month)? / 3 + 1).ok()?;
    let year = match year.parse().ok()? {
        year @ 0..70 => year + 2000,
        year @ 70..100 => year + 1900,
        year => year,
    };
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day.parse().ok()?).ok()?;
    let time = date.with_hms(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?).ok()?;
    Some(time.assume_utc().unix_timestamp())
}
