//! HTTP stories: what a browser and an operator see of an adapter, whatever its framework.

mod answer;
mod app;
mod browser;
mod framework;
mod garbage;
mod gate;
mod handler;
mod jar;
mod list;
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
pub use handler::{Args, Everything, Handled};
pub use jar::{Jar, Receipt};
pub use list::STORIES;
pub use reply::{Body, Chunks, Reply};
pub use report::{Report, Verdict, check_exemptions, prove, tell_all};
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
/// session_testkit::stories!(on_axum, Axum::default());
/// ```
#[macro_export]
macro_rules! stories {
    ($name:ident, $framework:expr $(,)?) => {
        $crate::__http_stories!(__http_stories_as_tests $name, $framework);
    };
}
