//! The hello-world of axum.

use axum::{Router, routing::get};

async fn visit() -> &'static str {
    "hello, world"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new().route("/", get(visit));
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8080").await?, app).await?;
    Ok(())
}
