//! A short name for a browser, made from its User-Agent header.

/// The longest name of an unknown browser, in characters.
const LONGEST: usize = 60;

/// A part of the header for each browser. The more specific parts come first: Edge and Opera also send
/// `Chrome`, and Chrome also sends `Safari`.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome, headless"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// A part of the header for each operating system. Android comes before Linux, because Android also sends
/// `Linux`.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// Returns a name such as `Firefox on Linux`, or the beginning of the header if the browser is unknown.
pub(crate) fn short(header: Option<&str>) -> String {
    let text = header.unwrap_or_default();
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => beginning(text),
    }
}

fn beginning(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    match text.trim() {
        "" => "Unknown device".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_browsers_get_a_short_name() {
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/140.0 Safari/604.1",
                "Chrome on iPhone",
            ),
        ];
        for (header, name) in cases {
            assert_eq!(short(Some(header)), name);
        }
    }

    #[test]
    fn an_unknown_browser_is_named_after_the_beginning_of_its_header() {
        assert_eq!(short(Some("curl/8.5.0")), "curl/8.5.0");
        assert_eq!(short(Some(&"ä".repeat(1000))), "ä".repeat(LONGEST));
        assert_eq!(short(Some(" \t ")), "Unknown device");
        assert_eq!(short(None), "Unknown device");
    }
}
