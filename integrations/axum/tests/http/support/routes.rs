//! Handlers for all that a session can do, each one line of a user's program.

use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use session_axum::{Devices, Session, UnloadedSession};

/// What a handler gives that uses `?` on the session.
pub(crate) type Handled<T = ()> = Result<T, session_axum::Error>;

/// A route for each method of the session. `/` does not ask for it.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "untouched" }))
        .route("/read", get(|_: Session| async { "read" }))
        .route("/get/{name}", get(value))
        .route("/entries", get(entries))
        .route("/whoami", get(whoami))
        .route("/set/{name}/{value}", get(set))
        .route("/remove/{name}", get(remove))
        .route("/clear", get(|session: Session| async move { Handled::Ok(session.clear()?) }))
        .route("/count", get(count))
        .route("/flash/{message}", get(flash))
        .route("/peek", get(peek))
        .route("/pop", get(pop))
        .route("/csrf", get(|session: Session| async move { Handled::Ok(session.csrf_token()?) }))
        .route("/check/{token}", get(check))
        .route("/label/{label}", get(label))
        .route("/timeout/{secs}", get(timeout))
        .route("/sign_in/{user}", get(sign_in))
        .route("/renew", get(|session: Session| async move { Handled::Ok(session.renew()?) }))
        .route("/log_out", get(|session: UnloadedSession| async move { Handled::Ok(session.invalidate()?) }))
        .route("/end", get(|session: Session| async move { Handled::Ok(session.invalidate()?) }))
        .route("/end_then_set/{name}/{value}", get(end_then_set))
        .route("/devices", get(devices))
        .route("/revoke/{handle}", get(revoke))
        .route("/revoke_others", get(revoke_others))
}

async fn value(session: Session, Path(name): Path<String>) -> Handled<String> {
    let value: Option<serde_json::Value> = session.get(&name)?;
    Ok(value.map_or_else(|| "nothing".to_owned(), |value| value.to_string()))
}

async fn entries(session: Session) -> String {
    serde_json::Value::Object(session.entries()).to_string()
}

async fn whoami(session: Session) -> String {
    session.owner().map_or_else(|| "nobody".to_owned(), |owner| owner.as_str().to_owned())
}

async fn set(session: Session, Path((name, value)): Path<(String, String)>) -> Handled {
    Ok(session.insert(&name, value)?)
}

async fn remove(session: Session, Path(name): Path<String>) -> Handled {
    session.remove::<String>(&name)?;
    Ok(())
}

async fn count(session: Session) -> Handled<String> {
    Ok(session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1)?.to_string())
}

async fn flash(session: Session, Path(message): Path<String>) -> Handled {
    Ok(session.flash(message)?)
}

async fn peek(session: Session) -> Handled<String> {
    Ok(session.peek_flash::<String>("")?.join(","))
}

async fn pop(session: Session) -> Handled<String> {
    Ok(session.pop_flash::<String>("")?.join(","))
}

async fn check(session: Session, Path(token): Path<String>) -> String {
    session.check_csrf(&token).to_string()
}

async fn label(session: Session, Path(label): Path<String>) -> Handled {
    Ok(session.set_label(label.as_str())?)
}

async fn timeout(session: Session, Path(secs): Path<u64>) -> Handled {
    Ok(session.set_timeout(Duration::from_secs(secs))?)
}

async fn sign_in(session: Session, Path(user): Path<String>) -> Handled {
    Ok(session.sign_in(user)?)
}

async fn end_then_set(session: Session, Path((name, value)): Path<(String, String)>) -> Handled {
    session.invalidate()?;
    Ok(session.insert(&name, value)?)
}

/// One line for each: handle, label, and whether it is the current one.
async fn devices(devices: Devices) -> Handled<String> {
    let line = |device: session_core::Device| {
        let label = device.label.as_deref().unwrap_or("-").to_owned();
        format!("{} {label} {}", device.handle, if device.current { "current" } else { "other" })
    };
    Ok(devices.list().await?.into_iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn revoke(devices: Devices, Path(handle): Path<String>) -> Handled<String> {
    let handle = handle.parse().expect("the test took it from the list");
    Ok(devices.revoke(&handle).await?.to_string())
}

async fn revoke_others(devices: Devices) -> Handled<String> {
    Ok(devices.revoke_others().await?.to_string())
}
