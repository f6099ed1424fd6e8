//! The stories of session-axum over HTTP, one in each file.

#![allow(clippy::unwrap_used, reason = "what is unwrapped in a test fails the test, as it should")]

mod support;

mod calls;
mod composition;
mod cookie_tossing;
mod csrf;
mod devices;
mod error_responses;
mod expiry;
mod fixation;
mod flood;
mod hang_up;
mod headers;
mod increments;
mod log_in_twice;
mod log_out_races;
mod merging;
mod missing_layer;
mod outage;
mod panics;
mod races_on_sqlite;
mod secrecy;
mod secret_rotation;
mod shared_cache;
mod streaming;
mod typed_keys;
