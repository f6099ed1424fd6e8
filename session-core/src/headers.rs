//! What a session does to a response's cache headers.

use std::borrow::Cow;

/// The value of `Vary` that also names Cookie, or `None` if what stands there says so already. `values` are all that the
/// response has; the answer replaces them.
///
/// ```
/// assert_eq!(session_core::vary_with_cookie(["Accept-Encoding"]).as_deref(), Some("Accept-Encoding, Cookie"));
/// assert_eq!(session_core::vary_with_cookie(["accept, cookie"]), None);
/// ```
#[must_use]
pub fn vary_with_cookie<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Cow<'static, str>> {
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
///
/// ```
/// let merged = session_core::private_cache_control(["public, max-age=60, s-maxage=600"]);
/// assert_eq!(merged, "max-age=60, private, no-cache");
/// ```
#[must_use]
pub fn private_cache_control<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
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
        assert_eq!(vary_with_cookie(["*"]).as_deref(), Some("*, Cookie"));
    }

    #[test]
    fn what_would_let_a_shared_cache_keep_the_response_goes() {
        assert_eq!(private_cache_control([]), "private, no-cache");
        assert_eq!(private_cache_control(["Public", "S-MaxAge=5"]), "private, no-cache");
        assert_eq!(private_cache_control(["no-store"]), "no-store, private, no-cache");
        assert_eq!(private_cache_control(["private=\"a, b\", no-cache=\"Set-Cookie\""]), "private, no-cache");
        assert_eq!(private_cache_control(["private, no-cache"]), "private, no-cache");
        assert_eq!(private_cache_control(["x=\"public, y\""]), "x=\"public, y\", private, no-cache");
        assert_eq!(private_cache_control(["x=\"a, b\", public, y"]), "x=\"a, b\", y, private, no-cache");
    }
}
