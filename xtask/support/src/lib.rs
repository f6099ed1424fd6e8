//! The parts that the tests of the stores share: records, tasks that use a store while its server fails, and
//! a visitor whose session is read meanwhile, and a proxy between the two.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

mod course;
mod hot;
mod log;
mod own_server;
mod proxy;
mod readers;
pub mod records;
mod secrets;
mod sizes;
mod visitor;
mod writers;

pub use course::{Course, Figures, random_key, random_key_like};
pub use hot::{HotFigures, HotSessions};
pub use log::Log;
pub use own_server::{Down, OwnServer, Server};
pub use proxy::Proxy;
pub use readers::{Counts, Readers};
pub use secrets::{assert_contains_no_secret, secret};
pub use sizes::sizes_of_calls;
pub use visitor::Visitor;
pub use writers::Writers;
