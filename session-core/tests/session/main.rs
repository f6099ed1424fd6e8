//! What a handler sees of its session and can do with it, without a framework around it.

#![allow(clippy::unwrap_used, reason = "what a test expects may end it")]

mod browser;
mod csrf;
mod devices;
mod flash;
mod requests;
mod times;
mod values;
