//! The headers that the session adds to a response.

use std::borrow::Cow;
use std::fmt;

use crate::adapter::notice::Notice;

const VARY: &str = "vary";
const CACHE_CONTROL: &str = "cache-control";
/// The headers that caches of content delivery networks obey instead of `Cache-Control` if the application
/// sets them (RFC 9213; the W3C's Edge Architecture).
const TARGETED_CACHE_CONTROL: [&str; 2] = ["cdn-cache-control", "surrogate-control"];

/// The headers that the session adds to a response. `Debug` does not show the cookie.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "apply this to the response's headers, or the browser does not get its cookie"]
pub struct Effects {
    /// The text of a `Set-Cookie` header, or `None` if no cookie is sent.
    pub set_cookie: Option<String>,
    /// `true` if the response depends on the cookie, so that `Vary` must name it.
    pub vary: bool,
    /// An outcome that the handler could not know of, or `None` if everything went as it said. The adapter
    /// passes it on, as it does with an error. [`Effects::apply`] does nothing with it.
    pub notice: Option<Notice>,
}

impl Effects {
    /// Adds the session's headers to the response and merges them with those that the application has set.
    ///
    /// * If the response depends on the cookie, `Vary` names `Cookie`.
    /// * If the response sets a cookie, `Cache-Control` says `private, no-cache`: no shared cache may store
    ///   the response, and no other cache may reuse it without asking the server. `CDN-Cache-Control` and
    ///   `Surrogate-Control`, which would overrule that (RFC 9213), become `no-store` if the application has
    ///   set them.
    pub fn apply(self, headers: &mut impl ResponseHeaders) {
        if self.vary
            && let Some(vary) = vary_with_cookie(headers.values(VARY).iter().map(String::as_str))
        {
            headers.replace(VARY, vary);
        }
        if let Some(cookie) = self.set_cookie {
            let present = headers.values(CACHE_CONTROL);
            let private = private_cache_control(present.iter().map(String::as_str));
            headers.replace(CACHE_CONTROL, private.into());
            for targeted in TARGETED_CACHE_CONTROL {
                if !headers.values(targeted).is_empty() {
                    headers.replace(targeted, "no-store".into());
                }
            }
            headers.append("set-cookie", cookie.into());
        }
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects")
            .field("sets_cookie", &self.set_cookie.is_some())
            .field("vary", &self.vary)
            .field("notice", &self.notice)
            .finish()
    }
}

/// The headers of a response, as [`Effects::apply`] reads and changes them. An adapter implements this for
/// the headers of its framework.
///
/// All names are passed in lower case, and must match the names of headers in any case.
///
/// ```
/// use std::borrow::Cow;
///
/// use session_core::adapter::ResponseHeaders;
///
/// struct Headers(Vec<(&'static str, Cow<'static, str>)>);
///
/// impl ResponseHeaders for Headers {
///     fn values(&self, name: &'static str) -> Vec<String> {
///         self.0.iter().filter(|(other, _)| *other == name).map(|(_, value)| value.to_string()).collect()
///     }
///
///     fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
///         self.0.retain(|(other, _)| *other != name);
///         self.append(name, value);
///     }
///
///     fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
///         self.0.push((name, value));
///     }
/// }
/// ```
pub trait ResponseHeaders {
    /// Returns the values of all headers called `name`, in order. Bytes that are not UTF-8 may be replaced.
    fn values(&self, name: &'static str) -> Vec<String>;

    /// Puts one header in the place of all headers called `name`.
    fn replace(&mut self, name: &'static str, value: Cow<'static, str>);

    /// Adds a header and keeps those of the same name.
    fn append(&mut self, name: &'static str, value: Cow<'static, str>);
}

/// Returns a value for `Vary` that also names `Cookie`, or `None` if `values` name it already.
///
/// `values` are all values that the response has; the returned one replaces them.
fn vary_with_cookie<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Cow<'static, str>> {
    let mut words = words(values);
    if words.is_empty() {
        return Some(Cow::Borrowed("Cookie"));
    }
    if words.iter().any(|word| word.eq_ignore_ascii_case("cookie")) {
        return None;
    }
    // `*` alone would mean that no cache may reuse this response, but some caches ignore it (Django
    // CVE-2026-6907).
    words.push("Cookie");
    Some(Cow::Owned(words.join(", ")))
}

/// Returns a value for `Cache-Control` of a response that sets a cookie. It replaces `values`.
///
/// No shared cache may store the response, and no other cache may reuse it without asking the server. The
/// application's other directives stay.
fn private_cache_control<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let mut words = words(values);
    words.retain(|word| !is_directive(word, "public") && !is_directive(word, "s-maxage"));
    for wanted in ["private", "no-cache"] {
        // With a list of fields (`private="X"`) either directive covers those fields only.
        words.retain(|word| !is_directive(word, wanted) || word.eq_ignore_ascii_case(wanted));
        if !words.iter().any(|word| word.eq_ignore_ascii_case(wanted)) {
            words.push(wanted);
        }
    }
    words.join(", ")
}

