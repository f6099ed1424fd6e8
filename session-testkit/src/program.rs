//! Random programs of browsers, run on a store and compared with the model.

pub(crate) mod overlap;
mod run;
pub(crate) mod search;
mod site;
pub(crate) mod step;
pub(crate) mod strategy;
