//! A slate that was encoded once and is played from memory: the standby of a channel.

use std::sync::Arc;
use std::time::Duration;

/// A looped picture with silence. The first picture is a keyframe and carries its parameter sets.
#[derive(Debug, Clone)]
pub struct Slate {
    /// The RTP payloads (RFC 6184) of each picture, in order; the last payload of a picture bears the marker.
    pub pictures: Vec<Vec<Arc<[u8]>>>,
    /// Time from one picture to the next.
    pub interval: Duration,
    /// One Opus packet of silence (RFC 7587), [`Slate::SILENCE_LENGTH`] long.
    pub silence: Arc<[u8]>,
}

impl Slate {
    /// How long the packet of silence lasts.
    pub const SILENCE_LENGTH: Duration = Duration::from_millis(20);
}
