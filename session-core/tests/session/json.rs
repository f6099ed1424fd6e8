//! Tests of values that JSON cannot hold, or does not give back as they were.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_core::{Error, Session};
use session_testkit::Op;

use crate::browser::Site;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Reading {
    name: String,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Inner {
    degrees: Option<f64>,
}

/// Tells whether the change was refused with an error that names the value and the reason.
fn is_refused<T>(result: Result<T, Error>, name: &str) -> bool {
    let text = match result {
        Err(Error::Value(error)) if error.name() == name => error.to_string(),
        Err(_) | Ok(_) => return false,
    };
    text.contains("NaN") && text.contains(&format!("{name:?}"))
}

#[tokio::test]
async fn a_number_that_is_not_finite_is_refused_at_the_write_wherever_it_is() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let refused = browser.visit(|session| {
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().all(|number| {
            let inner = Inner { degrees: Some(number) };
            is_refused(session.insert("x", number), "x")
                && is_refused(session.insert("x", number as f32), "x")
                && is_refused(session.insert("x", (1, vec![Some(number)], None::<u8>)), "x")
                && is_refused(session.insert("x", Reading { name: "null".into(), inner }), "x")
                && is_refused(session.insert("x", BTreeMap::from([("a", [number])])), "x")
                && is_refused(session.update("x", move |_: Option<f64>| number), "x")
                && is_refused(session.flash(number), "_f_")
                && is_refused(session.flash_once("warnings", [number]), "_f_warnings")
        })
    });
    assert!(refused.await);
    assert_eq!(browser.visit(Session::entries).await, serde_json::from_str(r#"{"a":1}"#).unwrap());
}

#[tokio::test]
async fn finite_numbers_and_absent_values_are_read_back() {
    let site = Site::new();
    let mut browser = site.browser();
    let reading = || Reading { name: "sea".into(), inner: Inner { degrees: Some(-0.5) } };
    browser.visit(|session| session.insert("x", (f64::MAX, None::<f64>, reading()))).await.unwrap();
    let read = |session: &Session| session.get::<(f64, Option<f64>, Reading)>("x").unwrap();
    let (largest, none, reading) = browser.visit(read).await.unwrap();
    assert_eq!((largest, none, reading.inner.degrees), (f64::MAX, None, Some(-0.5)));
}

#[tokio::test]
async fn an_update_refuses_a_value_that_its_own_type_does_not_read_back() {
    /// A type that writes a number and reads a text.
    #[derive(Deserialize)]
    struct Odd {
        #[serde(rename = "n")]
        _text: String,
    }
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            BTreeMap::from([("n", 1)]).serialize(serializer)
        }
    }
    let site = Site::new();
    let mut browser = site.browser();
    let refused = browser.visit(|session| session.update("x", |_: Option<Odd>| Odd { _text: "1".into() }));
    let Err(Error::Value(error)) = refused.await.map(drop) else { panic!("it was accepted") };
    assert!(error.to_string().contains("not read back"), "{error}");
    assert!(browser.visit(Session::is_empty).await);
}

#[tokio::test]
async fn an_error_response_to_a_value_of_another_type_does_not_prolong_the_session() {
    let site = Site::new();
    let due = |site: &Site| site.wait(121);
    for (status, calls) in [(500, &[Op::Load][..]), (404, &[Op::Load, Op::Touch])] {
        let browser = site.visitor().await;
        due(&site);
        site.calls.take();
        let exchange = browser.begin();
        assert!(exchange.session().await.unwrap().get::<String>("a").is_err());
        let _ = exchange.finish(status).await.unwrap();
        assert_eq!(site.calls.take(), calls, "{status}");
    }
}

#[tokio::test]
async fn a_session_of_which_every_page_is_an_error_times_out_however_often_it_is_asked_for() {
    let site = Site::new();
    let browser = site.visitor().await;
    for _ in 0..6 {
        site.clock.advance(Duration::from_secs(180));
        let exchange = browser.begin();
        let session = exchange.session().await.unwrap();
        assert!(session.update("a", |_: Option<String>| String::new()).is_err());
        let _ = exchange.finish(500).await.unwrap();
    }
    site.clock.advance(Duration::from_secs(180));
    assert!(browser.clone().visit(Session::is_new).await);
}
