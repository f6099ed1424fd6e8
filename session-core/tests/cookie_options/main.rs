//! The values of the options that limit where and how long browsers keep the cookie: two tables, and the
//! URL standard as a second opinion.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic like the test itself")]

#[allow(dead_code, reason = "the demo's browser tests use the hosts and paths of the requests")]
mod accepted;
mod refused;

use std::time::Duration;

use proptest::prelude::*;
use session_core::{MemoryStore, OptionsError, SessionFactory, SessionOptions};
use url::Url;

use accepted::{ACCEPTED, Accepted};
use refused::REFUSED;

fn new() -> SessionOptions {
    SessionOptions::new("thirty-two bytes of secret, or more")
}

fn factory(options: SessionOptions) -> Result<SessionFactory, OptionsError> {
    SessionFactory::new(options, MemoryStore::new())
}

/// Returns the Set-Cookie of a new session.
async fn set_cookie(sessions: &SessionFactory) -> String {
    let exchange = sessions.begin([]);
    exchange.session().await.unwrap().insert("a", 1).unwrap();
    exchange.finish(200).await.unwrap().set_cookie.unwrap()
}

#[tokio::test]
async fn an_accepted_value_is_sent_unchanged_also_after_hardened() {
    for accepted in ACCEPTED {
        let Accepted { option, value, .. } = accepted;
        let sessions = factory(accepted.options()).unwrap_or_else(|error| panic!("{value}: {error}"));
        let text = set_cookie(&sessions).await;
        let attribute = match option {
            "domain" => format!("Domain={value}"),
            "path" => format!("Path={value}"),
            _ => format!("Max-Age={value}"),
        };
        assert!(text.split("; ").any(|part| part == attribute), "{attribute}: {text}");
    }
}

#[test]
fn a_refused_value_is_an_error_that_names_the_option_and_the_remedy() {
    for hardened in [false, true] {
        for (option, value, part) in REFUSED {
            let mut options = if hardened { new().hardened() } else { new() };
            options.cookie_name = "session".to_owned();
            match option {
                "domain" => options.domain = Some(value.to_owned()),
                "path" => options.path = Some(value.to_owned()),
                _ => options.max_age = value.parse().ok().map(Duration::from_secs),
            }
            let Err(error) = factory(options) else { panic!("{option} = {value:?} is accepted") };
            let text = error.to_string();
            assert!(text.starts_with(&format!("session option `{option}`: ")), "{value:?}: {text}");
            assert!(text.contains(part), "{value:?}: {text}");
        }
    }
}

#[test]
fn a_path_may_be_as_long_as_an_attribute_that_browsers_read() {
    let mut options = new();
    options.path = Some(format!("/{}", "a".repeat(1023)));
    assert!(factory(options.clone()).is_ok());
    options.path = Some(format!("/{}", "a".repeat(1024)));
    assert_eq!(factory(options).unwrap_err().parameter(), "path");
}

#[test]
fn a_domain_may_be_as_long_as_a_host_name() {
    let mut options = new();
    let longest = format!("{}aa.a", "a.".repeat(125));
    assert_eq!(longest.len(), 254);
    options.domain = Some(longest[1..].replacen('.', "a", 1));
    assert!(factory(options.clone()).is_ok());
    options.domain = Some(longest);
    assert_eq!(factory(options).unwrap_err().parameter(), "domain");
}

/// Characters that have a meaning somewhere in a URL or in Set-Cookie, and some others.
const CHARACTERS: &str = "[a-zA-Z0-9%2eE./:;,?#@&=+$!*'()\\[\\]<>{}|^`~_ \"\\\\\t\u{7f}é\u{ad}-]{0,8}";

/// Host names, and texts that are nearly host names.
const HOSTS: &str = "[a-zA-Z0-9_-]{0,3}([.:/][a-zA-Z0-9_-]{0,3}){0,4}";

proptest! {
    #[test]
    fn an_accepted_path_is_the_same_in_a_url(path in CHARACTERS) {
        let path = format!("/{path}");
        let mut options = new();
        options.path = Some(path.clone());
        if factory(options).is_ok() {
            let url = Url::parse(&format!("https://a.test{path}")).unwrap();
            prop_assert_eq!((url.path(), url.query(), url.fragment()), (path.as_str(), None, None));
        }
    }

    #[test]
    fn an_accepted_domain_is_the_host_of_a_url(domain in prop_oneof![CHARACTERS, HOSTS]) {
        let mut options = new();
        options.domain = Some(domain.clone());
        if factory(options).is_ok() && !domain.is_empty() {
            let host = domain.strip_prefix('.').unwrap_or(&domain).to_ascii_lowercase();
            let url = Url::parse(&format!("https://{host}")).unwrap();
            prop_assert_eq!((url.host_str(), url.path()), (Some(host.as_str()), "/"));
        }
    }
}
