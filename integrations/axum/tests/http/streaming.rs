//! A body that streams: the session is saved before the head goes out, and closed to changes from then on.

use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::stream;
use session_axum::Session;
use session_core::Error;
use session_testkit::Op;
use tokio::sync::mpsc;

use crate::support::{Gate, Handled, Server, Setup, routes};

#[tokio::test]
async fn the_session_is_saved_before_the_head_goes_out() {
    let gate = Gate::new();
    let rest = gate.clone();
    let handler = async move |session: Session| {
        session.insert("name", "Grace")?;
        let rest = rest.clone();
        Handled::Ok(Body::from_stream(stream::once(async move {
            rest.pass().await;
            Ok::<_, std::io::Error>(Bytes::from("the rest"))
        })))
    };
    let site = Setup::new(routes().route("/stream", get(handler))).open();
    let server = Server::start(&site.app).await;
    let browser = site.visitor("name", "Ada").await;

    let saving = site.watch.hold(Op::Update, crate::support::When::Before);
    let mut connection = server.ask("/stream", browser.cookie().as_deref()).await;
    saving.arrived().await;
    assert_eq!(site.get("/get/name", browser.cookie().as_deref()).await.body, r#""Ada""#);
    saving.open();
    let head = connection.head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(browser.text("/get/name").await, r#""Grace""#, "the body has not come yet");
    gate.open();
    assert!(connection.rest().await.contains("the rest"));
}

#[tokio::test]
async fn a_new_sessions_cookie_is_in_the_head_of_a_streamed_response() {
    let gate = Gate::new();
    let rest = gate.clone();
    let handler = async move |session: Session| {
        session.insert("name", "Grace")?;
        let rest = rest.clone();
        Handled::Ok(Body::from_stream(stream::once(async move {
            rest.pass().await;
            Ok::<_, std::io::Error>(Bytes::from("the rest"))
        })))
    };
    let site = Setup::new(routes().route("/stream", get(handler))).open();
    let server = Server::start(&site.app).await;
    let mut connection = server.ask("/stream", None).await;
    let head = connection.head().await;
    let cookie =
        head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("the head sets a cookie");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(site.get("/get/name", Some(cookie)).await.body, r#""Grace""#);
}

#[tokio::test]
async fn a_stream_can_read_the_session_and_learns_that_it_can_no_longer_change_it() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let handler = async move |session: Session| {
        session.insert("name", "Grace")?;
        let report = report.clone();
        Handled::Ok(Body::from_stream(stream::once(async move {
            let name = session.get::<String>("name").unwrap().unwrap_or_default();
            report.send(name).unwrap();
            for change in [
                session.insert("late", 1),
                session.remove::<String>("name").map(|_| ()),
                session.update("late", |n: Option<u32>| n.unwrap_or(0)).map(|_| ()),
                session.clear(),
                session.flash("late"),
                session.pop_flash::<String>("").map(|_| ()),
                session.set_label("late"),
                session.set_timeout(None),
                session.sign_in("late"),
                session.renew(),
                session.new_csrf_token().map(|_| ()),
                session.invalidate(),
            ] {
                report
                    .send(if matches!(change, Err(Error::Finished)) { "finished" } else { "changed" }.into())
                    .unwrap();
            }
            Ok::<_, std::io::Error>(Bytes::from("read"))
        })))
    };
    let site = Setup::new(routes().route("/stream", get(handler))).open();
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.text("/stream").await, "read");
    assert_eq!(reports.recv().await.unwrap(), "Grace");
    for n in 0..12 {
        assert_eq!(reports.recv().await.unwrap(), "finished", "change {n}");
    }
    assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

#[tokio::test]
async fn a_log_out_from_a_stream_comes_too_late_and_says_so() {
    let (report, mut reports) = mpsc::unbounded_channel();
    let handler = async move |session: session_axum::UnloadedSession| {
        let report = report.clone();
        Body::from_stream(stream::once(async move {
            report.send(session.invalidate()).unwrap();
            Ok::<_, std::io::Error>(Bytes::from("read"))
        }))
    };
    let site = Setup::new(routes().route("/stream", get(handler))).open();
    let browser = site.visitor("name", "Ada").await;
    browser.text("/stream").await;
    assert!(matches!(reports.recv().await.unwrap(), Err(Error::Finished)));
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn a_task_that_outlives_the_response_learns_it_too() {
    let (gate, (report, mut reports)) = (Gate::new(), mpsc::unbounded_channel());
    let later = gate.clone();
    let handler = async move |session: Session| {
        tokio::spawn(async move {
            later.pass().await;
            report.send(session.insert("late", 1)).unwrap();
        });
    };
    let site = Setup::new(routes().route("/spawn", get(handler))).open();
    let browser = site.visitor("name", "Ada").await;
    browser.text("/spawn").await;
    gate.open();
    assert!(matches!(reports.recv().await.unwrap(), Err(Error::Finished)));
    assert_eq!(site.calls.take(), [Op::Load]);
}
