//! The site that programs run on: the model's limits on a store, and what its responses tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::manual_clock::ManualClock;
use session_core::adapter::Effects;
use session_core::store::SessionStore;
use session_core::{SessionFactory, SessionOptions};

use crate::model::limits::{LIFETIME, REISSUE, TIMEOUT};
use crate::model::visible::CookieEffect;

/// The status of every response.
pub(crate) const OK: u16 = 200;
/// The flash queue without a name.
pub(crate) const QUEUE: &str = "";

/// The sessions of the site.
pub(crate) fn factory(store: Arc<dyn SessionStore>, clock: &ManualClock) -> SessionFactory {
    let mut options = SessionOptions::new("thirty-two bytes of secret, or more");
    options.timeout = Some(TIMEOUT);
    options.reissue_time = Some(REISSUE);
    options.lifetime = Some(LIFETIME);
    SessionFactory::with_clock(options, store, clock.clone()).expect("these options are sound")
}

/// A number that keeps the owners of one program apart from those of others on the same store.
pub(crate) fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// What a response does to the cookie, and the text that the browser then sends.
pub(crate) fn cookie_effect(effects: &Effects) -> (CookieEffect, Option<String>) {
    let Some(text) = &effects.set_cookie else { return (CookieEffect::Left, None) };
    let mut parts = text.split("; ");
    let pair = parts.next().unwrap_or_default();
    if pair.ends_with('=') {
        return (CookieEffect::Removed, None);
    }
    let max_age = parts.find_map(|part| part.strip_prefix("Max-Age=")).and_then(|secs| secs.parse().ok());
    (CookieEffect::Set { max_age }, Some(pair.to_owned()))
}
