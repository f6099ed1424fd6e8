//! A client that hangs up: the session is as before the request or as after it.

use session_core::Session;

use crate::op::Op;
use crate::stories::{Args, Browser, Framework, Handled, HangUp, Setup, Site, When};

/// Two values that only ever change together.
fn pair() -> Setup {
    async fn pair(session: Session, _: Args) -> Handled<()> {
        session.insert("left", "new")?;
        session.insert("right", "new")
    }
    Setup::new().loaded("pair", pair)
}

const BEFORE: &str = "{}";
const AFTER: &str = r#"{"left":"new","right":"new"}"#;

async fn empty_session(site: &Site) -> Browser {
    let browser = site.browser();
    browser.csrf_token().await;
    browser
}

/// A path, and whether it ends the session if it is carried out.
const UNFINISHED: [(&str, &str, bool); 5] = [
    ("/slow/pair", AFTER, false),
    ("/late/pair", AFTER, false),
    ("/late/sign_in/ada", BEFORE, true),
    ("/late/end", BEFORE, true),
    ("/late/log_out", BEFORE, true),
];

pub(super) async fn a_hang_up_while_the_handler_runs_leaves_the_session_as_it_was(on: &dyn Framework) {
    for (path, after, ends) in UNFINISHED {
        let site = pair().open(on).await;
        let browser = empty_session(&site).await;
        let (old, token) = (browser.cookie(), browser.csrf_token().await);
        let connection = site.ask(path, old.as_deref()).await;
        if path.starts_with("/slow") { &site.slow } else { &site.late }.arrived().await;
        site.hang_up(on, connection).await;
        site.slow.open();
        site.late.open();
        site.idle().await;
        let given_up = on.hang_up() == HangUp::EndsTheRequest;
        assert_eq!(browser.text("/entries").await, if given_up { BEFORE } else { after }, "{path}");
        let lives = browser.text(&format!("/check/{token}")).await == "true";
        assert_eq!(lives, given_up || !ends, "{path}");
        if given_up {
            assert_eq!(browser.text("/whoami").await, "nobody", "{path}");
            assert_eq!(site.rows(), 1, "{path}");
            assert!(site.calls.take().iter().all(|call| matches!(call, Op::Load | Op::Create)), "{path}");
        }
    }
}

pub(super) async fn a_hang_up_while_the_session_is_saved_does_not_stop_the_save(on: &dyn Framework) {
    for when in [When::Before, When::After] {
        let site = pair().open(on).await;
        let browser = empty_session(&site).await;
        let saving = site.watch.hold(Op::Update, when);
        let connection = site.ask("/pair", browser.cookie().as_deref()).await;
        saving.arrived().await;
        site.hang_up(on, connection).await;

        let meanwhile = if when == When::Before { BEFORE } else { AFTER };
        assert_eq!(browser.text("/entries").await, meanwhile);
        let saved =
            if when == When::Before { site.watch.hold(Op::Update, When::After) } else { saving.clone() };
        saving.open();
        if when == When::Before {
            saved.arrived().await;
            saved.open();
        }
        assert_eq!(browser.text("/entries").await, AFTER);
        assert_eq!(site.rows(), 1);
    }
}

pub(super) async fn a_hang_up_while_another_request_comes_first_still_saves_on_top_of_it(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let saving = site.watch.hold(Op::Update, When::Before);
    let connection = site.ask("/count", browser.cookie().as_deref()).await;
    saving.arrived().await;
    site.hang_up(on, connection).await;
    browser.text("/count").await;
    let again = site.watch.hold(Op::Update, When::After);
    saving.open();
    again.arrived().await;
    let repeated = site.watch.hold(Op::Update, When::After);
    again.open();
    repeated.arrived().await;
    repeated.open();
    assert_eq!(browser.text("/get/count").await, "2");
}

pub(super) async fn a_hang_up_while_the_session_is_ended_ends_it(on: &dyn Framework) {
    for path in ["/log_out", "/end"] {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let ending = site.watch.hold(Op::Delete, When::Before);
        let ended = site.watch.hold(Op::Delete, When::After);
        let connection = site.ask(path, browser.cookie().as_deref()).await;
        ending.arrived().await;
        site.hang_up(on, connection).await;
        ending.open();
        ended.arrived().await;
        assert_eq!(site.rows(), 0, "{path}");
        assert_eq!(browser.text("/entries").await, "{}");
    }
}

pub(super) async fn a_hang_up_while_a_session_is_created_leaves_it_to_expire_and_nobody_has_its_cookie(
    on: &dyn Framework,
) {
    let site = pair().open(on).await;
    let creating = site.watch.hold(Op::Create, When::Before);
    let created = site.watch.hold(Op::Create, When::After);
    let connection = site.ask("/pair", None).await;
    creating.arrived().await;
    site.hang_up(on, connection).await;
    creating.open();
    created.arrived().await;
    created.open();
    assert_eq!(site.rows(), 1);
    assert_eq!(site.browser().text("/entries").await, "{}");
}

pub(super) async fn a_hang_up_while_the_session_is_loaded_leaves_it_as_it_was(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let loading = site.watch.hold(Op::Load, When::Before);
    let connection = site.ask("/count", browser.cookie().as_deref()).await;
    loading.arrived().await;
    site.hang_up(on, connection).await;
    loading.open();
    site.idle().await;
    let after = match on.hang_up() {
        HangUp::EndsTheRequest => r#"{"name":"Ada"}"#,
        HangUp::ChangesNothing => r#"{"count":1,"name":"Ada"}"#,
    };
    assert_eq!(browser.text("/entries").await, after);
}
