//! The frameworks that `--framework` can name.

mod axum;
mod rocket;
mod warp;

use std::io;
use std::pin::Pin;

use crate::launch::Launch;

/// A function that serves the site until a signal stops the process; open requests may finish first.
type Serve = fn(Launch) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A framework. To add one, write an entry in [`FRAMEWORKS`] and a file with the routes of the site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Framework {
    pub(crate) name: &'static str,
    pub(crate) serve: Serve,
}

const FRAMEWORKS: [Framework; 3] = [
    Framework { name: "axum", serve: |launch| Box::pin(axum::serve(launch)) },
    Framework { name: "warp", serve: |launch| Box::pin(warp::serve(launch)) },
    Framework { name: "rocket", serve: |launch| Box::pin(rocket::serve(launch)) },
];

/// Returns the names of all frameworks.
pub(crate) fn names() -> [&'static str; FRAMEWORKS.len()] {
    FRAMEWORKS.map(|framework| framework.name)
}

/// Returns the framework called `name`, or `None` if there is no such framework.
pub(crate) fn find(name: &str) -> Option<Framework> {
    FRAMEWORKS.into_iter().find(|framework| framework.name == name)
}
