//! Random programs of browsers, run on a store and compared with the model.

mod run;
mod search;
pub(crate) mod step;
mod strategy;

pub(crate) use run::{Mismatch, run};
pub(crate) use search::check_programs;
