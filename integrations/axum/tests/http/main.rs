//! Tests of session-axum over HTTP: the stories that all adapters share, and a file for each subject of
//! axum's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

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
