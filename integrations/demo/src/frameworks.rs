//! The frameworks that `--framework` can name.

mod axum;
mod rocket;
mod warp;

use std::io;
use std::pin::Pin;

use crate::launch::Launch;

/// Serves the site until the process is to stop; requests that have begun are answered first.
type Serve = fn(Launch) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A framework. A new one is a line in [`FRAMEWORKS`] and a file with the site's routes.
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

/// Their names.
pub(crate) fn names() -> [&'static str; FRAMEWORKS.len()] {
    FRAMEWORKS.map(|framework| framework.name)
}

/// The one of this name.
pub(crate) fn find(name: &str) -> Option<Framework> {
    FRAMEWORKS.into_iter().find(|framework| framework.name == name)
}
