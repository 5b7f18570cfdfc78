//! Gate and compressor of a strip: one measure of level, one gain for both sides.
//!
//! The gain is worked out every [`STEP`] frames and moves in a straight line between, so that logarithms cost little and
//! no gain steps. A change of settings crosses over from the old law's gain to the new one's.

use std::time::Duration;

use super::compressor::{self, Compressor};
use super::gate::{self, Gate};
use crate::audio::meter::StripReduction;
use crate::audio::sound::Sound;
use crate::audio::{Frame, RATE, SMOOTH, decibel, linear};

/// Frames from one gain to the next: a third of a millisecond.
pub(super) const STEP: usize = 16;

/// Steps of a crossing.
const CROSSING: u32 = SMOOTH / STEP as u32;

/// Steps for which the detector holds a peak: 10 ms, half a wave of 50 Hz, so that a steady tone has a steady level.
const HOLD: u32 = 30;

/// What is left of a peak after one step, once it is no longer held: a time constant of 5 ms.
const DECAY: f32 = 0.935_507;

/// The lowest level that is told apart, −120 dBFS.
const LOWEST: f32 = 1e-6;

/// How a level becomes a gain, step by step.
pub(super) trait Law {
    /// What can be set.
    type Settings: Copy + PartialEq;

    /// Begins with a gain, in dB.
    fn new(settings: Self::Settings, gain_db: f32) -> Self;

    /// The gain after one more step at this level, both in dB.
    fn step(&mut self, level_db: f32) -> f32;

    /// What it takes away at the moment, in dB: 0 or more.
    fn reduction_db(&self) -> f32;
}

/// What is left of a distance after one step, for a time constant.
pub(super) fn rest(time: Duration) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let step = STEP as f32 / RATE as f32;
    (-step / time.as_secs_f32().max(1e-6)).exp()
}

/// Steps in a span.
pub(super) fn steps(span: Duration) -> u32 {
    crate::audio::frames(span) / STEP as u32
}

/// Peaks of both sides, held for a while.
#[derive(Debug)]
struct Detector {
    peak: f32,
    held: u32,
}

impl Detector {
    fn step(&mut self, peak: f32) -> f32 {
        if peak >= self.peak {
            (self.peak, self.held) = (peak, HOLD);
        } else if self.held > 0 {
            self.held -= 1;
        } else {
            self.peak = (self.peak * DECAY).max(peak);
        }
        self.peak = self.peak.max(LOWEST);
        decibel(self.peak)
    }
}

/// A law that can be changed, or none.
#[derive(Debug)]
struct Stage<L: Law> {
    is: Option<L>,
    settings: Option<L::Settings>,
    /// What it crosses over to, and the steps that are left.
    next: Option<(Option<L>, u32)>,
    wanted: Option<L::Settings>,
    gain_db: f32,
}

impl<L: Law> Stage<L> {
    fn new(wanted: Option<L::Settings>) -> Self {
        Self { is: wanted.map(|wanted| L::new(wanted, 0.0)), settings: wanted, next: None, wanted, gain_db: 0.0 }
    }

    /// Nothing to do, now or soon.
    fn is_off(&self) -> bool {
        self.is.is_none() && self.next.is_none() && self.wanted.is_none()
    }

    /// The next factor.
    fn step(&mut self, level_db: f32) -> f32 {
        if self.next.is_none() && self.wanted != self.settings {
            self.next = Some((self.wanted.map(|wanted| L::new(wanted, self.gain_db)), CROSSING));
            self.settings = self.wanted;
        }
        self.gain_db = self.is.as_mut().map_or(0.0, |law| law.step(level_db));
        let gain = linear(self.gain_db);
        let Some((next, left)) = &mut self.next else { return gain };
        let next_db = next.as_mut().map_or(0.0, |law| law.step(level_db));
        *left -= 1;
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let share = 1.0 - *left as f32 / CROSSING as f32;
        if *left == 0 {
            (self.is, self.gain_db) = (next.take(), next_db);
            self.next = None;
        }
        gain + (linear(next_db) - gain) * share
    }

    fn reduction_db(&self) -> f32 {
        self.is.as_ref().map_or(0.0, L::reduction_db)
    }
}

/// Both laws and what they share.
#[derive(Debug)]
pub(super) struct Dynamics {
    detector: Detector,
    gate: Stage<gate::Expander>,
    compressor: Stage<compressor::Reducer>,
    /// The factor where the last step ended.
    gain: f32,
    reduction: StripReduction,
}

impl Dynamics {
    pub(super) fn new(gate: Option<Gate>, compressor: Option<Compressor>) -> Self {
        Self {
            detector: Detector { peak: LOWEST, held: 0 },
            gate: Stage::new(gate),
            compressor: Stage::new(compressor),
            gain: 1.0,
            reduction: StripReduction::default(),
        }
    }

    pub(super) fn set(&mut self, gate: Option<Gate>, compressor: Option<Compressor>) {
        self.gate.wanted = gate;
        self.compressor.wanted = compressor;
    }

    pub(super) fn apply(&mut self, sound: &mut Sound) {
        if self.gate.is_off() && self.compressor.is_off() {
            return;
        }
        for frames in sound.block.as_chunks_mut::<STEP>().0 {
            let peak = if sound.is_silent { 0.0 } else { peak(frames) };
            let from = std::mem::replace(&mut self.gain, 1.0);
            self.gain = self.step(peak);
            if !sound.is_silent && (from, self.gain) != (1.0, 1.0) {
                scale(frames, from, self.gain);
            }
        }
        if self.gate.is_off() && self.compressor.is_off() {
            // Crossed over to nothing: exactly.
            self.gain = 1.0;
        }
        self.reduction.gate_db = self.reduction.gate_db.max(self.gate.reduction_db());
        self.reduction.compressor_db = self.reduction.compressor_db.max(self.compressor.reduction_db());
    }

    /// The factor at the end of a step.
    fn step(&mut self, peak: f32) -> f32 {
        let level_db = self.detector.step(peak);
        let gate = if self.gate.is_off() { 1.0 } else { self.gate.step(level_db) };
        if self.compressor.is_off() {
            return gate;
        }
        let gate_db = if gate == 1.0 { 0.0 } else { decibel(gate.max(LOWEST)) };
        gate * self.compressor.step(level_db + gate_db)
    }

    pub(super) fn reduction(&mut self) -> StripReduction {
        std::mem::take(&mut self.reduction)
    }
}

fn peak(frames: &[Frame; STEP]) -> f32 {
    let mut peaks = [0.0f32; 8];
    for samples in frames.as_flattened().as_chunks::<8>().0 {
        for (peak, sample) in peaks.iter_mut().zip(samples) {
            *peak = peak.max(sample.abs());
        }
    }
    peaks.into_iter().fold(0.0, f32::max)
}

/// Moves in a straight line from one factor to the next.
fn scale(frames: &mut [Frame; STEP], from: f32, to: f32) {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let slope = (to - from) / STEP as f32;
    for (frame, n) in frames.iter_mut().zip(1u8..) {
        let gain = from + slope * f32::from(n);
        *frame = [frame[0] * gain, frame[1] * gain];
    }
}
