//! session-axum over HTTP: the stories that all adapters share, and beside them what is axum's alone, one subject in each file.

#![allow(clippy::unwrap_used, reason = "what is unwrapped in a test fails the test, as it should")]

mod broken;
mod composition;
mod errors;
mod framework;
mod missing_layer;
mod panics;
mod races_on_sqlite;
mod sqlite;
#[cfg(feature = "tracing")]
mod traces;

session_testkit::stories!(stories, framework::Axum::plain());
