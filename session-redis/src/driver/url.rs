//! The URLs that the driver takes.

use fred::types::config::Config;

use crate::error::Failure;

const HAS_UNIX_SOCKETS: bool = cfg!(feature = "unix-sockets");
/// Tells whether the feature for credentials of sentinels is enabled. The driver ignores them without it.
const HAS_SENTINEL_AUTH: bool = cfg!(feature = "sentinel-auth");

/// Reads a URL.
pub(super) fn config(url: &str) -> Result<Config, Failure> {
    let (scheme, rest) = url.split_once("://").ok_or(Failure::BadUrl)?;
    let kind = ["-cluster", "-sentinel", "+unix"].into_iter().find(|kind| scheme.ends_with(kind));
    let kind = kind.unwrap_or_default();
    let has_tls = match scheme.strip_suffix(kind).unwrap_or(scheme) {
        "redis" | "valkey" => false,
        "rediss" | "valkeys" => true,
        _ => return Err(Failure::BadUrl),
    };
    let sentinel_auth = ["sentinelUsername=", "sentinelPassword="];
    for (is_needed, is_there, feature) in [
        (kind == "+unix", HAS_UNIX_SOCKETS, "unix-sockets"),
        (sentinel_auth.iter().any(|name| rest.contains(name)), HAS_SENTINEL_AUTH, "sentinel-auth"),
    ] {
        if is_needed && !is_there {
            return Err(Failure::MissingFeature(feature));
        }
    }
    // The driver's text could quote the URL, and with it the password.
    let config = Config::from_url(&format!("redis{kind}://{rest}")).map_err(|_| Failure::BadUrl)?;
    if has_tls { with_tls(config) } else { Ok(config) }
}

#[cfg(any(feature = "enable-rustls", feature = "enable-rustls-ring"))]
fn with_tls(mut config: Config) -> Result<Config, Failure> {
    config.tls = Some(crate::driver::tls::config()?);
    Ok(config)
}

/// Fails, because the driver would connect without TLS.
#[cfg(not(any(feature = "enable-rustls", feature = "enable-rustls-ring")))]
fn with_tls(_: Config) -> Result<Config, Failure> {
    Err(Failure::MissingFeature("enable-rustls-ring"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(url: &str) -> Result<(), String> {
        config(url).map(|_| ()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn each_form_of_a_url_is_taken() {
        for url in [
            "redis://localhost",
            "valkey://user:password@localhost:6379/2",
            "redis-cluster://:password@localhost:6379?node=other:6379",
            "valkey-sentinel://localhost:26379?sentinelServiceName=session",
        ] {
            assert_eq!(outcome(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn a_url_of_something_else_is_refused_and_not_quoted() {
        for url in [
            "",
            ":hush",
            "localhost:6379",
            "http://:hush@localhost",
            "redisx://:hush@localhost",
            "redis-clusters://:hush@localhost",
            "redis://:hush@localhost:port",
            "redis://:hush@localhost/shop",
            "redis-sentinel://:hush@localhost:26379",
        ] {
            let refused = outcome(url).unwrap_err();
            assert!(refused.contains("such as redis://") && !refused.contains("hush"), "{refused}");
        }
    }

    const HAS_TLS: bool = cfg!(any(feature = "enable-rustls", feature = "enable-rustls-ring"));

    #[test]
    fn a_url_that_needs_a_feature_names_it_if_it_is_missing() {
        for (url, has_feature, feature) in [
            ("rediss://localhost", HAS_TLS, "enable-rustls-ring"),
            ("valkeys-cluster://localhost:6379", HAS_TLS, "enable-rustls-ring"),
            ("redis+unix:///run/redis.sock", HAS_UNIX_SOCKETS, "unix-sockets"),
            (
                "redis-sentinel://localhost:26379?sentinelServiceName=one&sentinelPassword=hush",
                HAS_SENTINEL_AUTH,
                "sentinel-auth",
            ),
        ] {
            let outcome = outcome(url);
            assert_eq!(outcome.is_ok(), has_feature, "{url}: {outcome:?}");
            assert!(outcome.err().is_none_or(|text| text.contains(feature)), "{url}");
        }
    }
}
