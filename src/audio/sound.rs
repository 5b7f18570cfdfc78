//! A block on its way through the desk, and whether there is anything in it: what is silent costs next to nothing.

use super::{BLOCK, Block, Frame, Ramp, SILENCE};

/// A block below this is silent: −180 dBFS. What decoders leave behind a sound may be numbers so small that processors take
/// a hundred times as long for them.
const NOTHING: f32 = 1e-9;

/// A block that knows whether it is silent.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    pub block: Block,
    /// Every sample is zero. A block that is not said to be silent may still be.
    pub is_silent: bool,
}

impl Sound {
    pub const fn new() -> Self {
        Self { block: SILENCE, is_silent: true }
    }

    /// Looks at what was put into the block, and makes nearly nothing nothing.
    pub fn look(&mut self) {
        self.is_silent = self.block.as_flattened().iter().all(|sample| sample.abs() < NOTHING);
        if self.is_silent {
            self.block = SILENCE;
        }
    }

    pub fn silence(&mut self) {
        if !self.is_silent {
            self.block = SILENCE;
            self.is_silent = true;
        }
    }

    pub fn copy(&mut self, from: &Self) {
        if from.is_silent {
            self.silence();
        } else {
            self.block = from.block;
            self.is_silent = false;
        }
    }

    /// Multiplies the block by a gain, which moves on.
    pub fn scale(&mut self, gain: &mut Ramp) {
        match gain.resting() {
            Some(1.0) => {}
            Some(0.0) => self.silence(),
            Some(_) | None if self.is_silent => gain.skip(BLOCK as u32),
            _ => scale(&mut self.block, gain),
        }
    }

    /// Mean square of both sides.
    pub fn power(&self) -> f32 {
        if self.is_silent {
            return 0.0;
        }
        let mut sums = [0.0f32; 8];
        for samples in self.block.as_flattened().as_chunks::<8>().0 {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += sample * sample;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let samples = 2.0 * BLOCK as f32;
        sums.iter().sum::<f32>() / samples
    }
}

/// Multiplies at most a block by a gain, which moves on.
pub(super) fn scale(frames: &mut [Frame], gain: &mut Ramp) {
    match gain.resting() {
        Some(1.0) => {}
        Some(gain) => frames.as_flattened_mut().iter_mut().for_each(|sample| *sample *= gain),
        None => {
            let mut gains = [0.0; BLOCK];
            let gains = &mut gains[..frames.len()];
            gain.fill(gains);
            for (frame, gain) in frames.iter_mut().zip(gains) {
                frame[0] *= *gain;
                frame[1] *= *gain;
            }
        }
    }
}
