//! What a program sets up once: the factory and its options.

pub(crate) mod factory;
pub(crate) mod options;
pub(crate) mod settings;
