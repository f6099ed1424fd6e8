//! Tests of session-warp over HTTP: the stories that all adapters share, and a file for each subject of
//! warp's own.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

mod framework;
mod handlers;
mod names;
mod outages;
mod rejections;
mod two_notices;

session_testkit::stories!(
    stories,
    framework::Warp::plain(),
    [
        "HTTP-LAYER-001" = "a handler that asks for a session does not compile without its sessions",
        "HTTP-NAMES-007" = "a handler that asks for a name does not compile without its factory",
    ]
);
