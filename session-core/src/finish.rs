//! A save that goes on when nobody waits for it any more.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::headers::{ResponseHeaders, private_cache_control, vary_with_cookie};

const VARY: &str = "vary";
const CACHE_CONTROL: &str = "cache-control";

/// Runs what is left of a save on the framework's runtime, when the client has hung up: `|rest| { tokio::spawn(rest); }`.
pub type Detach = fn(Pin<Box<dyn Future<Output = ()> + Send>>);

type Saving = Pin<Box<dyn Future<Output = Result<Effects, Error>> + Send>>;

/// What a response has to say of the session, in its headers. `Debug` does not show the cookie.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "without its headers the session is lost to the browser"]
pub struct Effects {
    /// The text of a Set-Cookie header.
    pub set_cookie: Option<String>,
    /// Whether the response depends on the cookie.
    pub vary: bool,
}

impl Effects {
    /// Says it in the response's headers, beside what the application says there.
    ///
    /// `Vary` names the cookie, if the response depends on it. Of a response that sets the cookie `Cache-Control` says that no shared
    /// cache may keep it, and no other may answer from it unasked.
    pub fn apply(self, headers: &mut impl ResponseHeaders) {
        if self.vary
            && let Some(vary) = vary_with_cookie(headers.values(VARY).iter().map(String::as_str))
        {
            headers.replace(VARY, vary);
        }
        if let Some(cookie) = self.set_cookie {
            let present = headers.values(CACHE_CONTROL);
            let private = private_cache_control(present.iter().map(String::as_str));
            headers.replace(CACHE_CONTROL, private.into());
            headers.append("set-cookie", cookie.into());
        }
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects")
            .field("sets_cookie", &self.set_cookie.is_some())
            .field("vary", &self.vary)
            .finish()
    }
}

/// The end of an exchange, to be awaited before the response's head goes out.
///
/// # Errors
///
/// If the session could not be loaded or saved: the response is then a bare 503 (what [`Error::status`] says), without a cookie.
///
/// # Cancellation
///
/// If it is dropped before it is done, what is left is handed to the [`Detach`] function: the session is saved all the same.
#[must_use = "the session is saved by awaiting this"]
pub struct Finish {
    step: Step,
    detach: Detach,
}

enum Step {
    Ready(Result<Effects, Error>),
    Saving(Saving),
    Done,
}

impl Finish {
    pub(crate) fn ready(result: Result<Effects, Error>, detach: Detach) -> Self {
        Self { step: Step::Ready(result), detach }
    }

    pub(crate) fn saving(
        saving: impl Future<Output = Result<Effects, Error>> + Send + 'static,
        detach: Detach,
    ) -> Self {
        Self { step: Step::Saving(Box::pin(saving)), detach }
    }
}

impl Future for Finish {
    type Output = Result<Effects, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Ready(result) => Poll::Ready(result),
            Step::Saving(mut saving) => {
                let polled = saving.as_mut().poll(context);
                if polled.is_pending() {
                    self.step = Step::Saving(saving);
                }
                polled
            }
            Step::Done => panic!("polled after it was done"),
        }
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        if let Step::Saving(saving) = std::mem::replace(&mut self.step, Step::Done) {
            (self.detach)(Box::pin(async {
                let _ = saving.await;
            }));
        }
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            Step::Ready(_) => "Finish(ready)",
            Step::Saving(_) => "Finish(saving)",
            Step::Done => "Finish(done)",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    /// Headers, each a line.
    struct Lines(Vec<String>);

    impl ResponseHeaders for Lines {
        fn values(&self, name: &'static str) -> Vec<String> {
            let named = |line: &String| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
            self.0.iter().filter_map(named).collect()
        }

        fn replace(&mut self, name: &'static str, value: Cow<'static, str>) {
            self.0.retain(|line| !line.starts_with(name));
            self.append(name, value);
        }

        fn append(&mut self, name: &'static str, value: Cow<'static, str>) {
            self.0.push(format!("{name}: {value}"));
        }
    }

    fn applied(effects: Effects, present: &[&str]) -> String {
        let mut lines = Lines(present.iter().map(ToString::to_string).collect());
        effects.apply(&mut lines);
        lines.0.join("\n")
    }

    #[test]
    fn a_session_that_nobody_asked_for_leaves_the_headers_as_they_are() {
        let present = ["vary: accept", "cache-control: public", "set-cookie: a=b"];
        assert_eq!(applied(Effects::default(), &present), present.join("\n"));
    }

    #[test]
    fn a_response_that_depends_on_the_cookie_says_so_once_and_stays_as_public_as_it_was() {
        let effects = || Effects { vary: true, ..Effects::default() };
        assert_eq!(applied(effects(), &["vary: accept", "vary: origin"]), "vary: accept, origin, Cookie");
        assert_eq!(
            applied(effects(), &["vary: cookie", "cache-control: public"]),
            "vary: cookie\ncache-control: public"
        );
    }

    #[test]
    fn a_cookie_goes_beside_those_of_the_application_and_keeps_shared_caches_away() {
        let effects = Effects { vary: true, set_cookie: Some("session=x".to_owned()) };
        let expected = "set-cookie: a=b\nvary: Cookie\ncache-control: max-age=5, private, no-cache\nset-cookie: session=x";
        assert_eq!(applied(effects, &["cache-control: public, max-age=5", "set-cookie: a=b"]), expected);
    }
}
