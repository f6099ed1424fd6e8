//! A site and its admin area, each with its own sessions: `cargo run --package session-axum --example
//! two_factories`.
//!
//! Open <http://localhost:8080>. The visits are counted in the site's session, and signing in to the admin
//! area begins a session of its own, which ends after ten minutes without use.

use std::time::Duration;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use session_axum::{
    Error, MemoryStore, Named, Session, SessionFactory, SessionLayer, SessionOptions, UnloadedSession,
};

/// The name of the admin area's sessions.
struct Admin;

async fn home(session: Session, admin: Named<Admin, Session>) -> Result<Html<String>, Error> {
    let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    let link = match admin.owner() {
        None => r#"<a href="/sign-in">sign in as an administrator</a>"#,
        Some(_) => r#"you are an administrator: <a href="/sign-out">sign out</a>"#,
    };
    Ok(Html(format!("visit {visits}, {link}")))
}

// A real program checks a password here, and changes sessions by POST only.
async fn sign_in(session: Session, admin: Named<Admin, Session>) -> Result<Html<&'static str>, Error> {
    admin.sign_in(1)?;
    session.flash("Welcome.")?;
    Ok(Html(r#"<a href="/">back</a>"#))
}

async fn sign_out(admin: Named<Admin, UnloadedSession>) -> Result<Html<&'static str>, Error> {
    admin.invalidate()?; // the site's session stays as it is
    Ok(Html(r#"<a href="/">back</a>"#))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = "a secret for this example only; a real one is random";
    let options = SessionOptions::new(secret).hardened();
    let mut admin_options = options.clone();
    admin_options.cookie_name = "__Host-admin".to_owned(); // each factory needs its own
    admin_options.timeout = Some(Duration::from_secs(600));

    let sessions = SessionFactory::new(options, MemoryStore::new())?;
    let admin_sessions = SessionFactory::new(admin_options, MemoryStore::new())?;
    let app = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/sign-out", get(sign_out))
        .layer(SessionLayer::named::<Admin>(admin_sessions))
        .layer(SessionLayer::new(sessions));
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, app).await?;
    Ok(())
}
