//! Tests of session-axum over HTTP: the stories that all adapters share, and a file for each subject of
//! axum's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

mod broken;
mod composition;
mod errors;
mod framework;
mod missing_layer;
mod nesting;
mod panics;
#[cfg(feature = "tracing")]
mod traces;
mod two_notices;

/// The same races on each database.
mod on_sqlite {
    mod database;
    #[path = "../races.rs"]
    #[allow(clippy::duplicate_mod, reason = "the races are the same on each database")]
    mod races;
}
mod on_mysql {
    mod database;
    #[path = "../races.rs"]
    #[allow(clippy::duplicate_mod, reason = "the races are the same on each database")]
    mod races;
}
mod on_postgres {
    mod database;
    #[path = "../races.rs"]
    #[allow(clippy::duplicate_mod, reason = "the races are the same on each database")]
    mod races;
}
mod on_redis {
    mod database;
    #[path = "../races.rs"]
    #[allow(clippy::duplicate_mod, reason = "the races are the same on each database")]
    mod races;
}

session_testkit::stories!(stories, framework::Axum::plain());
