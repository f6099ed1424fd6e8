//! Tests of the values of a session, its label and its owner.

use std::collections::BTreeMap;

use session_core::{Error, Owner, Session, ValueKey};
use session_testkit::Op;

use crate::browser::Site;

const VISITS: ValueKey<u32> = ValueKey::new("visits");

#[tokio::test]
async fn a_value_is_there_until_it_is_removed() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    assert!(browser.visit(|session| session.contains_key("a")).await);
    assert!(!browser.visit(|session| session.contains_key("b")).await);
    assert_eq!(browser.visit(|session| (session.len(), session.is_empty())).await, (1, false));
    assert_eq!(browser.visit(|session| session.remove::<u32>("a").unwrap()).await, Some(1));
    assert_eq!(browser.visit(|session| session.remove::<u32>("a").unwrap()).await, None);
    assert_eq!(browser.visit(|session| (session.len(), session.is_empty())).await, (0, true));
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_and_stays() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let wrong = browser.visit(|session| {
        assert!(matches!(session.get::<String>("a"), Err(Error::Value(error)) if error.name() == "a"));
        assert!(matches!(session.update("a", |_: Option<String>| String::new()), Err(Error::Value(_))));
        session.remove::<String>("a")
    });
    assert!(matches!(wrong.await, Err(Error::Value(_))));
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(1));
}

#[tokio::test]
async fn a_value_that_cannot_be_written_as_json_is_refused_and_changes_nothing() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let refused = browser.visit(|session| session.insert("a", BTreeMap::from([((1, 2), 3)]))).await;
    assert!(matches!(refused, Err(Error::Value(_))));
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(1));
}

#[tokio::test]
async fn a_value_key_a_str_and_a_string_name_the_same_value() {
    let site = Site::new();
    let name = "visits".to_owned();
    let mut browser = site.browser();
    browser.visit(|session| session.insert(VISITS, 7)).await.unwrap();
    let read = |session: &Session| [session.get(VISITS), session.get("visits"), session.get(&name)];
    assert!(browser.visit(read).await.into_iter().all(|found| found.unwrap() == Some(7)));
    assert_eq!((VISITS.name(), format!("{VISITS:?}").as_str()), ("visits", "ValueKey(\"visits\")"));
}

#[tokio::test]
async fn an_object_may_nest_as_deep_as_a_list_and_no_deeper() {
    let site = Site::new();
    let nested = |levels| (0..levels).fold(serde_json::json!(1), |inner, _| serde_json::json!({"a": inner}));
    let mut browser = site.browser();
    assert!(browser.visit(|session| session.insert("deep", nested(121))).await.is_err());
    browser.visit(|session| session.insert("deep", nested(120))).await.unwrap();
    assert_eq!(browser.visit(|session| session.get("deep").unwrap()).await, Some(nested(120)));
}

#[tokio::test]
async fn clear_keeps_the_session_and_costs_no_write_if_there_are_no_values() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    browser.visit(|session| session.insert("a", 1)).await.unwrap();
    site.calls.take();
    for calls in [&[Op::Load, Op::Update][..], &[Op::Load]] {
        browser.visit(|session| session.clear()).await.unwrap();
        assert_eq!(site.calls.take(), calls);
    }
    let left = browser.visit(|session| (session.len(), session.owner(), session.label())).await;
    assert_eq!(left, (0, Some(Owner::from("alice")), Some("laptop".into())));
}

#[tokio::test]
async fn the_label_can_be_changed_and_removed() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    browser.visit(|session| session.set_label("phone")).await.unwrap();
    assert_eq!(browser.visit(|session| session.label()).await.as_deref(), Some("phone"));
    browser.visit(|session| session.set_label(None)).await.unwrap();
    assert_eq!(browser.visit(|session| session.label()).await, None);
}

#[tokio::test]
async fn the_debug_output_of_a_session_shows_the_number_of_values_and_no_value() {
    let site = Site::new();
    let mut browser = site.browser();
    let seen = browser.visit(|session| {
        let new = format!("{session:?}");
        session.insert("hush", "hush").unwrap();
        (new, format!("{session:?}"))
    });
    let (new, changed) = seen.await;
    assert_eq!(new, "Session { new: true, values: 0, changed: false, .. }");
    assert_eq!(changed, "Session { new: true, values: 1, changed: true, .. }");
    let stored = browser.visit(|session| format!("{session:?}")).await;
    assert_eq!(stored, "Session { new: false, values: 1, changed: false, .. }");
    let renewed = browser.visit(|session| session.renew().map(|()| format!("{session:?}"))).await.unwrap();
    assert_eq!(renewed, "Session { new: false, values: 1, changed: true, .. }");
}

#[tokio::test]
async fn a_handler_that_panics_changes_nothing() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let panic = browser.request(async |exchange| {
        let session = exchange.session().await.unwrap();
        session.insert("a", 2).unwrap();
        let handler = tokio::spawn(async move {
            session.insert("a", 3).unwrap();
            panic!("a bug in a handler");
        });
        handler.await.unwrap_err().is_panic()
    });
    assert!(panic.await);
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(1));
}

#[tokio::test]
async fn a_handler_that_panics_does_not_sign_out() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let panic = browser.request(async |exchange| {
        let unloaded = exchange.unloaded();
        let handler = tokio::spawn(async move {
            unloaded.invalidate().unwrap();
            panic!("a bug in a handler");
        });
        handler.await.unwrap_err().is_panic()
    });
    assert!(panic.await);
    assert!(!browser.visit(|session| session.is_new()).await);
}
