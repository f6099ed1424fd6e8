//! A body that streams: the session is saved before the head goes out, and closed to changes from then on.

use session_core::{Error, Session, UnloadedSession};
use tokio::sync::mpsc;

use crate::op::Op;
use crate::stories::{Args, Framework, Gate, Handled, Reply, Setup, Site, When};

/// A site that writes, answers with a first part, and waits at the gate with the rest.
async fn with_stream(on: &dyn Framework) -> (Site, Gate) {
    async fn stream(session: Session, gate: Gate) -> Handled {
        session.insert("name", "Grace")?;
        Ok(Reply::from("the beginning, ").then(async move {
            gate.pass().await;
            "the rest".to_owned()
        }))
    }
    let gate = Gate::new();
    let at = gate.clone();
    let site = Setup::new().loaded("stream", move |session, _| stream(session, at.clone())).open(on).await;
    (site, gate)
}

pub(super) async fn the_session_is_saved_before_the_head_goes_out(on: &dyn Framework) {
    let (site, gate) = with_stream(on).await;
    let browser = site.visitor("name", "Ada").await;
    let saving = site.watch.hold(Op::Update, When::Before);
    let mut connection = site.ask("/stream", browser.cookie().as_deref()).await;
    saving.arrived().await;
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    saving.open();
    assert_eq!(connection.head().await.status, 200);
    assert_eq!(browser.text("/get/name").await, r#""Grace""#, "the body has not come yet");
    gate.open();
    assert_eq!(connection.rest().await, "the beginning, the rest");
}

pub(super) async fn a_new_sessions_cookie_is_in_the_head_of_a_streamed_response(on: &dyn Framework) {
    let (site, gate) = with_stream(on).await;
    let mut connection = site.ask("/stream", None).await;
    let head = connection.head().await;
    assert_eq!(head.header("cache-control"), "private, no-cache");
    let cookie = head.cookie().expect("the head sets a cookie");
    assert_eq!(site.get("/get/name", Some(&cookie)).await.body, r#""Grace""#);
    gate.open();
    assert_eq!(connection.rest().await, "the beginning, the rest");
}

pub(super) async fn a_hang_up_while_the_body_streams_leaves_what_was_saved(on: &dyn Framework) {
    let (site, gate) = with_stream(on).await;
    let browser = site.visitor("name", "Ada").await;
    let mut connection = site.ask("/stream", browser.cookie().as_deref()).await;
    assert_eq!(connection.head().await.status, 200);
    drop(connection);
    gate.open();
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
    assert_eq!(site.rows(), 1);
}

/// Every change that a handle offers.
fn changes(session: &Session) -> [Handled<()>; 12] {
    [
        session.insert("late", 1),
        session.remove::<String>("name").map(drop),
        session.update("late", |n: Option<u32>| n.unwrap_or(0)).map(drop),
        session.clear(),
        session.flash("late"),
        session.pop_flash::<String>("").map(drop),
        session.set_label("late"),
        session.set_timeout(None),
        session.sign_in("late"),
        session.renew(),
        session.new_csrf_token().map(drop),
        session.invalidate(),
    ]
}

pub(super) async fn a_stream_can_read_the_session_and_learns_that_it_can_no_longer_change_it(
    on: &dyn Framework,
) {
    async fn stream(session: Session, report: mpsc::UnboundedSender<[Handled<()>; 12]>) -> Handled {
        session.insert("name", "Grace")?;
        Ok(Reply::later(async move {
            report.send(changes(&session)).expect("the story waits for it");
            session.get::<String>("name").ok().flatten().unwrap_or_default()
        }))
    }
    let (report, mut reports) = mpsc::unbounded_channel();
    let handler = move |session, _: Args| stream(session, report.clone());
    let site = Setup::new().loaded("stream", handler).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.text("/stream").await, "Grace");
    for (n, change) in reports.recv().await.unwrap().into_iter().enumerate() {
        assert!(matches!(change, Err(Error::Finished)), "change {n}: {change:?}");
    }
    assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

pub(super) async fn a_log_out_from_a_stream_comes_too_late_and_says_so(on: &dyn Framework) {
    async fn stream(session: UnloadedSession, report: mpsc::UnboundedSender<Handled<()>>) -> Handled {
        Ok(Reply::later(async move {
            report.send(session.invalidate()).expect("the story waits for it");
            "read".to_owned()
        }))
    }
    let (report, mut reports) = mpsc::unbounded_channel();
    let handler = move |session, _: Args| stream(session, report.clone());
    let site = Setup::new().unloaded("stream", handler).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/stream").await;
    assert!(matches!(reports.recv().await.unwrap(), Err(Error::Finished)));
    assert_eq!(site.rows(), 1);
}

pub(super) async fn a_task_that_outlives_the_response_learns_it_too(on: &dyn Framework) {
    let (gate, (report, mut reports)) = (Gate::new(), mpsc::unbounded_channel());
    let later = gate.clone();
    let handler = move |session: Session, _: Args| {
        let (later, report) = (later.clone(), report.clone());
        async move {
            tokio::spawn(async move {
                later.pass().await;
                report.send(session.insert("late", 1)).expect("the story waits for it");
            });
            Ok(())
        }
    };
    let site = Setup::new().loaded("spawn", handler).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/spawn").await;
    gate.open();
    assert!(matches!(reports.recv().await.unwrap(), Err(Error::Finished)));
    assert_eq!(site.calls.take(), [Op::Load]);
}
