//! What behaviour tests and measurements share.

pub mod viewer;
