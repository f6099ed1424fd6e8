//! The session options in Rocket's configuration.

use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::figment::providers::{Format as _, Toml};
use rocket::figment::value::Value;
use rocket::local::asynchronous::Client;
use rocket::{get, routes};
use session_core::pyramid::HashAlg;
use session_core::{MemoryStore, SameSite, SessionFactory, SessionOptions};
use session_rocket::{Error, Session, Sessions, options};
use session_testkit::stories::SECRET;

use crate::framework::config;

fn rocket(table: &str) -> Figment {
    Figment::from(config()).merge(Toml::string(&format!("[default.session]\n{table}")).nested())
}

/// Makes a configuration whose table has the secret and this line.
fn with(line: &str) -> Figment {
    rocket(&format!("secret = {SECRET:?}\n{line}"))
}

fn error(rocket: &Figment) -> String {
    options(rocket).unwrap_err().to_string()
}

#[test]
fn a_secret_alone_gives_pythons_defaults() {
    let (read, new) = (options(&with("")).unwrap(), SessionOptions::new(SECRET));
    assert_eq!(format!("{read:?}"), format!("{new:?}"));
}

#[test]
fn hardened_gives_the_hardened_options_and_other_keys_override_them() {
    let (read, new) = (options(&with("hardened = true")).unwrap(), SessionOptions::new(SECRET).hardened());
    assert_eq!(format!("{read:?}"), format!("{new:?}"));
    let read = options(&with("hardened = true\ncookie_name = \"__Host-shop\"\nlifetime = \"none\"")).unwrap();
    assert_eq!((read.cookie_name.as_str(), read.lifetime, read.secure), ("__Host-shop", None, true));
    assert!(!options(&with("hardened = false")).unwrap().secure);
}

