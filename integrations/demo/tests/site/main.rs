//! The site as a browser and a shell see it: the real program, over real connections.

#![cfg(unix)] // It sends signals, and looks at files' modes.
#![allow(clippy::unwrap_used, reason = "what a test builds on panics like the test itself")]

mod browser;
mod killed;
mod matrix;
mod outage;
mod program;
mod site;
mod start;
mod two_processes;
mod walk;
