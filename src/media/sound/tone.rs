//! The tone of the colour bars: 1 kHz at −18 dBFS, the alignment level of EBU R 68.

use std::time::Duration;

use crate::audio::{BLOCK, Frame, Input, RATE, frames, instant};

/// Frames of one wave.
const WAVE: usize = (RATE / 1000) as usize;

/// −18 dBFS.
const LEVEL: f64 = 0.125_892_541;

/// How far ahead of the desk it is written: a strip fades the end of what it has, for a few milliseconds.
const AHEAD: u64 = 3 * BLOCK as u64;

/// Makes the tone while it is heard, block by block just before the desk reads it: it needs no thread, and nothing at all
/// while it is off.
#[derive(Debug)]
pub(super) struct Tone {
    input: Input,
    delay: u64,
    wave: [Frame; WAVE],
    sounds: Sounds,
    /// Where the next frame belongs.
    written: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sounds {
    Off,
    On,
    /// It fades out until this position.
    Until(u64),
}

impl Tone {
    /// Off. `input` is read `delay` after the stated times.
    pub(super) fn new(input: Input, delay: Duration) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "samples are no more exact")]
        let wave = std::array::from_fn(|n| {
            [((n as f64 / WAVE as f64) * std::f64::consts::TAU).sin() as f32 * LEVEL as f32; 2]
        });
        Self { input, delay: u64::from(frames(delay)), wave, sounds: Sounds::Off, written: 0 }
    }

    /// It is heard from now on, or only until a position. One that is off stays so.
    pub(super) fn sound(&mut self, until: Option<u64>) {
        self.sounds = match (until, self.sounds) {
            (None, _) => Sounds::On,
            (Some(_), Sounds::Off) => Sounds::Off,
            (Some(until), Sounds::On) => Sounds::Until(until),
            (Some(until), Sounds::Until(before)) => Sounds::Until(until.max(before)),
        };
    }

    /// Writes what the desk reads for the block at a position.
    pub(super) fn write(&mut self, position: u64) {
        if matches!(self.sounds, Sounds::Until(until) if until <= position) {
            self.sounds = Sounds::Off;
        }
        let Some(begin) = position.checked_sub(self.delay).filter(|_| self.sounds != Sounds::Off) else { return };
        let (from, to) = (self.written.max(begin), begin + AHEAD);
        self.written = to;
        // Its phase belongs to the position, so that it goes on as if it had never been off.
        let phase = usize::try_from(from % WAVE as u64).unwrap_or_default();
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or_default();
        let samples: Vec<f32> = self.wave.iter().cycle().skip(phase).take(count).flatten().copied().collect();
        self.input.write(instant(from), &samples);
    }
}
