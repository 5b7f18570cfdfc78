//! One RTP packet without its header: what a source said, and when it said it on the event clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Opus (RFC 7587).
    Audio,
    /// H.264 (RFC 6184), packetization mode 1.
    Video,
}

impl Kind {
    /// RTP clock rate in Hz: RFC 7587 §4.1 and RFC 6184 §5.1.
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Audio => 48_000,
            Self::Video => 90_000,
        }
    }

    /// A span of the event clock in RTP ticks, rounded down.
    pub fn ticks(self, span: Duration) -> u64 {
        let ticks = span.as_nanos() * u128::from(self.clock_rate()) / 1_000_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

/// Numbers the live sessions of this process; a later session has a greater number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(u64);

impl SessionNumber {
    /// A number greater than all before it.
    pub fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// Where a packet was made. Packets of one origin share a sequence and a timestamp base; between origins both step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A publisher's session, or one run of the program encoder.
    Live(SessionNumber),
    /// The slate that stands in while nothing live arrives.
    Standby,
}

/// One RTP packet. Cloning it shares the payload.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Who made it.
    pub origin: Origin,
    /// Sound or picture.
    pub kind: Kind,
    /// The source's own sequence number, extended past 16 bits (RFC 3550 §A.1); a gap is a loss at the source.
    pub sequence: u64,
    /// The source's own RTP timestamp, in ticks of [`Kind::clock_rate`].
    pub timestamp: u32,
    /// The instant of `timestamp` on the event clock.
    pub running_time: Duration,
    /// RTP marker bit: the last packet of a picture.
    pub marker: bool,
    /// The first packet of a picture that can be decoded without those before it. Always true for sound.
    pub keyframe: bool,
    /// RTP payload, without header, extensions and padding.
    pub payload: Arc<[u8]>,
}
