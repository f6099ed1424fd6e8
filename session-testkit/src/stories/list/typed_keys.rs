//! Values with a type, and what comes of a value of another type.

use std::sync::{Arc, Mutex};

use session_core::{Error, Session, ValueKey};

use crate::op::Op;
use crate::stories::{Args, Framework, Handled, Setup, Site};

const VISITS: ValueKey<u32> = ValueKey::new("visits");
const NAMES: ValueKey<Vec<String>> = ValueKey::new("names");
const HUSH: &str = "hush-hush-4711";

/// The errors that handlers met, before a framework made responses of them.
type Errors = Arc<Mutex<Vec<Error>>>;

async fn visit(session: Session, _: Args) -> Handled<String> {
    let visits = session.update(VISITS, |n| n.unwrap_or(0) + 1)?;
    session.insert(NAMES, vec!["Ada".to_owned(); visits as usize])?;
    Ok(format!("{visits} {}", session.get(NAMES)?.unwrap_or_default().len()))
}

/// Takes a value for one of another type.
fn mistake(session: &Session, which: &str) -> Handled<()> {
    match which {
        "get" => session.get(VISITS).map(drop),
        "update" => session.update(VISITS, |n| n.unwrap_or(0) + 1).map(drop),
        "remove" => session.remove(VISITS).map(drop),
        _ => session.flash(HUSH).and_then(|()| session.pop_flash::<u32>("").map(drop)),
    }
}

async fn site(on: &dyn Framework) -> (Site, Errors) {
    let errors = Errors::default();
    let met = Arc::clone(&errors);
    let wrong = move |session: Session, args: Args| {
        let answer = mistake(&session, &args[0]);
        met.lock().expect("no handler panics here").extend(answer.clone().err());
        async { answer }
    };
    (Setup::new().loaded("visit", visit).loaded("wrong", wrong).open(on).await, errors)
}

pub(super) async fn typed_keys_read_what_they_wrote(on: &dyn Framework) {
    let (site, _) = site(on).await;
    let browser = site.browser();
    assert_eq!(browser.text("/visit").await, "1 1");
    assert_eq!(browser.text("/visit").await, "2 2");
    assert_eq!(browser.text("/get/visits").await, "2", "the bare name names the same value");
}

pub(super) async fn a_value_of_another_type_is_a_500_that_names_the_key_and_not_the_value(
    on: &dyn Framework,
) {
    let (site, errors) = site(on).await;
    let browser = site.visitor("visits", HUSH).await;
    for (path, key) in [
        ("/wrong/get", "visits"),
        ("/wrong/update", "visits"),
        ("/wrong/remove", "visits"),
        ("/wrong/flash", "_f_"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, ""), "{path}");
        let met = errors.lock().unwrap().pop();
        let Some(Error::Value(error)) = met else { panic!("{path} met no error") };
        assert_eq!(error.name(), key, "{path}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(key) && !text.contains("hush"), "{text}");
    }
    assert_eq!(browser.text("/get/visits").await, format!("{HUSH:?}"), "it is still there");
}

pub(super) async fn a_failed_change_is_none(on: &dyn Framework) {
    let (site, _) = site(on).await;
    let browser = site.visitor("visits", HUSH).await;
    browser.get("/wrong/update").await;
    browser.get("/wrong/remove").await;
    assert_eq!(browser.text("/entries").await, format!(r#"{{"visits":"{HUSH}"}}"#));
}

pub(super) async fn an_error_response_to_a_value_of_another_type_does_not_prolong_the_session(
    on: &dyn Framework,
) {
    let (site, _) = site(on).await;
    let browser = site.visitor("visits", HUSH).await;
    site.wait_secs(121);
    let answer = browser.get("/wrong/get").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
    assert_eq!(site.calls.take(), [Op::Load]);
    assert!(browser.get("/read").await.cookie().is_some(), "another page prolongs it");
    assert_eq!(site.calls.take(), [Op::Load, Op::Touch]);
}

pub(super) async fn a_value_without_a_json_form_is_an_error_that_names_the_key(on: &dyn Framework) {
    let handler = async |session: Session, _| {
        let odd = std::collections::BTreeMap::from([(vec![1], 2)]);
        let answer = session.insert("odd", odd);
        assert!(matches!(&answer, Err(Error::Value(error)) if error.name() == "odd"));
        answer
    };
    let site = Setup::new().loaded("odd", handler).open(on).await;
    let answer = site.browser().get("/odd").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
    assert_eq!(site.rows(), 0);
}