/// Splits list headers into their members. A comma in double quotes does not end a member.
fn words<'v>(values: impl IntoIterator<Item = &'v str>) -> Vec<&'v str> {
    values.into_iter().flat_map(split_list).collect()
}

fn split_list(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(move |c| {
            quoted ^= c == '"' && !escaped;
            escaped = quoted && c == '\\' && !escaped;
            c == ',' && !quoted
        })
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

fn is_directive(word: &str, name: &str) -> bool {
    word.split('=').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as lines of text.
    struct Lines(Vec<String>);

    impl ResponseHeaders for Lines {
        fn values(&self, name: &'static str) -> Vec<String> {
            let named = |line: &String| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
            self.0.iter().filter_map(named).collect()
        }

        fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
            self.0.retain(|line| !line.starts_with(name));
            self.append(name, value);
        }

        fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
            self.0.push(format!("{name}: {value}"));
        }
    }

    fn applied(effects: Effects, present: &[&str]) -> String {
        let mut lines = Lines(present.iter().map(ToString::to_string).collect());
        effects.apply(&mut lines);
        lines.0.join("\n")
    }

    #[test]
    fn a_session_that_nobody_asked_for_leaves_the_headers_as_they_are() {
        let present = ["vary: accept", "cache-control: public", "set-cookie: a=b"];
        assert_eq!(applied(Effects::default(), &present), present.join("\n"));
    }

    #[test]
    fn a_response_that_depends_on_the_cookie_names_it_once_in_vary_and_stays_public() {
        let effects = || Effects { vary: true, ..Effects::default() };
        assert_eq!(applied(effects(), &["vary: accept", "vary: origin"]), "vary: accept, origin, Cookie");
        assert_eq!(
            applied(effects(), &["vary: cookie", "cache-control: public"]),
            "vary: cookie\ncache-control: public"
        );
    }

    #[test]
    fn a_cookie_keeps_caches_away_that_obey_headers_of_their_own() {
        let effects = Effects { set_cookie: Some("session=x".to_owned()), ..Effects::default() };
        let lines = applied(effects, &["cdn-cache-control: max-age=600", "surrogate-control: max-age=600"]);
        assert_eq!(
            lines,
            "cache-control: private, no-cache\ncdn-cache-control: no-store\nsurrogate-control: no-store\nset-cookie: session=x"
        );
        assert_eq!(applied(Effects::default(), &["cdn-cache-control: a"]), "cdn-cache-control: a");
    }

    #[test]
    fn a_cookie_is_added_to_those_of_the_application_and_keeps_shared_caches_away() {
        let effects = Effects { vary: true, set_cookie: Some("session=x".to_owned()), ..Effects::default() };
        let expected = "set-cookie: a=b\nvary: Cookie\ncache-control: max-age=5, private, no-cache\nset-cookie: session=x";
        assert_eq!(applied(effects, &["cache-control: public, max-age=5", "set-cookie: a=b"]), expected);
    }

    #[test]
    fn vary_is_merged_and_stays_if_it_names_cookie() {
        assert_eq!(vary_with_cookie([]).as_deref(), Some("Cookie"));
        assert_eq!(vary_with_cookie(["Origin", "Accept"]).as_deref(), Some("Origin, Accept, Cookie"));
        assert_eq!(vary_with_cookie(["COOKIE"]), None);
        assert_eq!(vary_with_cookie(["accept, cookie"]), None);
        assert_eq!(vary_with_cookie(["*"]).as_deref(), Some("*, Cookie"));
    }

    #[test]
    fn directives_that_let_a_shared_cache_store_the_response_are_removed() {
        assert_eq!(private_cache_control([]), "private, no-cache");
        assert_eq!(private_cache_control(["Public", "S-MaxAge=5"]), "private, no-cache");
        assert_eq!(
            private_cache_control(["public, max-age=60, s-maxage=600"]),
            "max-age=60, private, no-cache"
        );
        assert_eq!(private_cache_control(["no-store"]), "no-store, private, no-cache");
        assert_eq!(private_cache_control(["private=\"a, b\", no-cache=\"Set-Cookie\""]), "private, no-cache");
        assert_eq!(private_cache_control(["private, no-cache"]), "private, no-cache");
        assert_eq!(private_cache_control([r#"x="a\"", public"#]), r#"x="a\"", private, no-cache"#);
        assert_eq!(private_cache_control(["x=\"public, y\""]), "x=\"public, y\", private, no-cache");
        assert_eq!(private_cache_control(["x=\"a, b\", public, y"]), "x=\"a, b\", y, private, no-cache");
    }
}
