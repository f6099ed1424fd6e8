//! Tests of a sign-out without loading, in a request that also uses the session.

use session_core::adapter::Exchange;
use session_core::{Owner, Session};
use session_testkit::Op;

use crate::browser::Site;

/// Signs out without loading the session.
fn sign_out(exchange: &Exchange) {
    exchange.unloaded().invalidate().unwrap();
}

/// Returns the values, and the owner.
fn contents(session: &Session) -> (String, Option<Owner>) {
    (serde_json::Value::Object(session.entries()).to_string(), session.owner())
}

#[tokio::test]
async fn what_is_written_after_a_sign_out_begins_another_session() {
    for loads_before in [false, true] {
        let site = Site::new();
        let mut browser = site.device("alice", "laptop").await;
        let mut thief = browser.clone();
        site.calls.take();
        let empty = browser.request(async |exchange| {
            if loads_before {
                exchange.session().await.unwrap().insert("before", 1).unwrap();
            }
            sign_out(exchange);
            let session = exchange.session().await.unwrap();
            let empty = contents(&session);
            session.flash("See you.").unwrap();
            empty
        });
        assert_eq!(empty.await, ("{}".to_owned(), None), "it is as after `Session::invalidate`");
        assert_eq!(site.calls.take(), [Op::Load, Op::Rename]);
        assert_eq!(browser.visit(contents).await, (r#"{"_f_":["See you."]}"#.to_owned(), None));
        assert_eq!(thief.visit(contents).await, ("{}".to_owned(), None));
    }
}

#[tokio::test]
async fn a_sign_in_after_a_sign_out_is_not_lost() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    let signed_in = browser.request(async |exchange| {
        sign_out(exchange);
        exchange.session().await.unwrap().sign_in("bob")
    });
    signed_in.await.unwrap();
    assert_eq!(browser.visit(contents).await, ("{}".to_owned(), Some(Owner::from("bob"))));
}

#[tokio::test]
async fn what_was_written_before_a_sign_out_is_discarded() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    site.calls.take();
    browser
        .request(async |exchange| {
            exchange.session().await.unwrap().insert("before", 1).unwrap();
            sign_out(exchange);
        })
        .await;
    assert_eq!(site.calls.take(), [Op::Load, Op::Delete]);
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn each_of_two_sign_outs_in_one_request_counts_where_it_stands() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    browser
        .request(async |exchange| {
            let (unloaded, session) = (exchange.unloaded(), exchange.session().await.unwrap());
            unloaded.invalidate().unwrap();
            session.insert("between", 1).unwrap();
            unloaded.invalidate().unwrap();
            session.insert("after", 1).unwrap();
        })
        .await;
    assert_eq!(browser.visit(contents).await.0, r#"{"after":1}"#);
}

#[tokio::test]
async fn a_sign_out_alone_is_one_call() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    site.calls.take();
    browser.request(async |exchange| sign_out(exchange)).await;
    assert_eq!(site.calls.take(), [Op::Delete]);
}

#[tokio::test]
async fn a_handler_that_panics_after_both_changes_nothing() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    let panicked = browser.request(async |exchange| {
        let session = exchange.session().await.unwrap();
        session.insert("before", 1).unwrap();
        drop(session);
        let unloaded = exchange.unloaded();
        let handler = tokio::spawn(async move {
            unloaded.invalidate().unwrap();
            panic!("a bug in a handler");
        });
        handler.await.unwrap_err().is_panic()
    });
    assert!(panicked.await);
    assert_eq!(browser.visit(contents).await, ("{}".to_owned(), Some(Owner::from("alice"))));
}
