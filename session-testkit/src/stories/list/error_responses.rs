//! What an error response does to the session, with `set_on_exception` and without.

use session_core::{Session, UnloadedSession};

use crate::op::Op;
use crate::stories::{Args, Framework, Handled, Reply, Setup, Site};

/// Handlers that do something, and answer with a status of the story's choice.
fn failing() -> Setup {
    async fn write(session: Session, args: Args) -> Handled {
        session.insert("name", "Grace")?;
        status(&args)
    }
    async fn log_in(session: Session, args: Args) -> Handled {
        session.sign_in("grace")?;
        status(&args)
    }
    async fn ending(session: Session, args: Args) -> Handled {
        session.invalidate()?;
        status(&args)
    }
    async fn ending_anew(session: Session, args: Args) -> Handled {
        session.invalidate()?;
        session.insert("message", "goodbye")?;
        status(&args)
    }
    async fn log_out(session: UnloadedSession, args: Args) -> Handled {
        session.invalidate()?;
        status(&args)
    }
    Setup::new()
        .loaded("fail", async |_, args: Args| status(&args))
        .loaded("write", write)
        .loaded("log_in", log_in)
        .loaded("ending", ending)
        .loaded("ending_anew", ending_anew)
        .unloaded("log_out", log_out)
}

fn status(args: &Args) -> Handled {
    Ok(Reply::status(args[0].parse().expect("the story gives a status")))
}

async fn site(on: &dyn Framework, set_on_exception: bool) -> Site {
    let mut setup = failing();
    setup.options.set_on_exception = set_on_exception;
    setup.open(on).await
}

pub(super) async fn an_error_response_saves_if_it_is_to(on: &dyn Framework) {
    let site = site(on, true).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/write/500").await.status, 500);
    assert_eq!(browser.text("/get/name").await, r#""Grace""#);
    let newcomer = site.browser();
    assert!(newcomer.get("/write/502").await.cookie().is_some());
    assert_eq!(newcomer.text("/get/name").await, r#""Grace""#);
}

pub(super) async fn an_error_response_saves_nothing_if_it_is_not_to(on: &dyn Framework) {
    let site = site(on, false).await;
    for status in [500, 502, 503, 599] {
        let browser = site.visitor("name", "Ada").await;
        for path in ["/write", "/log_in"] {
            let answer = browser.get(&format!("{path}/{status}")).await;
            assert_eq!((answer.status, answer.set_cookies().len()), (status, 0));
            assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
            assert_eq!(browser.text("/whoami").await, "nobody");
        }
        assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    }
}

pub(super) async fn an_error_response_that_is_not_to_save_leaves_no_row_of_a_newcomer(on: &dyn Framework) {
    let site = site(on, false).await;
    for path in ["/write/500", "/log_in/500", "/ending_anew/500"] {
        let answer = site.browser().get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{path}");
    }
    assert_eq!(site.calls.take(), []);
    assert_eq!(site.rows(), 0);
}

pub(super) async fn an_error_response_that_is_not_to_save_does_not_reissue_the_cookie(on: &dyn Framework) {
    let site = site(on, false).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    assert!(browser.get("/fail/500").await.set_cookies().is_empty());
    assert_eq!(site.calls.take(), [Op::Load]);
}

pub(super) async fn an_error_response_still_ends_the_session_and_leaves_the_cookie_if_it_is_not_to_save(
    on: &dyn Framework,
) {
    for path in ["/ending/500", "/ending_anew/500", "/log_out/500"] {
        let site = site(on, false).await;
        let browser = site.visitor("name", "Ada").await;
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{path}");
        assert_eq!(site.calls.take().last(), Some(&Op::Delete), "{path}");
        assert_eq!(site.rows(), 0, "{path}");
        assert_eq!(browser.text("/entries").await, "{}", "{path}");
    }
}

pub(super) async fn an_error_response_ends_the_session_with_its_cookie_if_it_is_to_save(on: &dyn Framework) {
    for path in ["/ending/500", "/log_out/500"] {
        let site = site(on, true).await;
        let answer = site.visitor("name", "Ada").await.get(path).await;
        assert!(answer.status == 500 && answer.removes_cookie(), "{path}");
        assert_eq!(site.rows(), 0, "{path}");
    }
}

pub(super) async fn what_is_no_error_of_ours_saves_whatever_the_option(on: &dyn Framework) {
    for status in [201, 302, 400, 404, 422, 499] {
        let site = site(on, false).await;
        let browser = site.browser();
        let answer = browser.get(&format!("/write/{status}")).await;
        assert!(answer.status == status && answer.cookie().is_some(), "{status}");
        assert_eq!(browser.text("/get/name").await, r#""Grace""#);
    }
}

pub(super) async fn an_error_response_varies_if_the_session_was_read(on: &dyn Framework) {
    for set_on_exception in [true, false] {
        let site = site(on, set_on_exception).await;
        assert_eq!(site.browser().get("/fail/500").await.header("vary"), "Cookie");
    }
}
