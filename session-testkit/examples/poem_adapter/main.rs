//! A site on poem with sessions: `cargo run --example poem_adapter --features http`.

mod error;
mod extractors;
mod headers;
mod middleware;

use error::Error;
use extractors::{Devices, Named, ReadOnlySession, Session, UnloadedSession};
use middleware::Sessions;
use poem::listener::TcpListener;
use poem::{EndpointExt as _, Route, Server, get, handler, post};
use session_core::{MemoryStore, SessionFactory, SessionOptions};

#[handler]
async fn visit(session: Session) -> Result<String, Error> {
    let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

/// Tells a page that polls how long the visitor stays signed in.
#[handler]
async fn seconds_left(session: ReadOnlySession) -> String {
    session.time_left().map_or(0, |left| left.as_secs()).to_string()
}

#[handler]
async fn sign_out(session: UnloadedSession) -> Result<&'static str, Error> {
    session.invalidate()?;
    Ok("See you.")
}

#[handler]
async fn sign_out_elsewhere(devices: Devices) -> Result<String, Error> {
    Ok(format!("{} ended", devices.revoke_others().await?))
}

/// The name of the admin area's sessions, which have a cookie of their own.
struct Admin;

#[handler]
async fn admin(session: Session, admin: Named<Admin, Session>) -> Result<String, Error> {
    let pages = admin.update("pages", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    Ok(format!("page {pages} of the admin area, {} values in the site's session", session.len()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret =
        std::env::var("SESSION_SECRET").map_err(|_| "set SESSION_SECRET to 32 random bytes or more")?;
    let options = SessionOptions::new(secret).hardened();
    let mut admin_options = options.clone();
    admin_options.cookie_name = "__Host-admin".to_owned();
    let sessions = SessionFactory::new(options, MemoryStore::new())?;
    let admin_sessions = SessionFactory::new(admin_options, MemoryStore::new())?;
    let app = Route::new()
        .at("/", get(visit))
        .at("/seconds-left", get(seconds_left))
        .at("/sign-out", post(sign_out))
        .at("/sign-out-elsewhere", post(sign_out_elsewhere))
        .at("/admin", get(admin))
        .with(Sessions::named::<Admin>(admin_sessions))
        .with(Sessions::new(sessions));
    Server::new(TcpListener::bind("127.0.0.1:8080")).run(app).await?;
    Ok(())
}
