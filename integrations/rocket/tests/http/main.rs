//! session-rocket over HTTP: the stories that all adapters share, and beside them what is Rocket's alone, one subject in each file.

#![allow(clippy::unwrap_used, reason = "what is unwrapped in a test fails the test, as it should")]

mod configuration;
mod fairings;
mod framework;
mod guards;
mod local_client;
mod missing_fairing;
mod panics;

session_testkit::stories!(
    stories,
    framework::OnRocket::plain(),
    ["HTTP-TOSSING-012" = "Rocket drops a Cookie header with such bytes, all of it"]
);
