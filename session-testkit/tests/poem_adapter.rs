//! The example of an adapter of one's own: every HTTP story holds on it.

#[path = "../examples/poem_adapter/driver.rs"]
mod driver;
#[path = "../examples/poem_adapter/error.rs"]
mod error;
#[path = "../examples/poem_adapter/extractors.rs"]
mod extractors;
#[path = "../examples/poem_adapter/headers.rs"]
mod headers;
#[path = "../examples/poem_adapter/middleware.rs"]
mod middleware;

session_testkit::stories!(stories, driver::OnPoem);
