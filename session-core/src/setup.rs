//! The setup of a program: the session factory and its options.

pub(crate) mod factory;
pub(crate) mod options;
pub(crate) mod settings;
