//! The setup of a program: the session factory and its options.

pub(crate) mod checks;
pub(crate) mod cookie_scope;
pub(crate) mod factory;
pub(crate) mod options;
pub(crate) mod options_error;
pub(crate) mod settings;
