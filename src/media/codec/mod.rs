//! Which elements encode and decode H.264 here: hardware where it is there and proves itself, software in any case.
//!
//! What is chosen is a [`Ladder`]: whoever runs a pipeline goes a rung down when it fails.

pub mod decoder;
pub mod encoder;
mod ladder;
mod trial;

use std::time::Duration;

pub use ladder::{Ladder, Rung};

/// What came of trying an element that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The element.
    pub element: &'static str,
    /// The word by which settings name it.
    pub word: &'static str,
    /// Whether it is what takes over from all others.
    pub is_software: bool,
    /// How long ten frames took, its start included; or why it is of no use.
    pub outcome: Result<Duration, String>,
}
