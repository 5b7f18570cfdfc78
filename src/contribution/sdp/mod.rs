//! Offer and answer of a WHIP session, as text in and text out: which m-lines and codecs are received, over which
//! transport. Nothing here touches GStreamer or the network.

mod answer;
mod candidate;
mod codec;
mod offer;
#[cfg(test)]
mod tests;
pub(super) mod text;

pub use answer::Local;
pub use candidate::{Candidate, Read};
pub use offer::{Media, Offer, Purpose};
