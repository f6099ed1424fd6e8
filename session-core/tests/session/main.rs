//! Tests of the session as a handler sees it, without a framework.

#![allow(clippy::unwrap_used, reason = "an unexpected error fails the test")]

mod browser;
mod csrf;
mod devices;
mod flash;
mod json;
mod requests;
mod times;
mod values;
