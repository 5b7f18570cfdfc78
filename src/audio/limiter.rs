//! Keeps a bus below full scale.
//!
//! A peak limiter for both sides together: it takes hold within the frame that would exceed the [`CEILING`] and lets
//! go slowly, so that a sum that is too loud stays undistorted but for the very onset. What stays below the ceiling
//! passes bit by bit.

use super::Frame;

/// Largest sample that leaves a bus: −1 dBFS, which leaves room for what a lossy encoder adds.
pub const CEILING: f32 = 0.891_250_9;

/// What is left of a reduction after one frame: a time constant of 100 ms.
const RELEASE: f32 = 1.0 - 1.0 / 4800.0;

/// A reduction below this is over: 0.001 dB.
const OVER: f32 = 1e-4;

/// One bus's limiter.
#[derive(Debug, Clone, Copy)]
pub struct Limiter {
    /// What the gain lacks to unity. Kept instead of the gain, which is too close to 1 to creep back to it.
    reduction: f32,
}

impl Limiter {
    /// A limiter at rest.
    pub const fn new() -> Self {
        Self { reduction: 0.0 }
    }

    /// Limits these frames in place. They must be finite.
    pub fn apply(&mut self, frames: &mut [Frame]) {
        let peak = frames.as_flattened().iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        if peak <= CEILING && self.reduction == 0.0 {
            return;
        }
        for frame in frames {
            let peak = frame[0].abs().max(frame[1].abs());
            let released = if self.reduction < OVER { 0.0 } else { self.reduction * RELEASE };
            self.reduction = released.max(1.0 - CEILING / peak.max(CEILING));
            for sample in frame {
                // Clamped, since a product of rounded factors may land a hair above.
                *sample = (*sample * (1.0 - self.reduction)).clamp(-CEILING, CEILING);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(level: f32, frames: usize) -> Vec<Frame> {
        (0..frames)
            .map(|n| {
                let sample = level * (n as f32 * 0.0576).sin();
                [sample, -sample]
            })
            .collect()
    }

    #[test]
    fn below_the_ceiling_not_a_bit_changes() {
        let mut sound = tone(CEILING, 48_000);
        let before = sound.clone();
        Limiter::new().apply(&mut sound);
        assert_eq!(sound, before);
    }

    #[test]
    fn nothing_leaves_above_the_ceiling() {
        let mut sound = tone(4.0, 4800);
        sound[100] = [1e30, -3.0];
        Limiter::new().apply(&mut sound);
        assert!(sound.as_flattened().iter().all(|sample| sample.abs() <= CEILING));
    }

    #[test]
    fn a_loud_tone_stays_a_tone() {
        let mut sound = tone(2.0, 48_000);
        Limiter::new().apply(&mut sound);
        let pure = tone(CEILING, 48_000);
        // After the onset the gain stands still but for the release between two peaks.
        let worst = sound[4800..]
            .iter()
            .zip(&pure[4800..])
            .map(|(limited, pure)| (limited[0] - pure[0]).abs())
            .fold(0.0f32, f32::max);
        assert!(worst < 0.02, "{worst}");
    }

    #[test]
    fn it_lets_go_and_is_transparent_again() {
        let mut limiter = Limiter::new();
        limiter.apply(&mut tone(2.0, 4800));
        limiter.apply(&mut tone(0.1, 96_000));
        let mut sound = tone(0.5, 480);
        let before = sound.clone();
        limiter.apply(&mut sound);
        assert_eq!(sound, before);
    }
}
