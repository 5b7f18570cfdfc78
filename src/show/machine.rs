//! The machine itself.
pub struct Show;
pub struct Drain;
