//! HTTP stories: what a browser, a cache and an operator see of an adapter, whatever its framework.
//!
//! An adapter puts [`session_core`] under a web framework. Whether it does so rightly is told by one list of stories, the same for all
//! frameworks: which calls a request costs, what the headers say, and what becomes of a session when the handler panics, the client
//! hangs up, the store fails, or two requests race. They go over TCP, to a server of the framework's own.
//!
//! # Prove your adapter
//!
//! The guide [`your_adapter`](crate::your_adapter) goes through a whole adapter; this is what it takes to prove one.
//!
//! 1. Add `session-testkit`, with the feature `http`, to the adapter's dev-dependencies, and a file to its `tests/`.
//! 2. Implement [`Framework`] there: eight routes, one for each thing that a handler can ask for. A route asks for it by your own
//!    extractor, hands it to the [`App`], and makes a response of the [`Reply`], or of the error by your own type. Outside your layer the
//!    driver holds a [`Visit`], and shows the notice that your adapter has left in the response by the header of [`notice_header`].
//! 3. Write `session_testkit::stories!(stories, MyFramework);`. Each story is a test now, and runs by its name:
//!    `cargo test reading_is_one_load`. Where there is no test harness, [`tell_all`] tells them and gives a [`Report`].
//!
//! A story that does not hold says its id, its sentence, why it must hold, and what was found instead:
//!
//! ```text
//! HTTP-HEADERS-004 does not hold on axum: vary is merged with what the application says
//!   why it must: caches and browsers are told what they must know (CVE-2023-30861; ASVS 5.0, 3.3.1 to 3.3.4)
//!   what was found: assertion `left == right` failed
//!     left: "Cookie"
//!    right: "Accept, Origin, Cookie"
//! ```
//!
//! What a framework cannot do, such as noticing that a client has gone, its driver says ([`Framework::hang_up`],
//! [`Framework::exempt`]). A story that is exempt is no test that passes: it is seen as ignored, with the reason.
//!
//! # Stories of your own
//!
//! What is true of one framework alone is told in the same way, by a [`Setup`] with handlers of its own:
//!
//! ```
//! use session_testkit::Op;
//! use session_testkit::stories::{Framework, Setup};
//!
//! async fn a_cart_is_kept(on: &dyn Framework) {
//!     let add = async |session: session_core::Session, args: Vec<String>| session.insert("cart", &args[0]);
//!     let site = Setup::new().loaded("add", add).open(on).await;
//!     let browser = site.browser();
//!     browser.text("/add/tea").await;
//!     assert_eq!(browser.text("/get/cart").await, r#""tea""#); // one of the stock handlers
//!     assert_eq!(site.calls.take(), [Op::Create, Op::Load]);
//! }
//! ```
//!
//! # A driver
//!
//! This is all of axum's:
#![cfg_attr(not(doctest), doc = "")]
#![cfg_attr(not(doctest), doc = include_str!("stories/axum.md"))]

mod answer;
mod app;
mod browser;
mod framework;
mod garbage;
mod gate;
mod handler;
mod jar;
mod list;
mod notice;
mod opened;
mod reply;
mod report;
mod routes;
mod secrets;
mod setup;
mod site;
mod story;
mod traces;
mod watched;
mod wire;

pub use answer::Answer;
pub use app::{App, Visit};
pub use browser::{Browser, Started};
pub use framework::{Framework, HangUp, Server};
pub use gate::Gate;
pub use handler::{Admin, Args, Both, Everything, Handled};
pub use jar::{Jar, Receipt};
pub use list::STORIES;
pub use notice::notice_header;
pub use reply::{Body, Chunks, Reply};
pub use report::{Report, Verdict, agree, prove, tell_all};
pub use secrets::Secrets;
pub use setup::{Layer, SECRET, START, Setup};
pub use site::Site;
pub use story::{Failure, Story};
pub use traces::captured;
pub use watched::{Watch, When};
pub use wire::Connection;

/// Makes a test of each of the [`STORIES`](crate::stories::STORIES), in a module of this name with a module for each group.
///
/// ```ignore
/// session_testkit::stories!(stories, Axum);
/// ```
///
/// The tests are `stories::calls::reading_is_one_load` and so on. The expression is made anew for each of them.
///
/// A story that cannot be told on the framework is named with the reason, which the test program then shows beside it: its test is marked
/// `#[ignore]`. The driver's [`exempt`](crate::stories::Framework::exempt) says the same, and a test holds the two together.
///
/// ```ignore
/// session_testkit::stories!(stories, Warp, ["HTTP-LAYER-001" = "without its sessions such a handler does not compile"]);
/// ```
#[macro_export]
macro_rules! stories {
    ($name:ident, $framework:expr $(,)?) => {
        $crate::stories!($name, $framework, []);
    };
    ($name:ident, $framework:expr, [$($id:tt = $reason:literal),* $(,)?] $(,)?) => {
        $crate::__http_stories!(__http_stories_as_tests $name, $framework, [$($id = $reason),*]);
    };
}

/// The list as tests.
///
/// An id is a `tt`: what has been taken for a literal can no longer be compared with another.
#[doc(hidden)]
#[macro_export]
macro_rules! __http_stories_as_tests {
    (
        ($name:ident, $framework:expr, [$($exempt:tt = $reason:literal),*])
        $($group:ident $why:literal { $($id:tt $story:ident;)* })*
    ) => {
        mod $name {
            #[allow(unused_imports, reason = "the framework may be made of nothing but full paths")]
            use super::*;

            fn framework() -> impl $crate::stories::Framework {
                $framework
            }

            #[test]
            fn what_is_exempt_is_what_the_driver_says() {
                $crate::stories::agree(&framework(), &[$(($exempt, $reason)),*]);
            }

            // One story as a test, in the modules below: ignored, if it is exempt.
            macro_rules! story {
                $(($exempt $story_name:ident) => {
                    #[test]
                    #[ignore = $reason]
                    fn $story_name() {
                        $crate::stories::prove(&super::framework(), $exempt);
                    }
                };)*
                ($story_id:tt $story_name:ident) => {
                    #[test]
                    fn $story_name() {
                        $crate::stories::prove(&super::framework(), $story_id);
                    }
                };
            }

            $(mod $group {
                $(story! { $id $story })*
            })*
        }
    };
}
