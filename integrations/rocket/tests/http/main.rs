//! Tests of session-rocket over HTTP: the stories that all adapters share, and a file for each subject of
//! Rocket's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

mod configuration;
mod fairings;
mod framework;
mod guards;
mod local_client;
mod missing_fairing;
mod names;
mod panics;
mod testing;
mod two_notices;

session_testkit::stories!(
    stories,
    framework::OnRocket::plain(),
    ["HTTP-TOSSING-012" = "Rocket drops a Cookie header with such bytes, all of it"]
);
