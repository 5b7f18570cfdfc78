//! The desk's signal processing: strips in, buses out, 48 kHz stereo in blocks of 10 ms. Pure: no clock, no thread, no
//! GStreamer; whoever drives it says which block of the event clock comes next.
//!
//! Sound is counted in *frames*: one sample for the left and one for the right. A *position* is a frame's place on the
//! event clock. Levels are linear inside (1.0 is full scale) and dBFS where somebody reads them.
//!
//! # The way of the sound
//! ```text
//! Input (ring) ─► input gain, width ─► high-pass ─► gate ─► compressor ─► pan ─┬─► mute ─┬─► prompt tap: mix-minus, talkback
//!   read once, `early` after its stated time                  Tap::Pre (PFL) ◄─┘         └─► delay line ─► aligned tap: program,
//!                                                                                            radio, recordings
//! bus: crosspoint gains × ducking ─► sum ─► master ─► limiter ─► meters, loudness
//! ```
//! A strip is read and processed once, as soon as its sound is surely there. [`Timing::Prompt`] buses hear it at once, so that
//! conversation is fast; [`Timing::Aligned`] buses hear every strip exactly the desk's alignment after its stated time, so that
//! program is in step with the pictures.
//!
//! # How it is driven
//! ```
//! # use std::time::Duration;
//! # use regia::audio::*;
//! let mut desk = Desk::new(80, 60, Duration::from_millis(150));
//! let (strip, program, ramp) = (StripIndex(1), BusIndex(0), Duration::from_millis(20));
//! let input = Input::new(Duration::from_millis(100)); // early: a city's jitter buffer
//! desk.plug(strip, input.clone());
//! desk.process(strip, &Processing { high_pass_hz: Some(80.0), role: Role::Ducked, ..Processing::default() });
//! desk.set_bus(program, BusSettings { loudness: true, ..BusSettings::default() });
//! let crosspoints = vec![Crosspoint { strip, gain: 1.0, tap: Tap::Post, ramp }];
//! desk.route(program, Mix { crosspoints, closing: ramp }, position(Duration::from_secs(5)));
//! desk.mix(0); // every 10 ms, then
//! let _block: &Block = desk.bus(program);
//! ```
//! Nothing that is set makes a click: gains ramp, filters and delays cross over. Two things are up to the caller: ramps of
//! crosspoints and masters are as long as asked for, and [`Desk::plug`] and [`Desk::clear_bus`] act at once.

mod bus;
mod delay;
mod desk;
mod duck;
mod echo;
mod gain;
mod input;
mod limiter;
mod loudness;
mod meter;
mod ramp;
mod ring;
mod sound;
mod strip;
mod sum;
mod tape;
mod true_peak;
mod varispeed;

use std::time::Duration;

pub use bus::{BusSettings, Crosspoint, Mix, Tap, Timing};
pub use desk::{BusIndex, Desk, StripIndex};
pub use duck::Ducking;
pub use echo::{Echo, EchoFinder, ThinBlock, Thinner};
pub use gain::Gain;
pub use input::Input;
pub use limiter::CEILING;
pub use loudness::Loudness;
pub use meter::{BusReduction, FLOOR, Levels, StripReduction};
pub use ramp::Ramp;
pub use ring::{Losses, Ring};
pub use strip::{Compressor, Gate, MAX_DELAY, Processing, Role, Width};

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

/// Frames in which a change of a setting is carried out: 20 ms, too flat to be heard as a click.
const SMOOTH: u32 = 960;

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

/// A setting within its range; what is no number is `otherwise`.
fn within(setting: f32, lowest: f32, highest: f32, otherwise: f32) -> f32 {
    if setting.is_nan() { otherwise } else { setting.clamp(lowest, highest) }
}

/// The factor that a number of dB stands for.
fn linear(db: f32) -> f32 {
    (db * (std::f32::consts::LOG2_10 / 20.0)).exp2()
}

/// A factor in dB; −∞ for nothing.
fn decibel(factor: f32) -> f32 {
    factor.log2() * (20.0 * std::f32::consts::LOG10_2)
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

    #[test]
    fn decibels_and_factors_are_each_others_way_back() {
        for db in [-120.0, -60.0, -6.02, 0.0, 40.0] {
            assert!((decibel(linear(db)) - db).abs() < 1e-3, "{db}");
        }
        assert!((linear(20.0) - 10.0).abs() < 1e-4);
        assert_eq!(within(f32::NAN, -1.0, 1.0, 0.5), 0.5);
        assert_eq!(within(f32::INFINITY, -1.0, 1.0, 0.5), 1.0);
    }
}
