//! Tests of flash messages.

use crate::browser::Site;

#[tokio::test]
async fn messages_are_shown_once_and_the_oldest_comes_first() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.visit(|session| session.flash("one").and_then(|()| session.flash("two"))).await.unwrap();
    assert_eq!(browser.visit(|session| session.peek_flash::<String>("").unwrap()).await, ["one", "two"]);
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("").unwrap()).await, ["one", "two"]);
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("").unwrap()).await, [""; 0]);
    assert!(browser.visit(|session| session.is_empty()).await);
}

#[tokio::test]
async fn queues_are_kept_apart() {
    let site = Site::new();
    let mut browser = site.browser();
    browser
        .visit(|session| session.flash_to("errors", "bad").and_then(|()| session.flash("good")))
        .await
        .unwrap();
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("errors").unwrap()).await, ["bad"]);
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("").unwrap()).await, ["good"]);
}

#[tokio::test]
async fn flash_once_skips_an_equal_message() {
    let site = Site::new();
    let mut browser = site.browser();
    let flash = browser.visit(|session| {
        for _ in 0..2 {
            session.flash_once("a", "once")?;
            session.flash_to("b", "twice")?;
        }
        Ok::<_, session_core::Error>(())
    });
    flash.await.unwrap();
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("a").unwrap()).await, ["once"]);
    assert_eq!(browser.visit(|session| session.pop_flash::<String>("b").unwrap()).await, ["twice", "twice"]);
}

#[tokio::test]
async fn a_queue_is_stored_under_pyramids_name_for_it() {
    let site = Site::new();
    let mut browser = site.browser();
    browser.visit(|session| session.flash_to("errors", "bad")).await.unwrap();
    assert_eq!(
        browser.visit(|session| session.get::<Vec<String>>("_f_errors").unwrap()).await.unwrap(),
        ["bad"]
    );
}
