//! Random programs of browsers, run on a store and compared with the model.

mod overlap;
mod run;
mod search;
mod site;
pub(crate) mod step;
mod strategy;

pub(crate) use overlap::overlap;
pub(crate) use search::check_programs;
