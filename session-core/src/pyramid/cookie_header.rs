//! The cookies in a Cookie header, as webob reads them.

use std::borrow::Cow;

/// The white space that may surround a pair. To a browser, any other white space is part of the name.
const BLANKS: [char; 2] = [' ', '\t'];

/// Returns the values of the cookies called `name` in one Cookie header, in the browser's order. Anything
/// that is not a cookie is skipped.
///
/// The name is compared byte by byte and nothing is percent-decoded, so no other name can pass for a
/// `__Host-` one (CVE-2020-7070, CVE-2022-31629, CVE-2023-23934).
pub(crate) fn values<'h>(header: &'h str, name: &'h str) -> impl Iterator<Item = Cow<'h, str>> {
    header.split(';').filter_map(move |pair| {
        let value = pair.trim_start_matches(BLANKS).strip_prefix(name)?.strip_prefix('=')?;
        unquoted(value.trim_matches(BLANKS))
    })
}

/// Removes the double quotes in which a browser may send a value, and decodes the escapes within them as
/// webob does.
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
    use crate::pyramid::set_cookie::CookieAttributes;
    use crate::time::UnixTime;
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
    fn quotes_are_removed_and_octal_digits_decoded() {
        assert_eq!(read(r#"session="x y""#), ["x y"]);
        assert_eq!(read(r#"session="a\054b\\\"c""#), [r#"a,b\"c"#]);
        assert_eq!(read(r#"session="\377""#), Vec::<String>::new());
        assert_eq!(read(r#"session="x"#), [r#""x"#]);
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
