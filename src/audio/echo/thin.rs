//! A block made thin for the search: both sides summed, a twelfth of the frames, what is above them filtered out.

use std::f32::consts::PI;

use super::super::{BLOCK, Block};

/// Frames of the desk for one of these.
const STEP: usize = BLOCK / THIN;

/// Values of a block of 10 ms: 4000 in a second.
pub(super) const THIN: usize = 40;

/// Length of the filter: 6 dB down at 2000 Hz, the new half rate, and 40 dB down from 2600 Hz on.
const TAPS: usize = 12 * STEP;

/// A block of 10 ms as the search takes it.
pub type ThinBlock = [f32; THIN];

/// Makes blocks of one signal thin, one after the other.
#[derive(Debug, Clone)]
pub struct Thinner {
    filter: [f32; TAPS],
    /// The end of what came before, and the block.
    mono: [f32; TAPS - STEP + BLOCK],
    is_silent: bool,
}

impl Default for Thinner {
    fn default() -> Self {
        Self::new()
    }
}

impl Thinner {
    /// One that has heard silence so far.
    pub fn new() -> Self {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let mut filter: [f32; TAPS] = std::array::from_fn(|n| {
            // A low pass at half of the new rate, windowed (Hann).
            let from_middle = n as f32 - (TAPS - 1) as f32 / 2.0;
            let x = PI * from_middle / STEP as f32;
            let turn = 2.0 * PI * n as f32 / (TAPS - 1) as f32;
            x.sin() / x * (0.5 - 0.5 * turn.cos())
        });
        // Both sides are summed: half of each.
        let sum = 2.0 * filter.iter().sum::<f32>();
        filter.iter_mut().for_each(|weight| *weight /= sum);
        Self { filter, mono: [0.0; TAPS - STEP + BLOCK], is_silent: true }
    }

    /// The next block.
    pub fn thin(&mut self, block: &Block) -> ThinBlock {
        self.mono.copy_within(BLOCK.., 0);
        let mut greatest = 0.0f32;
        for (mono, [left, right]) in self.mono[TAPS - STEP..].iter_mut().zip(block) {
            *mono = left + right;
            greatest = greatest.max(mono.abs());
        }
        let was_silent = std::mem::replace(&mut self.is_silent, greatest == 0.0);
        if was_silent && self.is_silent {
            return [0.0; THIN];
        }
        std::array::from_fn(|n| {
            let frames = &self.mono[n * STEP..n * STEP + TAPS];
            let mut sums = [0.0f32; 8];
            for (frames, weights) in frames.as_chunks::<8>().0.iter().zip(self.filter.as_chunks::<8>().0) {
                for ((sum, frame), weight) in sums.iter_mut().zip(frames).zip(weights) {
                    *sum += frame * weight;
                }
            }
            sums.iter().sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RMS of what is left of a tone at full scale.
    fn left_of(hertz: f32) -> f32 {
        let mut thinner = Thinner::new();
        let thin: Vec<f32> = (0..20)
            .flat_map(|block| {
                let frame = |n: usize| ((block * BLOCK + n) as f32 * hertz / 48_000.0 * 2.0 * PI).sin();
                thinner.thin(&std::array::from_fn(|n| [frame(n); 2]))
            })
            .collect();
        (thin[80..].iter().map(|value| value * value).sum::<f32>() / (thin.len() - 80) as f32).sqrt()
    }

    #[test]
    fn what_is_searched_passes_and_what_would_fold_onto_it_does_not() {
        for hertz in [200.0, 500.0, 1000.0] {
            assert!((left_of(hertz) * 2f32.sqrt() - 1.0).abs() < 0.05, "{hertz} Hz: {}", left_of(hertz));
        }
        // 2800 Hz and 5000 Hz would be heard as 1200 Hz and 1000 Hz.
        for hertz in [2800.0, 3000.0, 5000.0, 9000.0] {
            assert!(left_of(hertz) < 0.02, "{hertz} Hz: {}", left_of(hertz));
        }
    }

    #[test]
    fn silence_stays_silence() {
        let mut thinner = Thinner::new();
        assert_eq!(thinner.thin(&[[0.0; 2]; BLOCK]), [0.0; THIN]);
        assert_ne!(thinner.thin(&[[0.5; 2]; BLOCK]), [0.0; THIN]);
        thinner.thin(&[[0.0; 2]; BLOCK]);
        assert_eq!(thinner.thin(&[[0.0; 2]; BLOCK]), [0.0; THIN]);
    }
}
