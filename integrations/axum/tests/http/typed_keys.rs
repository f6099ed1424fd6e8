//! Values with a type, and what comes of a value of another type.

use axum::routing::get;
use session_axum::Session;
use session_core::{Error, Key};

use crate::support::{Handled, Setup, Site, routes};

const VISITS: Key<u32> = Key::new("visits");
const NAMES: Key<Vec<String>> = Key::new("names");
const HUSH: &str = "hush-hush-4711";

fn site() -> Site {
    async fn visit(session: Session) -> Handled<String> {
        let visits = session.update(VISITS, |n| n.unwrap_or(0) + 1)?;
        session.insert(NAMES, vec!["Ada".to_owned(); visits as usize])?;
        Ok(format!("{visits} {}", session.get(NAMES)?.unwrap_or_default().len()))
    }
    async fn wrong_get(session: Session) -> Handled<String> {
        Ok(session.get(VISITS)?.unwrap_or(0).to_string())
    }
    async fn wrong_update(session: Session) -> Handled<String> {
        Ok(session.update(VISITS, |n| n.unwrap_or(0) + 1)?.to_string())
    }
    async fn wrong_remove(session: Session) -> Handled<String> {
        Ok(session.remove(VISITS)?.unwrap_or(0).to_string())
    }
    async fn wrong_flash(session: Session) -> Handled<String> {
        session.flash(HUSH)?;
        Ok(session.pop_flash::<u32>("")?.len().to_string())
    }
    let routes = routes()
        .route("/visit", get(visit))
        .route("/wrong/get", get(wrong_get))
        .route("/wrong/update", get(wrong_update))
        .route("/wrong/remove", get(wrong_remove))
        .route("/wrong/flash", get(wrong_flash));
    Setup::new(routes).open()
}

#[tokio::test]
async fn typed_keys_read_what_they_wrote() {
    let site = site();
    let browser = site.browser();
    assert_eq!(browser.text("/visit").await, "1 1");
    assert_eq!(browser.text("/visit").await, "2 2");
    assert_eq!(browser.text("/get/visits").await, "2", "the bare name names the same value");
}

#[tokio::test]
async fn a_value_of_another_type_is_a_500_that_names_the_key_and_not_the_value() {
    let site = site();
    let browser = site.visitor("visits", HUSH).await;
    for (path, key) in [
        ("/wrong/get", "visits"),
        ("/wrong/update", "visits"),
        ("/wrong/remove", "visits"),
        ("/wrong/flash", "_f_"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, ""), "{path}");
        let Some(Error::Value(error)) = answer.error else { panic!("{path} carries no error along") };
        assert_eq!(error.key(), key, "{path}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(key) && !text.contains("hush"), "{text}");
    }
    assert_eq!(browser.text("/get/visits").await, format!("{HUSH:?}"), "it is still there");
}

#[tokio::test]
async fn a_failed_change_is_none() {
    let site = site();
    let browser = site.visitor("visits", HUSH).await;
    browser.get("/wrong/update").await;
    browser.get("/wrong/remove").await;
    assert_eq!(browser.text("/entries").await, format!(r#"{{"visits":"{HUSH}"}}"#));
}

#[tokio::test]
async fn a_value_without_a_json_form_is_an_error_that_names_the_key() {
    let handler = async |session: Session| {
        let odd = std::collections::BTreeMap::from([(vec![1], 2)]);
        Handled::Ok(session.insert("odd", odd)?)
    };
    let site = Setup::new(routes().route("/odd", get(handler))).open();
    let answer = site.browser().get("/odd").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
    assert!(matches!(answer.error, Some(Error::Value(error)) if error.key() == "odd"));
    assert_eq!(site.rows(), 0);
}
