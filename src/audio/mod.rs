//! The desk's signal processing: strips in, buses out, 48 kHz stereo in blocks of 10 ms. Pure: no clock, no thread, no
//! GStreamer; whoever drives it says which block of the event clock comes next.
//!
//! Sound is counted in *frames*: one sample for the left and one for the right. A *position* is a frame's place on the
//! event clock. Levels are linear inside (1.0 is full scale) and dBFS where somebody reads them.

mod desk;
mod gain;
mod limiter;
mod meter;
mod ramp;
mod ring;
mod tape;
mod varispeed;

use std::time::Duration;

pub use desk::{BusIndex, Desk, Input, StripIndex};
pub use gain::Gain;
pub use limiter::CEILING;
pub use meter::{Levels, Meter};
pub use ramp::Ramp;
pub use ring::{Losses, Ring};

/// Frames in a second.
pub const RATE: u32 = 48_000;

/// Frames in a block.
pub const BLOCK: usize = 480;

/// How long a block lasts.
pub const BLOCK_LENGTH: Duration = Duration::from_millis(10);

/// One sample for the left, one for the right.
pub type Frame = [f32; 2];

/// 10 ms of sound.
pub type Block = [Frame; BLOCK];

/// A block of silence.
pub const SILENCE: Block = [[0.0; 2]; BLOCK];

/// The frame that sounds at an instant of the event clock, to the nearest one.
pub fn position(at: Duration) -> u64 {
    let frames = (at.as_nanos() * u128::from(RATE) + 500_000_000) / 1_000_000_000;
    u64::try_from(frames).unwrap_or(u64::MAX)
}

/// The instant at which a frame sounds.
pub fn instant(position: u64) -> Duration {
    let rate = u64::from(RATE);
    Duration::from_secs(position / rate) + Duration::from_nanos(position % rate * 1_000_000_000 / rate)
}

/// How many frames a span has, as a length of ramps and fades.
pub fn frames(span: Duration) -> u32 {
    u32::try_from(position(span)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_instants_meet_at_every_block_for_a_month() {
        for block in (0..30 * 24 * 3600 * 100).step_by(9973) {
            let at = BLOCK_LENGTH * block;
            assert_eq!(position(at), u64::from(block) * BLOCK as u64);
            assert_eq!(instant(position(at)), at);
        }
    }

    #[test]
    fn no_instant_is_too_far() {
        assert_eq!(position(Duration::MAX), u64::MAX);
        assert!(instant(u64::MAX) > Duration::from_secs(1 << 40));
    }
}
