//! session-warp over HTTP: the stories that all adapters share, and beside them what is warp's alone, one subject in each file.

#![allow(clippy::unwrap_used, reason = "what is unwrapped in a test fails the test, as it should")]

mod framework;
mod handlers;
mod outages;
mod rejections;

session_testkit::stories!(
    stories,
    framework::Warp::plain(),
    ["HTTP-LAYER-001" = "a handler that asks for a session does not compile without its sessions"]
);