#[test]
fn every_parameter_is_read() {
    let table = r#"
        cookie_name = "shop"
        max_age = 3600
        path = "/shop"
        domain = "a.test"
        secure = true
        httponly = false
        set_on_exception = false
        timeout = 1800
        reissue_time = 60
        hashalg = "sha256"
        salt = "shop."
        samesite = "strict"
        partitioned = true
        lifetime = 7200
        previous_secrets = ["the secret of last year, longer than 32 bytes"]
        max_payload = 4096
        conflict_timeout = 2
        fail_on_dropped_changes = true
        insecure_secret_ok = true
    "#;
    let secs = |secs| Some(Duration::from_secs(secs));
    let mut wanted = SessionOptions::new(SECRET);
    wanted.cookie_name = "shop".into();
    wanted.max_age = secs(3600);
    wanted.path = Some("/shop".into());
    wanted.domain = Some("a.test".into());
    (wanted.secure, wanted.httponly, wanted.set_on_exception) = (true, false, false);
    (wanted.timeout, wanted.reissue_time, wanted.lifetime) = (secs(1800), secs(60), secs(7200));
    (wanted.hashalg, wanted.salt) = (HashAlg::Sha256, "shop.".into());
    (wanted.samesite, wanted.partitioned) = (Some(SameSite::Strict), true);
    wanted.previous_secrets = vec!["the secret of last year, longer than 32 bytes".into()];
    wanted.max_payload = 4096;
    wanted.conflict_timeout = Duration::from_secs(2);
    (wanted.fail_on_dropped_changes, wanted.insecure_secret_ok) = (true, true);
    let read = options(&with(table)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{wanted:?}"));
    assert_eq!(
        (&read.secret, &read.salt, &read.previous_secrets),
        (&wanted.secret, &wanted.salt, &wanted.previous_secrets)
    );
}

#[test]
fn none_is_no_limit_and_an_empty_samesite_is_not_sent() {
    let read = options(&with("timeout = \"none\"\nreissue_time = \"none\"\nsamesite = \"\"")).unwrap();
    assert_eq!((read.timeout, read.reissue_time, read.samesite), (None, None, None));
    assert_eq!(options(&with("samesite = \"None\"")).unwrap().samesite, Some(SameSite::None));
}

/// Reads the value that Rocket makes of
/// `ROCKET_SESSION={secret="...",timeout=1800,secure=true,previous_secrets=[...]}`.
#[test]
fn the_environment_gives_them_too() {
    let table = format!(r#"{{secret="{SECRET}",timeout=1800,secure=true,previous_secrets=["{SECRET}"]}}"#);
    let table: Value = table.parse().unwrap();
    let read = options(&Figment::from(config()).merge(("session", table))).unwrap();
    assert_eq!((read.timeout, read.secure), (Some(Duration::from_secs(1800)), true));
    assert_eq!(read.previous_secrets, [SECRET.into()]);
}

#[test]
fn without_a_secret_the_error_says_where_to_set_it() {
    for rocket in [Figment::from(config()), rocket("timeout = 1800")] {
        let remedy = "set it in Rocket.toml, under [default.session], \
                      or in the environment: ROCKET_SESSION={secret=\"...\",hardened=true}";
        assert_eq!(error(&rocket), format!("Rocket's configuration has no `session.secret`; {remedy}"));
    }
}

#[test]
fn a_session_that_is_not_a_table_is_an_error() {
    let error = error(&Figment::from(config()).merge(("session", 4711)));
    assert_eq!(error, "`session` in Rocket's configuration must be a table");
}

#[test]
fn an_unknown_key_is_named_together_with_the_known_keys() {
    let error = error(&with("timout = 1800"));
    assert!(error.starts_with("`session.timout` in Rocket's configuration is not a known key"), "{error}");
    assert!(error.contains(", timeout, "), "{error}");
}

#[test]
fn a_value_of_the_wrong_form_is_not_in_the_error_but_its_key_is() {
    for (key, value, form) in [
        ("secret", "4711471147114711", "a string"),
        ("hardened", "\"4711\"", "true or false"),
        ("cookie_name", "4711", "a string"),
        ("secure", "4711", "true or false"),
        ("timeout", "\"4711 s\"", "a whole number of seconds, or \"none\""),
        ("timeout", "4711.5", "a whole number of seconds, or \"none\""),
        ("lifetime", "-4711", "a whole number of seconds, or \"none\""),
        ("max_payload", "\"4711 MiB\"", "a whole number of bytes"),
        ("conflict_timeout", "\"none\"", "a whole number of seconds"),
        (
            "hashalg",
            "\"sha4711\"",
            "the name of a hash algorithm, such as sha512 (md5 needs the feature `md5` of session-core)",
        ),
        ("samesite", "\"4711\"", "strict, lax, none, or an empty string"),
        ("previous_secrets", "\"4711\"", "a list of strings"),
        ("previous_secrets", "[4711]", "a list of strings"),
    ] {
        let line = format!("{key} = {value}");
        let rocket = if key == "secret" { rocket(&line) } else { with(&line) };
        let error = options(&rocket).unwrap_err();
        assert_eq!(error.key(), format!("session.{key}"));
        assert_eq!(error.to_string(), format!("`session.{key}` in Rocket's configuration must be {form}"));
        assert!(!format!("{error:?}").contains("4711"), "{error:?}");
    }
}

#[get("/")]
fn visit(session: Session) -> Result<String, Error> {
    Ok(session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?.to_string())
}

async fn launched(figment: Figment) -> Result<Client, rocket::Error> {
    let site = rocket::custom(figment).attach(Sessions::configured(MemoryStore::new()));
    Client::tracked(site.mount("/", routes![visit])).await
}

#[tokio::test]
async fn a_configured_site_has_sessions_with_these_options() {
    let client = launched(with("cookie_name = \"shop\"")).await.unwrap();
    for visit in ["1", "2"] {
        assert_eq!(client.get("/").dispatch().await.into_string().await.unwrap(), visit);
    }
    assert!(client.cookies().get("shop").is_some());
}

#[tokio::test]
async fn a_site_whose_configuration_is_wrong_is_not_launched() {
    for figment in [
        Figment::from(config()),
        with("timout = 1800"),
        with("cookie_name = \"__Host-shop\""),
        with("max_age = 0"),
        with("domain = \"localhost:3000\""),
        with("path = \"app\""),
        with("hardened = true\nmax_age = 60"),
        with("hardened = true\nconflict_timeout = 0"),
        with("hardened = true\ncookie_name = \"shop\"\npath = \"\""),
        rocket("secret = \"short\""),
    ] {
        let error = launched(figment).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::FailedFairings(fairings) if fairings[0].name == "Sessions")
        );
    }
}

/// A warning that `hardened` makes an error, and the one that it does not.
#[tokio::test]
async fn unwise_options_are_errors_only_where_hardened_says_so() {
    for line in ["max_age = 60", "path = \"\"", "hardened = true\nreissue_time = 1199"] {
        assert!(launched(with(line)).await.is_ok(), "{line}");
    }
}

#[test]
fn the_options_of_a_second_factory_are_in_a_table_of_their_own() {
    let table = |name, timeout| format!("[default.{name}]\nsecret = {SECRET:?}\ntimeout = {timeout}\n");
    let text = table("session", 1800) + &table("admin.session", 600);
    let rocket = Figment::from(config()).merge(Toml::string(&text).nested());
    let timeout = |rocket: &Figment| options(rocket).unwrap().timeout.unwrap().as_secs();
    assert_eq!((timeout(&rocket), timeout(&rocket.focus("admin"))), (1800, 600));
}

#[test]
fn options_from_the_configuration_can_be_changed_in_code() {
    let mut options = options(&with("")).unwrap();
    options.timeout = None;
    assert!(SessionFactory::new(options, MemoryStore::new()).is_ok());
}
