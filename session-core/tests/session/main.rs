//! Tests of the session as a handler sees it, without a framework.

#![allow(clippy::unwrap_used, reason = "an unexpected error fails the test")]

mod browser;
mod csrf;
mod devices;
mod exclusive;
mod flash;
mod json;
mod read_only;
mod renewed;
mod requests;
mod sign_out;
mod times;
mod values;
