//! What the stories stand on: a site with its routes and its store, a browser, gates for races, a wire.

mod browser;
mod gate;
mod routes;
mod secrets;
mod site;
mod sqlite;
mod watched;
mod wire;

pub(crate) use browser::{Answer, Browser};
pub(crate) use gate::{DropSignal, Gate};
pub(crate) use routes::{Handled, routes};
pub(crate) use secrets::{Secrets, captured};
pub(crate) use site::{SECRET, START, Setup, Site};
pub(crate) use sqlite::Database;
pub(crate) use watched::{Watch, When};
pub(crate) use wire::Server;
