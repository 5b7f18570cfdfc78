//! The ground that media, contribution and the publisher share: the event clock, pipelines read from text, and RTP
//! buffers read into packets.

mod clock;
mod packet;
mod pipeline;
pub mod probe;

pub use clock::EventClock;
pub use packet::PacketReader;
pub use pipeline::{Error, Pipeline};
