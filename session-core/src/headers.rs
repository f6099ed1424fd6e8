//! What a session does to a response's cache headers.

use std::borrow::Cow;

/// A response's headers, as [`Effects::apply`](crate::Effects::apply) reads and writes them. An adapter implements it for its framework's.
///
/// All names are lower case, and mean the same in another.
///
/// ```
/// use std::borrow::Cow;
///
/// use session_core::ResponseHeaders;
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
    /// The values of all headers of this name, in their order. What is not UTF-8 in them may be replaced.
    fn values(&self, name: &'static str) -> Vec<String>;

    /// Puts one header in the place of all of this name.
    fn replace(&mut self, name: &'static str, value: Cow<'static, str>);

    /// Adds a header beside those of this name.
    fn append(&mut self, name: &'static str, value: Cow<'static, str>);
}

/// The value of `Vary` that also names Cookie, or `None` if what stands there says so already. `values` are all that the
/// response has; the answer replaces them.
#[must_use]
pub(crate) fn vary_with_cookie<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Cow<'static, str>> {
    let mut words = words(values);
    if words.is_empty() {
        return Some(Cow::Borrowed("Cookie"));
    }
    if words.iter().any(|word| word.eq_ignore_ascii_case("cookie")) {
        return None;
    }
    // `*` alone would mean that no cache may answer from this response, but some caches pass over it (Django CVE-2026-6907).
    words.push("Cookie");
    Some(Cow::Owned(words.join(", ")))
}

/// The value of `Cache-Control` for a response that sets a cookie: no shared cache may keep it, and no other cache may answer
/// from it unasked. What the application said beside that stays. The answer replaces `values`.
#[must_use]
pub(crate) fn private_cache_control<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let mut words = words(values);
    words.retain(|word| !is_directive(word, "public") && !is_directive(word, "s-maxage"));
    for wanted in ["private", "no-cache"] {
        // With a list of fields (`private="X"`) both say less than we need.
        words.retain(|word| !is_directive(word, wanted) || word.eq_ignore_ascii_case(wanted));
        if !words.iter().any(|word| word.eq_ignore_ascii_case(wanted)) {
            words.push(wanted);
        }
    }
    words.join(", ")
}

/// The members of a list header; a comma in double quotes ends none.
fn words<'v>(values: impl IntoIterator<Item = &'v str>) -> Vec<&'v str> {
    values.into_iter().flat_map(split_list).collect()
}

fn split_list(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value
        .split(move |c| {
            quoted ^= c == '"';
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

    #[test]
    fn vary_is_merged_and_stays_if_it_names_cookie() {
        assert_eq!(vary_with_cookie([]).as_deref(), Some("Cookie"));
        assert_eq!(vary_with_cookie(["Origin", "Accept"]).as_deref(), Some("Origin, Accept, Cookie"));
        assert_eq!(vary_with_cookie(["COOKIE"]), None);
        assert_eq!(vary_with_cookie(["accept, cookie"]), None);
        assert_eq!(vary_with_cookie(["*"]).as_deref(), Some("*, Cookie"));
    }

    #[test]
    fn what_would_let_a_shared_cache_keep_the_response_goes() {
        assert_eq!(private_cache_control([]), "private, no-cache");
        assert_eq!(private_cache_control(["Public", "S-MaxAge=5"]), "private, no-cache");
        assert_eq!(
            private_cache_control(["public, max-age=60, s-maxage=600"]),
            "max-age=60, private, no-cache"
        );
        assert_eq!(private_cache_control(["no-store"]), "no-store, private, no-cache");
        assert_eq!(private_cache_control(["private=\"a, b\", no-cache=\"Set-Cookie\""]), "private, no-cache");
        assert_eq!(private_cache_control(["private, no-cache"]), "private, no-cache");
        assert_eq!(private_cache_control(["x=\"public, y\""]), "x=\"public, y\", private, no-cache");
        assert_eq!(private_cache_control(["x=\"a, b\", public, y"]), "x=\"a, b\", y, private, no-cache");
    }
}
