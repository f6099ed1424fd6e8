//! A site on poem with sessions: `cargo run --example poem_adapter --features http`.

mod error;
mod extractors;
mod headers;
mod middleware;

use error::Error;
use extractors::{Devices, Session, UnloadedSession};
use middleware::Sessions;
use poem::listener::TcpListener;
use poem::{EndpointExt as _, Route, Server, get, handler, post};
use session_core::{MemoryStore, SessionFactory, SessionOptions};

#[handler]
async fn visit(session: Session) -> Result<String, Error> {
    let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

#[handler]
async fn log_out(session: UnloadedSession) -> Result<&'static str, Error> {
    session.invalidate()?;
    Ok("See you.")
}

#[handler]
async fn log_out_elsewhere(devices: Devices) -> Result<String, Error> {
    Ok(format!("{} ended", devices.revoke_others().await?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret =
        std::env::var("SESSION_SECRET").map_err(|_| "set SESSION_SECRET to 32 random bytes or more")?;
    let sessions = SessionFactory::new(SessionOptions::new(secret).hardened(), MemoryStore::new())?;
    let app = Route::new()
        .at("/", get(visit))
        .at("/log-out", post(log_out))
        .at("/log-out-elsewhere", post(log_out_elsewhere))
        .with(Sessions::new(sessions));
    Server::new(TcpListener::bind("127.0.0.1:8080")).run(app).await?;
    Ok(())
}
