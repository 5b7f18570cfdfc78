//! The ground that media, contribution and the publisher share: the event clock, and pipelines read from text.

mod clock;
mod pipeline;
pub mod probe;

pub use clock::EventClock;
pub use pipeline::{Error, Pipeline};
