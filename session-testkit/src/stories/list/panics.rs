//! A handler that panics has changed nothing, whether the framework answers for it or drops the connection.

use session_core::{Error, Session, UnloadedSession};
use tokio::sync::mpsc;

use crate::op::Op;
use crate::stories::{Answer, Args, Browser, Everything, Framework, Handled, Setup, Site};

/// Handlers that do something and then panic.
fn panicking() -> Setup {
    async fn deed(session: Session, args: Args) -> Handled {
        match args[0].as_str() {
            "write" => session.insert("name", "Grace")?,
            "count" => drop(session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1)?),
            "sign_in" => session.sign_in("mallory")?,
            "renew" => session.renew()?,
            _ => session.invalidate()?,
        }
        panic!("after a deed");
    }
    async fn log_out(session: UnloadedSession, _: Args) -> Handled {
        session.invalidate()?;
        panic!("after a sign-out");
    }
    async fn both(all: Everything, _: Args) -> Handled {
        all.session.insert("name", "Grace")?;
        all.unloaded.invalidate()?;
        panic!("after both");
    }
    async fn later(session: Session, _: Args) -> Handled {
        session.insert("name", "Grace")?;
        tokio::task::yield_now().await;
        panic!("after an await");
    }
    Setup::new()
        .loaded("panic", deed)
        .unloaded("panic_unloaded", log_out)
        .everything("panic_both", both)
        .loaded("panic_later", later)
}

const DEEDS: [&str; 8] = [
    "/panic/write",
    "/panic/count",
    "/panic/sign_in",
    "/panic/renew",
    "/panic/end",
    "/panic_unloaded",
    "/panic_both",
    "/panic_later",
];

/// Nothing was written, and the session is as it was.
async fn unchanged(site: &Site, browser: &Browser, deed: &str) {
    let calls = site.calls.take();
    assert!(calls.iter().all(|call| *call == Op::Load), "{deed}: {calls:?}");
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#, "{deed}");
    assert_eq!(browser.text("/whoami").await, "nobody", "{deed}");
    assert_eq!(site.rows(), 1, "{deed}");
    site.calls.take();
}

/// The connection ended, or it is a 500; either way without a cookie.
fn is_no_answer(answer: Option<&Answer>, deed: &str) {
    if let Some(answer) = answer {
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{deed}");
    }
}

pub(super) async fn a_panic_has_changed_nothing(on: &dyn Framework) {
    let site = panicking().open(on).await;
    let browser = site.visitor("name", "Ada").await;
    for deed in DEEDS {
        is_no_answer(site.try_get(deed, browser.cookie().as_deref()).await.as_ref(), deed);
        unchanged(&site, &browser, deed).await;
    }
}

pub(super) async fn a_panic_leaves_nothing_of_a_newcomer(on: &dyn Framework) {
    let site = panicking().open(on).await;
    for deed in DEEDS {
        is_no_answer(site.try_get(deed, None).await.as_ref(), deed);
    }
    assert_eq!(site.calls.take(), []);
    assert_eq!(site.rows(), 0);
}

pub(super) async fn a_panic_when_the_reissue_is_due_sends_no_cookie(on: &dyn Framework) {
    let site = panicking().open(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    let deed = "/panic/write";
    is_no_answer(site.try_get(deed, browser.cookie().as_deref()).await.as_ref(), deed);
    unchanged(&site, &browser, deed).await;
}

pub(super) async fn a_handle_that_outlives_a_panic_can_change_nothing_that_is_saved(on: &dyn Framework) {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let handler = move |session: Session, _: Args| {
        keep.send(session.clone()).expect("the story waits for it");
        async move {
            session.insert("name", "Grace")?;
            if !session.is_empty() {
                panic!("with a handle left elsewhere");
            }
            Ok(())
        }
    };
    let site = Setup::new().loaded("handler", handler).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    is_no_answer(site.try_get("/handler", browser.cookie().as_deref()).await.as_ref(), "handler");
    let session = kept.recv().await.expect("the handler ran");
    // Where the connection ended there was no response, and so nothing that could have closed the handle.
    assert!(matches!(session.insert("name", "Grace"), Ok(()) | Err(Error::Finished)));
    drop(session);
    unchanged(&site, &browser, "handler").await;
}

/// A handle cannot tell a task's panic from its handler's. Nothing is better than half of what was meant.
pub(super) async fn a_panic_in_a_task_that_holds_a_handle_takes_the_changes_with_it_though_the_handler_goes_on(
    on: &dyn Framework,
) {
    let handler = async |session: Session, _| {
        session.insert("name", "Grace")?;
        let clone = session.clone();
        let task = tokio::spawn(async move {
            if !clone.is_empty() {
                panic!("in a task");
            }
        });
        assert!(task.await.is_err());
        Ok(())
    };
    let site = Setup::new().loaded("handler", handler).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 200);
    unchanged(&site, &browser, "handler").await;
}
